"""Turn the block constructs of MDX, HTML and the Markdown dialects into plain Markdown lines and events.

The result is read by a CommonMark parser. An event is a construct that CommonMark has no word for; it stands
in the lines as a paragraph of its own that holds nothing but its number between two private characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.parsing.admonitions import Directive, DirectiveLine, read_directive
from ingest.parsing.lines import Line
from ingest.parsing.tags import Markup
from ingest.parsing.tree import Close, Node

MARK_START, MARK_END = "\ue000", "\ue001"
EVENT = re.compile(f"{MARK_START}(\\d+){MARK_END}")

MAX_FRAMES = 64
"""Components nested deeper lose their tags, but not their text."""

_PREFIX = re.compile(r"[ \t]*(?:>[ \t]*)*")
_LIST_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_OPTION = re.compile(r"[ \t]+(?:[\w-]+:|-[ \t]).*")
_MODULE = re.compile(
    r"import\s*(?:[\"'{*]|[\w$]+\s*,\s*[{*]|[\w$]+\s+from\s*[\"'])"
    r"|export\s+(?:default|const|let|var|function|class|async|type|interface)\b|export\s*[{*]"
)
_IMPORT = re.compile(r"import\s+(?:[\w*{}\s,$]+\s+from\s+)?['\"][^'\"]+['\"];?\s*")
_IMPORT_OPEN = re.compile(r"import\s+(?:\w+\s*,\s*)?\{[^}'\"]*")
_CODE_INDENT = 4
_BODY_WINDOW = 5


@dataclass(slots=True)
class Question:
    """A component that acts as a heading."""

    text: str
    line: int
    anchor: str = ""
    closes_later: bool = False


@dataclass(slots=True)
class Label:
    """Text of a component that stands on a line of its own: a tab's name, a caption."""

    text: str
    line: int


@dataclass(slots=True)
class Nodes:
    """Blocks that are understood already."""

    nodes: list[Node]


Event = Question | Label | Nodes


@dataclass(slots=True)
class Frame:
    """An open component or directive."""

    name: str
    column: int
    """Where it opens, in columns of the source."""
    content: int | None = None
    """Where its content begins; None until the first line of it."""
    is_heading: bool = False
    ends_with_indentation: bool = False

    @property
    def shift(self) -> int:
        """Columns that the content stands deeper than the component."""
        return max(self.content - self.column, 0) if self.content is not None else 0


@dataclass(slots=True)
class Blocks:
    """Plain Markdown lines and the events in them."""

    lines: list[Line] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def emit(self, text: str, number: int, *, is_code: bool = False) -> None:
        """Add one line."""
        self.lines.append(Line(text, number, is_code))

    def separate(self, prefix: str, number: int) -> None:
        """End the paragraph before; ``prefix`` keeps the quote open."""
        if self.lines and self.lines[-1].text.strip(" \t>"):
            self.emit(prefix.rstrip() if ">" in prefix else "", number)

    def add(self, event: Event, prefix: str, number: int) -> None:
        """Add an event as a paragraph of its own."""
        self.separate(prefix, number)
        self.emit(f"{prefix}{MARK_START}{len(self.events)}{MARK_END}", number)
        self.events.append(event)
        self.separate(prefix, number)


class Position:
    """Open frames and lists: what indentation means on the line at hand."""

    def __init__(self, *, indented_code: bool) -> None:
        """``indented_code``: four columns make code (CommonMark), or never do (MDX)."""
        self.frames: list[Frame] = []
        self._shift = 0
        self._lists: list[int] = []
        self._indented_code = indented_code
        self._after_blank = True
        self._in_code = False

    def dedent(self, text: str) -> str:
        """Take off the indentation that only the open components cause."""
        indent = _indent(text)
        return text[min(indent, self._shift) :]

    def enter(self, indent: int, *, is_closing: bool) -> list[Frame]:
        """Note a line that is not blank at source column ``indent``; give the frames that it ends.

        ``is_closing``: the line begins with a closing tag, so its indentation says nothing about the content.
        """
        ended: list[Frame] = []
        while self.frames and self.frames[-1].ends_with_indentation and indent <= self.frames[-1].column:
            ended.append(self.pop(len(self.frames) - 1))
        for frame in reversed(self.frames):
            if frame.content is None:
                frame.content = indent
            elif not is_closing and indent < frame.content:
                frame.content = max(indent, frame.column)
        self._shift = sum(frame.shift for frame in self.frames)
        return ended

    def push(self, frame: Frame) -> None:
        """Open a component; those around it that had no content yet begin where it stands."""
        if len(self.frames) < MAX_FRAMES:
            self.frames.append(frame)
            self._shift += frame.shift

    def pop(self, at: int) -> Frame:
        """Close the component number ``at`` and all within it."""
        frame = self.frames[at]
        for open_frame in self.frames[at:]:
            self._shift -= open_frame.shift
        del self.frames[at:]
        return frame

    def find(self, name: str) -> int | None:
        """Find the number of the innermost open component called ``name``."""
        return next((at for at in reversed(range(len(self.frames))) if self.frames[at].name == name), None)

    def blank(self) -> None:
        """Note a blank line."""
        self._after_blank = True

    def is_indented_code(self, text: str) -> bool:
        """Tell whether the (dedented) line belongs to an indented code block, and follow the open lists."""
        indent = _indent(text)
        while (
            self._lists
            and indent < self._lists[-1]
            and (self._after_blank or _LIST_MARKER.match(text.strip()))
        ):
            self._lists.pop()
        base = self._lists[-1] if self._lists else 0
        deep = indent >= base + _CODE_INDENT
        self._in_code = self._indented_code and deep and (self._after_blank or self._in_code)
        self._after_blank = False
        if self._in_code:
            return True
        marker = _LIST_MARKER.match(text, indent)
        if marker:
            self._lists.append(indent + min(len(marker[0]), _CODE_INDENT))
        return False


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def expand_tabs(text: str) -> str:
    """Turn the tabs that indent a line into spaces (stops of four columns)."""
    body = text.lstrip(" \t")
    head = text[: len(text) - len(body)]
    return head.expandtabs(_CODE_INDENT) + body if "\t" in head else text


class BlockReader:
    """Reads lines one after the other; tags are left to ``TagReader``."""

    def __init__(self, lines: list[Line], markup: Markup, *, mdx: bool) -> None:
        """``mdx``: import and export lines are dropped, indentation never makes code."""
        self.source = lines
        self.markup = markup
        self.blocks = Blocks()
        self.position = Position(indented_code=not mdx)
        self._mdx = mdx
        self._closes_colon = any(
            line.text.strip(" >").strip(":") == "" and ":::" in line.text for line in lines
        )
        self._options = False

    def skip_module_code(self, at: int) -> int:
        """Give the first line after the import or export statement at ``at``; ``at`` when there is none."""
        text = self.source[at].text
        if not text.startswith(("import", "export")) or not self._after_boundary(at):
            return at
        if _IMPORT.fullmatch(text):
            return at + 1
        if not _IMPORT_OPEN.fullmatch(text) and not (self._mdx and _MODULE.match(text)):
            return at
        depth = 0
        while at < len(self.source):
            text = self.source[at].text
            if not text.strip() and depth <= 0:
                break
            depth += sum(text.count(mark) for mark in "({[") - sum(text.count(mark) for mark in ")}]")
            at += 1
        return at

    def _after_boundary(self, at: int) -> bool:
        before = self.source[at - 1].text if at else ""
        return not before.strip() or before.startswith(("import", "export", "}"))

    def close_frame(self, at: int, prefix: str, number: int) -> None:
        """Close an open frame; what follows no longer belongs to it."""
        frame = self.position.pop(at)
        self.end_frame(frame, prefix, number)

    def end_frame(self, frame: Frame, prefix: str, number: int) -> None:
        """Write down the end of a frame that is closed."""
        self.blocks.separate(prefix, number)
        if frame.is_heading:
            self.blocks.add(Nodes([Close()]), prefix, number)

    def directive(self, at: int, body: str, prefix: str, column: int) -> bool:
        """Handle line ``at`` as a directive; False when the line is text."""
        number = self.source[at].number
        found = read_directive(body, quoted=">" in prefix)
        if found is None:
            return False
        if found.directive is Directive.OPEN_INDENTED and not self._has_body(at, column):
            return False
        if found.directive is Directive.IGNORED:
            self.blocks.separate(prefix, number)
            return True
        if found.directive is Directive.CLOSE:
            return self._close_directive(body[0], prefix, number)
        if found.directive is Directive.OPEN and body[0] == ":" and not self._closes_colon:
            return False
        self._open_directive(found, body[0], prefix, column, number)
        return True

    def _has_body(self, at: int, column: int) -> bool:
        """Tell whether the lines after line ``at`` are indented deeper than ``column``."""
        following = self.source[at + 1 : at + 1 + _BODY_WINDOW]
        first = next((expand_tabs(line.text) for line in following if line.text.strip()), "")
        return _indent(first) > column

    def _close_directive(self, mark: str, prefix: str, number: int) -> bool:
        at = self.position.find(mark)
        if at is None:
            self.blocks.separate(prefix, number)
        else:
            self.close_frame(at, prefix, number)
        return True

    def _open_directive(self, found: DirectiveLine, mark: str, prefix: str, column: int, number: int) -> None:
        self.blocks.separate(prefix, number)
        if found.directive is Directive.REFERENCE:
            self._options = True
            self.blocks.add(Label(found.title, number), prefix, number)
            return
        if found.directive is Directive.FOOTNOTE:
            self.blocks.emit(f"{prefix}\\[{found.name}\\] {found.title}", number)
            self.position.push(Frame("[", column, column + _CODE_INDENT, ends_with_indentation=True))
            return
        is_heading = found.is_question and bool(found.title)
        if found.title:
            question = Question(found.title, number, closes_later=found.directive is not Directive.CALLOUT)
            self.blocks.add(question if is_heading else Label(found.title, number), prefix, number)
        if found.directive is Directive.CALLOUT:
            return
        indented = found.directive is Directive.OPEN_INDENTED
        frame = Frame(mark, column, is_heading=is_heading, ends_with_indentation=indented)
        if ">" in prefix:
            frame.content = column
        self._options = mark == "/"
        self.position.push(frame)

    def is_option(self, text: str) -> bool:
        """Tell whether the line only configures the directive before it."""
        self._options = self._options and bool(_OPTION.fullmatch(text))
        return self._options


def split_prefix(text: str) -> tuple[str, str]:
    """Split a line into indentation with quote marks, and body.

    >>> split_prefix("  > > text")
    ('  > > ', 'text')
    """
    match = _PREFIX.match(text)
    end = match.end() if match else 0
    return text[:end], text[end:]
