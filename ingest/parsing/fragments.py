"""A tree of HTML elements → nodes."""

from __future__ import annotations

from ingest.parsing.elements import Element, Fragment, read_elements
from ingest.parsing.flattening import flat_text
from ingest.parsing.inline import code_span, tag_text
from ingest.parsing.pictures import ends_sentence, is_label, without_pictures
from ingest.parsing.tags import INLINE, Markup, Tag, readable_attributes
from ingest.parsing.tree import (
    COMPONENT,
    Anchor,
    Close,
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
    TextReader,
    clean,
    collapse,
    has_words,
)

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# fmt: off
_HIDDEN = frozenset(
    {
        "script", "style", "template", "noscript", "svg", "math", "iframe", "video", "audio", "canvas",
        "nav", "footer", "head", "select", "button", "datalist", "dialog",
    }
)
# fmt: on
_PICTURES = frozenset({"img", "picture", "svg", "video"})
_SHOWN = frozenset({"pre", "table", "blockquote"})
"""What an answer can show, with its caption."""
_PERMALINK = frozenset({"headerlink", "anchor-link", "hash-link", "anchor"})


def read_fragment(source: str, line: int, markup: Markup, read_text: TextReader) -> list[Node]:
    """Read HTML that begins on source line ``line``; ``read_text`` reads the markup in its texts."""
    return nodes_of(read_elements(source, line, markup), read_text)


def nodes_of(element: Element, read_text: TextReader) -> list[Node]:
    """Give the blocks below ``element``."""
    reader = _FragmentReader(read_text)
    reader.children(element)
    reader.flush()
    return reader.nodes


class _FragmentReader:
    """Collects running text until a block begins."""

    def __init__(self, read_text: TextReader) -> None:
        self.nodes: list[Node] = []
        self._text: Text = []
        self._links = 0
        self._read_text = read_text

    def children(self, element: Element) -> None:
        for child in element.children:
            if isinstance(child, Fragment):
                self._fragment(child)
            else:
                self._element(child)

    def flush(self) -> None:
        """End the paragraph at hand."""
        text = [part for part in self._text if part.text.strip()]
        for part in text:
            part.text = part.text.strip()
        if text:
            text[0].hard = False
            self.nodes.append(Paragraph(text))
        self._text = []

    def _fragment(self, fragment: Fragment) -> None:
        for at, part in enumerate(fragment.text.split("\n")):
            text = collapse(clean(part))
            if not text.strip():
                self._add(" " if text else "", fragment.line + at, breaks=at > 0)
                continue
            read = self._read_text(text, fragment.line + at)
            shown = " ".join(line.text for line in read)
            head = " " if text.startswith(" ") else ""
            tail = " " if text.endswith(" ") else ""
            linked = bool(read) and all(line.linked for line in read)
            picture = bool(read) and all(line.picture for line in read)
            full = f"{head}{shown}{tail}"
            self._add(full, fragment.line + at, breaks=at > 0, linked=linked, picture=picture)

    def _add(
        self,
        text: str,
        line: int,
        *,
        breaks: bool = False,
        hard: bool = False,
        linked: bool = False,
        picture: bool = False,
    ) -> None:
        linked = linked or self._links > 0
        last = self._text[-1] if self._text else None
        is_next_line = (
            last is not None and line > last.line and (last.text.endswith(" ") or text.startswith(" "))
        )
        stands_apart = picture and last is not None and ends_sentence(last.text)
        if breaks or hard or is_next_line or stands_apart or not self._text:
            self._text.append(TextLine(text.lstrip(), line, hard, linked and has_words(text), picture))
        else:
            if text.strip():
                self._text[-1].picture = picture and (
                    self._text[-1].picture or not self._text[-1].text.strip()
                )
            if has_words(text):
                self._text[-1].linked = linked and (
                    self._text[-1].linked or not has_words(self._text[-1].text)
                )
            self._text[-1].text = collapse(self._text[-1].text + text)
            if not self._text[-1].text.strip():
                self._text[-1].line = line

    def _element(self, element: Element) -> None:
        name = element.name
        if name in _HIDDEN or _is_hidden(element) or _is_permalink(element):
            return
        if name == "br":
            self._add("", element.line, hard=True)
        elif name in ("code", "tt") and not _has_blocks(element):
            self._add(code_span(" ".join(text_of(element).split())), element.line)
        elif name == "img":
            self._add(tag_text(element.tag), element.line, picture=True)
        elif name in INLINE:
            self._inline(element)
        else:
            self._block(element)

    def _inline(self, element: Element) -> None:
        shown = tag_text(element.tag) if element.name in ("i", "span") else ""
        if shown:
            self._add(shown, element.line)
        if element.tag.anchor and not self._text:
            self.nodes.append(Anchor(element.tag.anchor))
        self._links += element.tag.leads_elsewhere
        self.children(element)
        self._links -= element.tag.leads_elsewhere

    def _block(self, element: Element) -> None:
        labels = readable_attributes(element.tag)
        if not element.tag.is_html and not _has_blocks(element):
            self._add(" ".join(labels), element.line, picture=element.tag.is_picture)
            self.children(element)
            return
        self.flush()
        if labels:
            self.nodes.append(Paragraph([TextLine(label, element.line, hard=True) for label in labels]))
        self._known_block(element)
        self.flush()

    def _known_block(self, element: Element) -> None:
        name = element.name
        readers = {
            **dict.fromkeys(("ul", "ol", "menu"), self._listing),
            **dict.fromkeys(("pre", "xmp"), self._code),
            "dl": self._definitions,
            "table": self._table,
            "details": self._details,
            "summary": self._summary,
            "figure": self._figure,
        }
        if name in _HEADINGS:
            self._heading(element, _HEADINGS[name])
        elif name in readers:
            readers[name](element)
        elif name != "hr":
            if element.tag.anchor:
                self.nodes.append(Anchor(element.tag.anchor))
            self.children(element)

    def _figure(self, element: Element) -> None:
        """Read a figure; the caption of a picture stays where it is a sentence, not where it labels it."""
        inside = {child.name for child in element.walk()}
        if not inside & _PICTURES or inside & _SHOWN:
            self.children(element)
            return
        for child in element.children:
            if not isinstance(child, Element) or child.name != "figcaption":
                self.children(_holder(child))
            elif not is_label(text_of(child)):
                self._element(child)

    def _details(self, element: Element) -> None:
        self.children(element)
        self.flush()
        if any(child.name == "summary" for child in element.walk()):
            self.nodes.append(Close())

    def _summary(self, element: Element) -> None:
        self._heading(element, COMPONENT, is_question=True)

    def _heading(self, element: Element, level: int, *, is_question: bool = False) -> None:
        inner = [node for node in nodes_of(element, self._read_text) if isinstance(node, Paragraph)]
        text = [part for node in inner for part in node.text]
        inside = next((child.tag.anchor for child in element.walk() if child.tag.anchor), "")
        if text:
            anchor = element.tag.anchor or inside
            self.nodes.append(Heading(text, level, anchor, is_question=is_question, closes_later=is_question))

    def _listing(self, element: Element) -> None:
        start = element.tag.attributes.get("start", "1")
        listing = Listing([], ordered=element.name == "ol", start=int(start) if start.isdecimal() else 1)
        for child in element.children:
            if isinstance(child, Element):
                children = (
                    nodes_of(child, self._read_text)
                    if child.name == "li"
                    else nodes_of(_holder(child), self._read_text)
                )
                if children:
                    listing.items.append(Item(children, child.line))
        if listing.items:
            self.nodes.append(listing)

    def _definitions(self, element: Element) -> None:
        parts = [child for child in element.children if isinstance(child, Element)]
        if any(child.name == "div" for child in parts):
            parts = [grand for child in parts for grand in child.children if isinstance(grand, Element)]
        for child in parts:
            nodes = nodes_of(child, self._read_text)
            if child.tag.anchor:
                self.nodes.append(Anchor(child.tag.anchor))
            if child.name == "dd" and nodes:
                self.nodes.append(Listing([Item(nodes, child.line)]))
            else:
                self.nodes += nodes

    def _code(self, element: Element) -> None:
        inner = next((child for child in element.walk() if child.name == "code"), element)
        classes = f"{inner.tag.attributes.get('class', '')} {element.tag.attributes.get('class', '')}".split()
        info = next(
            (name.partition("-")[2] for name in classes if name.startswith(("language-", "lang-"))), ""
        )
        first = next((child for child in element.children), None)
        line = first.line if first else element.line
        text = text_of(element)
        if text.startswith("\n"):
            text, line = text[1:], line + 1
        lines = [
            TextLine(clean(part).rstrip(), line + at) for at, part in enumerate(text.rstrip().split("\n"))
        ]
        if text.strip():
            self.nodes.append(Code(info, lines, element.line))

    def _table(self, element: Element) -> None:
        rows: list[Row] = []
        spans: dict[int, tuple[int, str]] = {}
        for child in element.walk():
            if child.name == "caption":
                self.nodes += nodes_of(child, self._read_text)
            if child.name == "tr":
                row = _row(child, spans, self._read_text)
                if row.cells:
                    rows.append(row)
        if rows:
            self.nodes.append(Table(rows))
        elif element.children:
            self.children(element)


def _row(element: Element, spans: dict[int, tuple[int, str]], read_text: TextReader) -> Row:
    """Read one table row; ``spans`` holds the cells that reach down from rows above."""
    row = Row([], element.line)
    cells = [child for child in element.children if isinstance(child, Element) and child.name in ("td", "th")]
    cells = [cell for cell in cells if not _is_hidden(cell)]
    for cell in cells:
        _fill(row, spans)
        nodes = nodes_of(cell, read_text)
        text = flat_text(without_pictures(nodes) or nodes)
        height = cell.tag.attributes.get("rowspan", "1")
        width = cell.tag.attributes.get("colspan", "1")
        if height.isdecimal() and int(height) > 1:
            spans[len(row.cells)] = (min(int(height), 1000) - 1, text)
        row.cells.append(text)
        row.cells += [""] * (min(int(width), 100) - 1 if width.isdecimal() else 0)
        row.cell_lines += [_first_line(nodes, cell.line)] * (len(row.cells) - len(row.cell_lines))
    _fill(row, spans)
    return row


def _fill(row: Row, spans: dict[int, tuple[int, str]]) -> None:
    while (at := len(row.cells)) in spans:
        left, text = spans.pop(at)
        if left > 1:
            spans[at] = (left - 1, text)
        row.cells.append(text)
        row.cell_lines.append(row.cell_lines[-1] if row.cell_lines else row.line)


def _first_line(nodes: list[Node], line: int) -> int:
    first = nodes[0] if nodes else None
    return first.text[0].line if isinstance(first, Paragraph) else line


def _holder(element: Element | Fragment) -> Element:
    return Element(Tag("", 0, 0), element.line, [element])


def text_of(element: Element) -> str:
    """Join all text below ``element`` as it stands."""
    parts: list[str] = []
    stack: list[Element | Fragment] = list(reversed(element.children))
    while stack:
        child = stack.pop()
        if isinstance(child, Fragment):
            parts.append(child.text)
        elif child.name == "br":
            parts.append("\n")
        elif child.name not in _HIDDEN:
            stack.extend(reversed(child.children))
    return "".join(parts)


def _has_blocks(element: Element) -> bool:
    return any(
        child.tag.is_html and child.name not in INLINE and child.name != "br" for child in element.walk()
    )


def _is_hidden(element: Element) -> bool:
    style = element.tag.attributes.get("style", "").replace(" ", "").lower()
    return "hidden" in element.tag.attributes or "display:none" in style


def _is_permalink(element: Element) -> bool:
    if element.name != "a":
        return False
    classes = element.tag.attributes.get("class", "").split()
    return (
        bool({"headerlink", "anchor-link", "hash-link", "anchor"} & set(classes))
        and len(text_of(element)) <= 1
    )
