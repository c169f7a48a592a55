"""A document tree of docutils → nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docutils import nodes

from ingest.parsing.flattening import flat_text
from ingest.parsing.inline import code_span
from ingest.parsing.pictures import alt_text
from ingest.parsing.tree import (
    Code,
    Heading,
    Item,
    Listing,
    Node,
    Paragraph,
    Row,
    Table,
    Text,
    TextLine,
    clean,
    collapse,
    has_words,
)

MAX_LEVEL = 6

_GENERATED_ID = re.compile(r"(?:id|section|toc-entry)-?\d+")
_SILENT = (nodes.comment, nodes.substitution_definition, nodes.target, nodes.system_message, nodes.pending)
_SILENT_TOO = (nodes.raw, nodes.meta, nodes.transition, nodes.generated, nodes.decoration)
_TEXTS = (
    nodes.paragraph,
    nodes.rubric,
    nodes.attribution,
    nodes.caption,
    nodes.title,
    nodes.subtitle,
    nodes.term,
)
_SLACK = 4
_WINDOW = 40


class DoctreeReader:
    """Reads the elements of one page in the order of the source."""

    def __init__(self, lines: Sequence[str], first: int) -> None:
        """``lines`` is the source, ``first`` the number of its first line in the file."""
        self._source = lines
        self._first = first
        self._at = 0

    def blocks(self, element: nodes.Element, depth: int) -> list[Node]:
        """Give the blocks below ``element``, which stands ``depth`` sections deep."""
        found: list[Node] = []
        for child in element.children:
            if isinstance(child, nodes.Element):
                found += self._block(child, depth)
        return found

    def _line_of(self, element: nodes.Element) -> int:
        """Find the source line of ``element``: docutils knows it by two or three lines, or not at all."""
        words = element.astext().split(maxsplit=1)
        hint = element.line - 1 if element.line is not None else self._at + _WINDOW
        last = min(max(hint, self._at) + _SLACK, len(self._source))
        if words:
            word = words[0].strip("`*_")
            found = (at for at in range(self._at, last) if word in self._source[at])
            self._at = next(found, self._at)
        return self._first + self._at

    def _move_to(self, line: int) -> None:
        self._at = max(self._at, min(line - self._first, len(self._source) - 1))

    def _block(self, element: nodes.Element, depth: int) -> list[Node]:
        if isinstance(element, _SILENT + _SILENT_TOO) or "contents" in _texts(element, "classes"):
            return self._misread(element)
        if isinstance(element, nodes.section):
            return self._section(element, depth)
        if isinstance(element, _TEXTS):
            return self._paragraph(element)
        if isinstance(element, (nodes.literal_block, nodes.doctest_block, nodes.math_block)):
            return self._code(element)
        if isinstance(element, nodes.table):
            return self._table(element, depth)
        return self._group(element, depth)

    def _misread(self, element: nodes.Element) -> list[Node]:
        """Keep the source that docutils could not read; what is switched off stays out."""
        if not isinstance(element, nodes.system_message) or "disabled" in element.astext():
            return []
        blocks = [child for child in element.children if isinstance(child, nodes.literal_block)]
        return [node for block in blocks for node in self._code(block)]

    def _group(self, element: nodes.Element, depth: int) -> list[Node]:
        if isinstance(element, (nodes.bullet_list, nodes.enumerated_list)):
            return self._listing(element, depth)
        if isinstance(element, (nodes.definition_list, nodes.option_list)):
            return [node for child in element.children for node in self._definition(child, depth)]
        if isinstance(element, (nodes.footnote, nodes.citation)):
            return self._footnote(element, depth)
        if isinstance(element, nodes.field):
            return self._field(element, depth)
        return self._leaf(element) or self.blocks(element, depth)

    def _leaf(self, element: nodes.Element) -> list[Node]:
        if isinstance(element, nodes.line_block):
            return self._lines(element)
        if not isinstance(element, nodes.image):
            return []
        alternative = collapse(clean(_alternative(element))).strip()
        line = self._line_of(nodes.inline(alternative, alternative))
        return [Paragraph([TextLine(alternative, line, picture=True)])] if alternative else []

    def _section(self, element: nodes.section, depth: int) -> list[Node]:
        title = next((child for child in element.children if isinstance(child, nodes.title)), None)
        named = [name for name in _texts(element, "ids") if not _GENERATED_ID.fullmatch(name)]
        found: list[Node] = []
        if title is not None:
            text = self._text(title)
            if text:
                found.append(Heading(text, min(depth + 1, MAX_LEVEL), named[0] if named else ""))
        for child in element.children:
            if child is not title and isinstance(child, nodes.Element):
                found += self._block(child, depth + 1)
        return found

    def _paragraph(self, element: nodes.Element) -> list[Node]:
        text = self._text(element)
        return [Paragraph(text)] if text else []

    def _text(self, element: nodes.Element) -> Text:
        line = self._line_of(element)
        source = "".join(_inline(child) for child in element.children)
        linked, picture = _is_linked(element), _is_pictures(element)
        text = [
            TextLine(collapse(clean(part)).strip(), line + at, linked=linked, picture=picture)
            for at, part in enumerate(source.split("\n"))
        ]
        self._move_to(line + len(text) - 1)
        return [part for part in text if part.text]

    def _code(self, element: nodes.Element) -> list[Node]:
        classes = [name for name in _texts(element, "classes") if name != "code"]
        info = classes[0] if classes and isinstance(element, nodes.literal_block) else ""
        line = self._line_of(element)
        source = element.astext().split("\n")
        last = self._first + len(self._source) - 1
        lines = [TextLine(clean(part), min(line + at, last)) for at, part in enumerate(source)]
        self._move_to(line + len(lines) - 1)
        return [Code(info, lines, line)]

    def _lines(self, element: nodes.Element) -> list[Node]:
        text: Text = []
        for child in element.findall(nodes.line):
            text += self._text(child)
        for part in text:
            part.hard = True
        return [Paragraph(text)] if text else []

    def _listing(self, element: nodes.Element, depth: int) -> list[Node]:
        is_ordered = isinstance(element, nodes.enumerated_list)
        listing = Listing([], ordered=is_ordered, start=int(element.get("start", 1)))
        for child in element.children:
            if isinstance(child, nodes.list_item):
                line = self._line_of(child)
                listing.items.append(Item(self.blocks(child, depth), line))
        return [listing] if listing.items else []

    def _definition(self, element: nodes.Node, depth: int) -> list[Node]:
        """Read a term and its description, a field, or a command-line option."""
        if not isinstance(element, nodes.Element):
            return []
        found: list[Node] = []
        for child in element.children:
            if isinstance(child, (nodes.definition, nodes.field_body, nodes.description)):
                body = self.blocks(child, depth)
                if body:
                    found.append(Listing([Item(body, self._first + self._at)]))
            elif isinstance(child, nodes.option_group):
                found.append(Paragraph([TextLine(f"`{child.astext()}`", self._line_of(child))]))
            elif isinstance(child, nodes.Element):
                found += self._block(child, depth)
        return found

    def _field(self, element: nodes.field, depth: int) -> list[Node]:
        name = next((child.astext() for child in element.children if isinstance(child, nodes.field_name)), "")
        body = next((child for child in element.children if isinstance(child, nodes.field_body)), None)
        return self._led(f"{clean(name)}:", self.blocks(body, depth) if body is not None else [])

    def _footnote(self, element: nodes.Element, depth: int) -> list[Node]:
        label = next((child.astext() for child in element.children if isinstance(child, nodes.label)), "")
        body = [child for child in element.children if isinstance(child, nodes.Element)]
        found = [
            node for child in body if not isinstance(child, nodes.label) for node in self._block(child, depth)
        ]
        return self._led(f"[{clean(label)}]", found) if label else found

    def _led(self, lead: str, body: list[Node]) -> list[Node]:
        """Put ``lead`` before the text of ``body``."""
        first = body[0] if body else None
        if isinstance(first, Paragraph):
            first.text[0].text = f"{lead} {first.text[0].text}"
            return body
        return [Paragraph([TextLine(lead, self._first + self._at)]), *body]

    def _table(self, element: nodes.Element, depth: int) -> list[Node]:
        found: list[Node] = []
        rows: list[Row] = []
        for child in element.children:
            if isinstance(child, nodes.title):
                found += self._paragraph(child)
        for row in element.findall(nodes.row):
            cells: list[str] = []
            line = self._first + self._at
            for entry in row.children:
                if isinstance(entry, nodes.entry):
                    blocks = self.blocks(entry, depth)
                    line = line if cells else self._first + self._at
                    cells.append(flat_text(blocks))
                    cells += [""] * int(entry.get("morecols", 0))
            rows.append(Row(cells, line))
        return [*found, Table(rows)] if rows else found


def _texts(element: nodes.Element, name: str) -> list[str]:
    values: list[object] = element.get(name, [])
    return [str(value) for value in values]


def _is_linked(element: nodes.Element) -> bool:
    """Tell running text that is nothing but links."""
    read = [child for child in element.children if has_words(child.astext())]
    return bool(read) and all(isinstance(child, nodes.reference) for child in read)


def _is_pictures(element: nodes.Element) -> bool:
    """Tell running text that is nothing but images."""
    shown = [child for child in element.children if not isinstance(child, nodes.Text) or child.strip()]
    return bool(shown) and all(isinstance(child, nodes.image) for child in shown)


def _alternative(image: nodes.image) -> str:
    return alt_text(str(image.get("alt", "")), str(image.get("uri", "")))


def _inline(node: nodes.Node) -> str:
    """Give the text of an inline node; its line breaks stay."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, (nodes.literal, nodes.math)):
        return code_span(node.astext()) if isinstance(node, nodes.literal) else node.astext()
    if isinstance(node, nodes.image):
        return _alternative(node)
    if isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
        return f"[{node.astext()}]"
    if isinstance(node, (nodes.system_message, nodes.target, nodes.raw)) and not node.astext():
        return ""
    return "".join(_inline(child) for child in node.children)
