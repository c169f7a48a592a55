"""TOML → the nodes that a YAML mapping is made of, so that one reader with one set of limits serves both."""

from __future__ import annotations

import re
import tomllib

import yaml

_PART = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_PATH = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"[ \t]*\[\[?[ \t]*(?P<path>{_PATH})[ \t]*\]\]?[ \t]*(?:#.*)?")
_KEY = re.compile(rf"[ \t]*(?P<path>{_PATH})[ \t]*=")
_PARTS = re.compile(_PART)
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_KNOWN_PARTS = 8
"""Longer paths are beyond every limit; the place of their beginning says enough."""

_Path = tuple[str, ...]


class TomlError(ValueError):
    """TOML that cannot be read: the line, from 0, and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        """Say where and why."""
        super().__init__(reason)
        self.line = line
        self.reason = reason


def looks_like_toml(line: str) -> bool:
    """Tell whether a line is a key with its value, or the header of a table.

    >>> looks_like_toml('title = "Guide"'), looks_like_toml("[params]"), looks_like_toml("Guide")
    (True, True, False)
    """
    return bool(_KEY.match(line) or _HEADER.fullmatch(line))


def read_toml(source: str) -> yaml.MappingNode:
    r"""Read TOML into nodes whose marks name the line, from 0, of the key that they belong to.

    Raises TomlError for what is not TOML, and RecursionError for what is nested too deeply.

    >>> [(key.value, value.value) for key, value in read_toml("order = 1.10\ndraft = true").value]
    [('order', '1.10'), ('draft', 'true')]
    """
    try:
        table = tomllib.loads(source, parse_float=str)
        return _NodeBuilder(source).mapping(table, ())
    except ValueError as error:
        place = _PLACE.search(str(error))
        last = source.rstrip().count("\n")
        line = int(place["line"]) - 1 if place and place["line"] else last if place else 0
        raise TomlError(min(line, last), _PLACE.sub("", str(error))) from error


class _NodeBuilder:
    def __init__(self, source: str) -> None:
        self._lines = _key_lines(source)

    def mapping(self, table: dict[str, object], path: _Path) -> yaml.MappingNode:
        mark = self._mark(path)
        pairs = [
            (
                yaml.ScalarNode("tag:yaml.org,2002:str", key, self._mark((*path, key))),
                self._node(value, (*path, key)),
            )
            for key, value in table.items()
        ]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, mark)

    def _node(self, value: object, path: _Path) -> yaml.Node:
        if isinstance(value, dict):
            return self.mapping(value, path)
        mark = self._mark(path)
        if isinstance(value, list):
            children = [self._node(child, path) for child in value]
            return yaml.SequenceNode("tag:yaml.org,2002:seq", children, mark)
        text = str(value).lower() if isinstance(value, bool) else _text(value)
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, mark)

    def _mark(self, path: _Path) -> yaml.Mark:
        lengths = range(min(len(path), _KNOWN_PARTS), 0, -1)
        line = next((self._lines[path[:size]] for size in lengths if path[:size] in self._lines), 0)
        return yaml.Mark("front matter", 0, line, 0, None, 0)


def _text(value: object) -> str:
    """Write a value as TOML does: dates and times in ISO 8601."""
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat else str(value)


def _key_lines(source: str) -> dict[_Path, int]:
    """Find the first line of every key and table, and of the tables that a dotted key implies."""
    found: dict[_Path, int] = {}
    table: _Path = ()
    for at, line in enumerate(source.split("\n")):
        header = _HEADER.fullmatch(line)
        key = None if header else _KEY.match(line)
        if header:
            table = path = _parts(header["path"])
        elif key:
            path = (*table, *_parts(key["path"]))
        else:
            continue
        for size in range(1, min(len(path), _KNOWN_PARTS) + 1):
            found.setdefault(path[:size], at)
    return found


def _parts(path: str) -> _Path:
    return tuple(part.strip("\"'") for part in _PARTS.findall(path))
