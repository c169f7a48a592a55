"""YAML or TOML front matter: every value stays the text that stands in the file, where TOML lets it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from ingest.parsing.model import ParseError, ParseWarning
from ingest.parsing.toml_nodes import TomlError, looks_like_toml, read_toml
from ingest.parsing.tree import clean
from kb_server.index.labels import KEY, is_slip
from kb_server.index.records import MetadataValue

MAX_BYTES = 16 * 1024
MAX_KEYS = 64
MAX_DEPTH = 3

_QUOTE = '; put a value that holds signs such as ": " or "@" into quotes'
_TOO_DEEP = f"front matter is nested deeper than {MAX_DEPTH} levels; flatten it"
_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*")
_TOML_FENCE = re.compile(r"\+\+\+[ \t]*")
_KEY = re.compile(r"[\w.-]+[ \t]*:(?:[ \t]|$)")


class _TextLoader(yaml.SafeLoader):
    """Composes nodes only, and refuses aliases: they can make a small file enormous."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack its type
            raise yaml.constructor.ConstructorError(
                None, None, "aliases (*name) are not accepted; write the value out", event.start_mark
            )
        return super().compose_node(parent, index)


@dataclass(slots=True)
class FrontMatter:
    """The metadata of a page and the number of source lines that it takes."""

    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    lines: int = 0
    warnings: list[ParseWarning] = field(default_factory=list)


def read_front_matter(path: str, lines: list[str]) -> FrontMatter:
    """Read the block between ``---`` (YAML) or ``+++`` (TOML) lines at the top; empty when there is none.

    Raises ParseError for what cannot be read, YAML aliases, and values above the limits.

    >>> read_front_matter("a.md", ["---", "order: 011", "---", "Text"]).metadata
    {'order': '011'}
    >>> read_front_matter("a.md", ["+++", "weight = 3", "+++", "Text"]).metadata
    {'weight': '3'}
    """
    mark = lines[0].rstrip() if lines else ""
    if mark not in ("---", "+++") or _is_overline(path, mark, lines):
        return FrontMatter()
    is_toml = mark == "+++"
    fence = _TOML_FENCE if is_toml else _FENCE
    end = next((at for at in range(1, len(lines)) if fence.fullmatch(lines[at])), 0)
    if not end:
        if len(lines) > 1 and (looks_like_toml(lines[1]) if is_toml else _KEY.match(lines[1])):
            reason = f"front matter is never closed; add a line with {mark} after the last key"
            raise ParseError(path, 1, reason)
        return FrontMatter()
    source = "\n".join(lines[1:end])
    if len(source.encode()) > MAX_BYTES:
        raise ParseError(
            path, 1, f"front matter is larger than {MAX_BYTES // 1024} KB; move text into the page"
        )
    reader = _Reader(path)
    if is_toml:
        reader.read_toml(source)
    else:
        reader.read(source)
    return FrontMatter(reader.metadata, end + 1, reader.warnings)


def _is_overline(path: str, mark: str, lines: list[str]) -> bool:
    """Tell whether ``+++`` begins a title of reStructuredText, which may have a line above it."""
    first = next((line for line in lines[1:] if line.strip()), "")
    return mark == "+++" and path.lower().endswith(".rst") and not looks_like_toml(first)


class _Reader:
    """Flattens one mapping into text values."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.metadata: dict[str, MetadataValue] = {}
        self.warnings: list[ParseWarning] = []

    def read(self, source: str) -> None:
        loader = _TextLoader(source)
        try:
            root = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # The only constructor error is that of an alias, which says itself what to do.
            remedy = "" if isinstance(error, yaml.constructor.ConstructorError) else _QUOTE
            reason = f"front matter is not valid YAML: {error.problem or error}{remedy}"
            raise self._error(mark, reason) from error
        except yaml.reader.ReaderError as error:
            raise self._error(None, f"front matter is not valid YAML: {error.reason}") from error
        except RecursionError as error:
            raise self._error(None, _TOO_DEEP) from error
        finally:
            loader.dispose()
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            raise self._error(root.start_mark, "front matter must be `key: value` lines")
        self._mapping(root, "", 1)

    def read_toml(self, source: str) -> None:
        try:
            root = read_toml(source)
        except TomlError as error:
            reason = f"front matter is not valid TOML: {error.reason}"
            raise ParseError(self.path, error.line + 2, reason) from error
        except RecursionError as error:
            raise self._error(None, _TOO_DEEP) from error
        self._mapping(root, "", 1)

    def _error(self, mark: yaml.Mark | None, reason: str) -> ParseError:
        line = mark.line + 2 if mark else 2
        return ParseError(self.path, line, reason)

    def _mapping(self, node: yaml.MappingNode, prefix: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._error(
                node.start_mark, f"front matter is nested deeper than {MAX_DEPTH} levels; flatten it"
            )
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node.start_mark, "a front-matter key must be plain text; quote it")
            key = prefix + clean(key_node.value).strip()
            if is_slip(key):
                remedy = f"write {KEY!r} if it says who may see the page"
                line = key_node.start_mark.line + 2
                self.warnings.append(ParseWarning(line, f"key {key!r} restricts nothing; {remedy}"))
            if isinstance(value, yaml.MappingNode):
                self._mapping(value, key + ".", depth + 1)
                continue
            if key in self.metadata:
                line = key_node.start_mark.line + 2
                self.warnings.append(ParseWarning(line, f"key {key!r} stands twice; the last one counts"))
            self.metadata[key] = self._value(value, depth)
            if len(self.metadata) > MAX_KEYS:
                raise self._error(key_node.start_mark, f"front matter has more than {MAX_KEYS} keys")

    def _value(self, node: yaml.Node, depth: int) -> MetadataValue:
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._inline(child, depth + 1) for child in node.value)
        return self._inline(node, depth)

    def _inline(self, node: yaml.Node, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise self._error(
                node.start_mark, f"front matter is nested deeper than {MAX_DEPTH} levels; flatten it"
            )
        if isinstance(node, yaml.MappingNode):
            pairs = (
                f"{self._inline(key, depth + 1)}: {self._inline(value, depth + 1)}"
                for key, value in node.value
            )
            return ", ".join(pairs)
        if isinstance(node, yaml.SequenceNode):
            return ", ".join(self._inline(child, depth + 1) for child in node.value)
        return clean(str(node.value)).strip()
