"""reStructuredText → tree. Nothing outside of the file is read, nothing is printed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from docutils import ApplicationError, nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

from ingest.parsing.doctree import DoctreeReader
from ingest.parsing.model import ParseError
from ingest.parsing.tree import Tree

MAX_CHARACTERS = 1_000_000
"""docutils takes about a second per 100,000 characters."""
MAX_INDENT = 200
MAX_LINE = 10_000
MAX_HEIGHT = 5_000
MAX_MARKS = 2_000
"""Asterisks and backticks in one paragraph: docutils takes quadratic time for them."""

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 1,  # messages stay in the tree: they hold the text of what was not understood
    "halt_level": 5,
    "syntax_highlight": "none",
    "doctitle_xform": False,
    "docinfo_xform": False,
    "input_encoding": "unicode",
    "line_length_limit": 10_000_000,
}
_DIRECTIVE = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([A-Za-z][\w:.+-]*?)::(?:\s|$)", re.MULTILINE
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\w{1,9}[.)]|#[.)])\s")
_MARKS = re.compile(r"[*`]+")
_ROLE = re.compile(r":([A-Za-z][\w:.+-]*):`")
_REFERENCE = re.compile(r"(?s)(.*?)\s*<[^<>]*>")
_CODE = frozenset({"code", "code-block", "sourcecode"})
_SILENT_DIRECTIVES = frozenset(
    {"toctree", "literalinclude", "index", "highlight", "tabularcolumns", "only", "currentmodule", "module"}
)


class _AnyOption(dict[str, Callable[[str], object]]):
    """Accepts every option of a directive that docutils does not know."""

    def __bool__(self) -> bool:
        return True  # docutils reads options only where it sees a specification

    def __missing__(self, key: str) -> Callable[[str], object]:
        return directives.unchanged


class _UnknownDirective(Directive):
    """Keeps the text of a directive that docutils does not know: its argument, then its body."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], object]] | None] = _AnyOption()

    def run(self) -> Sequence[nodes.Node]:
        holder = nodes.container()
        holder.line = self.lineno
        name = self.name.lower()
        if self.arguments and name not in _SILENT_DIRECTIVES:
            holder += nodes.paragraph(self.arguments[0], self.arguments[0])
        if self.content and name not in _SILENT_DIRECTIVES - {"only"}:
            self.state.nested_parse(self.content, self.content_offset, holder)
        return [holder]


class _CodeDirective(Directive):
    """Reads code with whatever options Sphinx has for it."""

    optional_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], object]] | None] = _AnyOption()

    def run(self) -> Sequence[nodes.Node]:
        source = "\n".join(self.content)
        block = nodes.literal_block(source, source, classes=["code", *self.arguments])
        block.line = self.content_offset + 1
        return [block]


def _unknown_role(
    _role: str, rawtext: str, text: str, *_context: object
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Keep the text of a role that docutils does not know; ``:doc:`Title <target>``` gives the title."""
    shown = text.replace("\x00", "")
    match = _REFERENCE.fullmatch(shown)
    shown = match[1] if match and match[1] else shown.lstrip("~!")
    return [nodes.inline(rawtext, shown)], []


def read_restructured(path: str, lines: list[str], first: int) -> Tree:
    """Read reStructuredText that begins on source line ``first``.

    Raises ParseError for a file that docutils cannot read or that is too large for it.
    """
    source = "\n".join(lines)
    if len(source) > MAX_CHARACTERS:
        reason = f"a .rst file may have {MAX_CHARACTERS:,} characters, this one has {len(source):,}; split it"
        raise ParseError(path, first, reason)
    deepest = max(range(len(lines)), key=lambda at: len(lines[at]) - len(lines[at].lstrip()), default=0)
    if lines and len(lines[deepest]) - len(lines[deepest].lstrip()) > MAX_INDENT and lines[deepest].strip():
        raise ParseError(path, first + deepest, f"indented by more than {MAX_INDENT} columns; flatten it")
    _refuse_slow(path, lines, first)
    _register(source)
    try:
        document = publish_doctree(source, settings_overrides={**_SETTINGS, "warning_stream": io.StringIO()})
    except (ApplicationError, ValueError, TypeError, AttributeError, LookupError, AssertionError) as error:
        raise ParseError(path, first, f"not readable as reStructuredText: {error}") from error
    return Tree(DoctreeReader(lines, first).blocks(document, 0))


def _refuse_slow(path: str, lines: list[str], first: int) -> None:
    """Raise ParseError for lines and paragraphs that docutils would need minutes for."""
    marks = height = 0
    for at, line in enumerate(lines):
        if len(line) > MAX_LINE:
            raise ParseError(path, first + at, f"a line of more than {MAX_LINE:,} characters; wrap it")
        height = height + 1 if line.strip() else 0
        if height > MAX_HEIGHT:
            raise ParseError(
                path, first + at, f"more than {MAX_HEIGHT:,} lines without a blank one; split them"
            )
        if not line.strip() or _ITEM.match(line):
            marks = 0
        marks += sum(1 for _ in _MARKS.finditer(line))
        if marks > MAX_MARKS:
            raise ParseError(path, first + at, f"a paragraph with more than {MAX_MARKS:,} marks; split it")


def _register(source: str) -> None:
    """Give docutils a reading of each directive and role in ``source`` that it does not know."""
    for name in dict.fromkeys(_DIRECTIVE.findall(source)):
        if name.lower() in _CODE:
            directives.register_directive(name.lower(), _CodeDirective)
        elif name.lower() not in en.directives:
            directives.register_directive(name.lower(), _UnknownDirective)
    for name in dict.fromkeys(_ROLE.findall(source)):
        if name.lower() not in en.roles:
            roles.register_local_role(name.lower(), _unknown_role)  # type: ignore[arg-type]  # the stub wants references
