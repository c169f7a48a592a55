"""HTML source → a light tree of elements whose texts know their source line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from ingest.parsing.tags import BLOCK, VOID, Markup, Tag

MAX_DEPTH = 200
"""Elements nested deeper are put beside each other."""

_MARKED = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?\]\]>|<[!?][^>]*>", re.DOTALL)
_RAW = frozenset({"script", "style", "textarea", "title", "xmp"})
_CLOSED_BY: dict[str, frozenset[str]] = {
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "tr": frozenset({"tr", "td", "th"}),
    "td": frozenset({"td", "th"}),
    "th": frozenset({"td", "th"}),
    "thead": frozenset({"tr", "td", "th"}),
    "tbody": frozenset({"thead", "tr", "td", "th"}),
    "tfoot": frozenset({"thead", "tbody", "tr", "td", "th"}),
    "option": frozenset({"option"}),
}
_SCOPE: dict[str, frozenset[str]] = {
    "li": frozenset({"ul", "ol", "menu"}),
    "dt": frozenset({"dl"}),
    "dd": frozenset({"dl"}),
    "option": frozenset({"select"}),
}
_TABLE = frozenset({"table"})
_ENDS_PARAGRAPH = BLOCK - {
    "caption",
    "col",
    "td",
    "th",
    "tr",
    "tbody",
    "thead",
    "tfoot",
    "link",
    "meta",
    "legend",
}


@dataclass(slots=True)
class Fragment:
    """A stretch of text."""

    text: str
    line: int


@dataclass(slots=True)
class Element:
    """An element and what is in it."""

    tag: Tag
    line: int
    children: list[Element | Fragment] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the element, in lower case for HTML."""
        return self.tag.name

    def walk(self) -> Iterator[Element]:
        """Go through all elements below, in reading order."""
        stack = [child for child in reversed(self.children) if isinstance(child, Element)]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(child for child in reversed(element.children) if isinstance(child, Element))


def read_elements(source: str, line: int, markup: Markup) -> Element:
    """Read HTML that begins on source line ``line``; never fails, unknown tags without an end stay text."""
    return _Builder(source, line, markup).read()


class _Builder:
    def __init__(self, source: str, line: int, markup: Markup) -> None:
        self._source = source
        self._line = line
        self._counted = 0
        self._markup = markup
        self._root = Element(Tag("", 0, 0), line)
        self._open = [self._root]

    def read(self) -> Element:
        at = 0
        text_from = 0
        while (start := self._source.find("<", at)) >= 0:
            after = self._read_at(start, text_from)
            at = start + 1 if after is None else after
            text_from = text_from if after is None else after
        self._text(text_from, len(self._source))
        return self._root

    def _read_at(self, start: int, text_from: int) -> int | None:
        """Read what begins with the ``<`` at ``start``; None when it is text."""
        if self._source.startswith(("<!", "<?"), start):
            marked = _MARKED.match(self._source, start)
            if not marked:
                return None
            self._text(text_from, start)
            return marked.end()
        tag = self._markup.scan(self._source, start)
        if tag is None:
            return None
        self._text(text_from, start)
        lowered = tag.name.lower()
        if lowered in BLOCK or lowered in VOID:
            tag = Tag(lowered, tag.start, tag.end, tag.attributes, tag.closing, tag.self_closing)
        if tag.closing:
            self._close(tag.name)
            return tag.end
        self._open_element(tag)
        if tag.name in _RAW and not tag.self_closing:
            return self._raw(tag)
        return tag.end

    def _line_at(self, at: int) -> int:
        self._line += self._source.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _text(self, start: int, end: int) -> None:
        if end > start:
            text = unescape(self._source[start:end])
            self._open[-1].children.append(Fragment(text, self._line_at(start)))

    def _raw(self, tag: Tag) -> int:
        match = re.compile(f"</{tag.name}", re.IGNORECASE).search(self._source, tag.end)
        end = match.start() if match else len(self._source)
        self._text(tag.end, end)
        return end

    def _open_element(self, tag: Tag) -> None:
        self._imply_ends(tag.name)
        element = Element(tag, self._line_at(tag.start))
        self._open[-1].children.append(element)
        if not tag.self_closing and tag.name not in VOID and len(self._open) < MAX_DEPTH:
            self._open.append(element)

    def _imply_ends(self, name: str) -> None:
        if name in _ENDS_PARAGRAPH and self._open[-1].name == "p":
            self._open.pop()
        closes = _CLOSED_BY.get(name)
        if not closes:
            return
        scope = _SCOPE.get(name, _TABLE)
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].name in scope:
                return
            if self._open[at].name in closes:
                del self._open[at:]
                if name in {"li", "dt", "dd", "option", "td", "th"}:
                    return

    def _close(self, name: str) -> None:
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].name == name:
                del self._open[at:]
                return
            if self._open[at].name == "table":
                return
