"""Tags that stand at the beginning of a line: components, HTML blocks, islands of HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ingest.parsing.blocks import (
    MARK_START,
    BlockReader,
    Frame,
    Label,
    Nodes,
    Question,
)
from ingest.parsing.flattening import flat_text
from ingest.parsing.lines import Line
from ingest.parsing.pictures import is_label
from ingest.parsing.tags import INLINE, Tag, readable_attributes
from ingest.parsing.tree import Anchor, Node

_FIGURE, _CAPTION = "figure", "figcaption"
ISLANDS = frozenset({"table", "ul", "ol", "dl", "pre", "h1", "h2", "h3", "h4", "h5", "h6", _CAPTION})
"""Elements whose inside is read as HTML."""
# fmt: off
DROPPED = frozenset(
    {
        "script", "style", "svg", "noscript", "template", "math", "head", "iframe", "video", "audio",
        "canvas",
    }
)
# fmt: on
"""Elements whose inside nobody reads."""
_QUESTION_NAMES = frozenset(
    {
        "details",
        "accordion",
        "accordionitem",
        "collapse",
        "collapsible",
        "disclosure",
        "toggle",
        "expander",
        "faq",
    }
)
_UNFINISHED = re.compile(r"<[A-Za-z][\w.:-]*(?:\s[^>]*)?$")
_CLOSED_AT_END = re.compile(r"</([A-Za-z][\w.:-]*)\s*>\s*$")
_MAX_TAG_LINES = 60
_MAX_TAGS_ON_LINE = 100
_MAX_FAILURES = 50


@dataclass(frozen=True, slots=True)
class _Found:
    """A tag, what follows it on its last line, and on how many further lines it extends."""

    tag: Tag
    source: str
    rest: str
    lines: int


HtmlReader = Callable[[str, int], list[Node]]
"""Reads a fragment of HTML that begins on the given line."""


@dataclass(slots=True)
class _Cursor:
    """A place in the page: the rest of line ``at``."""

    at: int
    text: str
    ends_component: bool = False
    """A component that stands as a block ends with the line."""
    is_labelled: bool = False
    """That component has texts of its own, such as a title."""


class TagReader:
    """Reads the tags of lines that begin with one."""

    def __init__(self, reader: BlockReader, read_html: HtmlReader) -> None:
        """Add to the blocks of ``reader``; islands of HTML are read by ``read_html``."""
        self.reader = reader
        self.blocks = reader.blocks
        self.markup = reader.markup
        self._read_html = read_html
        self._last_closer = _last_closers(reader.source)
        self._failed: Counter[str] = Counter()
        self._component_end = -1

    def read(self, at: int, body: str, prefix: str, column: int) -> int:
        """Read the tags at the beginning of ``body`` (line ``at``); give the line to go on with."""
        cursor = _Cursor(at, body)
        for _ in range(_MAX_TAGS_ON_LINE):
            if not self._step(cursor, prefix, column):
                break
            cursor.text = cursor.text.lstrip()
        if cursor.text.strip():
            self._text(cursor, prefix)
        if cursor.is_labelled:
            self.blocks.separate(prefix, self._number(cursor))
        elif cursor.ends_component:
            self._component_end = len(self.blocks.lines)
        return cursor.at + 1

    def _number(self, cursor: _Cursor) -> int:
        return self.reader.source[min(cursor.at, len(self.reader.source) - 1)].number

    def _text(self, cursor: _Cursor, prefix: str) -> None:
        """Write down text, and close the components that end with it."""
        text = cursor.text
        number = self._number(cursor)
        closed: list[Frame] = []
        while match := _CLOSED_AT_END.search(text):
            at = self.reader.position.find(match[1])
            if at is None or f"<{match[1]}" in text:
                break
            closed.append(self.reader.position.pop(at))
            text = text[: match.start()]
        if text.strip():
            self.blocks.emit(prefix + text, number)
        for frame in closed:
            self.reader.end_frame(frame, prefix, number)

    def _step(self, cursor: _Cursor, prefix: str, column: int) -> bool:
        """Read one tag; False when the rest of the line is running text."""
        found = self._scan(cursor)
        if found is None:
            return False
        tag, rest = found.tag, found.rest
        number = self._number(cursor)
        if tag.name in INLINE - DROPPED:
            if not _is_anchor(tag, rest):
                return False
            self.blocks.add(Nodes([Anchor(tag.anchor)]), prefix, number)
            rest = ""
        elif tag.closing:
            self._close(tag, prefix, number)
        elif tag.name in DROPPED or tag.name in ISLANDS or _is_summary(tag) or _is_figure(tag, rest):
            cursor.at += found.lines
            return self._element(found, cursor, prefix, column)
        else:
            cursor.at += found.lines
            return self._component(found, cursor, prefix, column)
        cursor.at += found.lines
        cursor.text = rest
        return True

    def _scan(self, cursor: _Cursor) -> _Found | None:
        """Read the tag at the cursor, over several lines where needed."""
        if not cursor.text.startswith("<"):
            return None
        tag = self.markup.scanner.scan(cursor.text, 0)
        if tag:
            return (
                _Found(tag, cursor.text[: tag.end], cursor.text[tag.end :], 0)
                if self.markup.is_markup(tag)
                else None
            )
        if not _UNFINISHED.match(cursor.text):
            return None
        text = cursor.text
        for more, line in enumerate(self.reader.source[cursor.at + 1 : cursor.at + _MAX_TAG_LINES], 1):
            if line.is_code:
                break
            text += "\n" + line.text
            tag = self.markup.scan(text, 0) if ">" in line.text else None
            if tag:
                return _Found(tag, text[: tag.end], text[tag.end :], more)
        return None

    def _close(self, tag: Tag, prefix: str, number: int) -> None:
        frame = self.reader.position.find(tag.name)
        if frame is None:
            self.blocks.separate(prefix, number)
        else:
            self.reader.close_frame(frame, prefix, number)

    def _element(self, found: _Found, cursor: _Cursor, prefix: str, column: int) -> bool:
        """Take a whole element out of the page: an island of HTML, a summary, something nobody reads."""
        tag, rest = found.tag, found.rest
        number = self._number(cursor)
        inside = None if tag.self_closing else self._capture(tag, cursor, rest)
        if inside is None and tag.name in ISLANDS and not tag.self_closing:
            return self._component(found, cursor, prefix, column)
        if inside is None:
            cursor.text = rest
            self.blocks.separate(prefix, number)
            return True
        if _is_summary(tag):
            self._summary(tag, inside, prefix, number)
        elif tag.name not in DROPPED:
            opening = f"<{tag.name}{_attributes(tag)}>"
            nodes = self._read_html(f"{opening}{inside}</{tag.name}>", number)
            if tag.name == _CAPTION and self._labels_picture(nodes):
                self.blocks.separate(prefix, number)
            else:
                self.blocks.add(Nodes(nodes), prefix, number)
        else:
            self.blocks.separate(prefix, number)
        return True

    def _labels_picture(self, caption: list[Node]) -> bool:
        """Tell the label of a picture, which no answer shows, from a sentence and from a caption of code."""
        before = next((line for line in reversed(self.blocks.lines) if line.text.strip(" \t>")), None)
        shows = before is not None and (before.is_code or before.text.lstrip(" >").startswith("|"))
        return not shows and is_label(flat_text(caption))

    def _capture(self, tag: Tag, cursor: _Cursor, rest: str) -> str | None:
        """Give the source up to the end of the element and move on behind it; None when it is not closed.

        Lists and tables that hold code fences are Markdown inside of HTML: their tags alone are dropped.
        """
        if self._last_closer.get(tag.name, -1) < cursor.at or self._failed[tag.name] > _MAX_FAILURES:
            return None
        self._failed[tag.name] += 1
        pattern = re.compile(rf"<(/?){re.escape(tag.name)}(?=[\s/>])[^<>]*>")
        depth, parts = 1, [rest]
        for at in range(cursor.at, self._last_closer[tag.name] + 1):
            line = self.reader.source[at]
            if at > cursor.at:
                if line.is_code:
                    return None
                parts.append(line.text)
            for match in pattern.finditer(parts[-1]):
                depth += -1 if match[1] else 0 if match[0].endswith("/>") else 1
                if depth == 0:
                    cursor.at, cursor.text = at, parts[-1][match.end() :]
                    parts[-1] = parts[-1][: match.start()]
                    self._failed[tag.name] -= 1
                    return "\n".join(parts)
        return None

    def _summary(self, tag: Tag, inside: str, prefix: str, number: int) -> None:
        text = " ".join(inside.split())
        anchor = tag.anchor
        frames = self.reader.position.frames
        if text:
            opens = bool(frames) and not frames[-1].is_heading
            if opens:
                frames[-1].is_heading = True
            shift = next((at for at, part in enumerate(inside.split("\n")) if part.strip()), 0)
            question = Question(text, number + shift, anchor, closes_later=opens)
            self.blocks.add(question, prefix, number + shift)

    def _component(self, found: _Found, cursor: _Cursor, prefix: str, column: int) -> bool:
        tag, rest = found.tag, found.rest
        number = self._number(cursor)
        closer = f"</{tag.name}>"
        if not tag.is_html and self._is_inline(tag, rest):
            return False
        self.blocks.separate(prefix, number)
        question = self._labels(found, prefix, number)
        is_closed_later = self._last_closer.get(tag.name, -1) > cursor.at
        if not tag.self_closing and closer not in rest and is_closed_later:
            content = column if ">" in prefix or rest.strip() else None
            self.reader.position.push(Frame(tag.name, column, content, is_heading=question is not None))
            if question:
                question.closes_later = True
        if closer in rest:
            rest = rest.replace(closer, "", 1)
            cursor.ends_component = cursor.ends_component or not tag.is_html
            cursor.is_labelled = cursor.is_labelled or bool(readable_attributes(tag))
        cursor.text = rest
        return True

    def _is_inline(self, tag: Tag, rest: str) -> bool:
        """Tell a component in running text from one that is a block."""
        before = self.blocks.lines[-1].text.strip(" >") if self.blocks.lines else ""
        after_component = self._component_end == len(self.blocks.lines)
        in_paragraph = bool(before) and not before.startswith(MARK_START) and not after_component
        closer = f"</{tag.name}>"
        if tag.self_closing:
            return bool(rest.strip() and not rest.lstrip().startswith("<")) or in_paragraph
        after = rest.partition(closer)[2] if closer in rest else ""
        return closer in rest and (in_paragraph or bool(after.strip()))

    def _labels(self, found: _Found, prefix: str, number: int) -> Question | None:
        """Write down what a reader sees of the component's attributes; give the question that it acts as."""
        tag = found.tag
        alt = tag.attributes.get("alt", "") if tag.is_picture else ""
        texts = [text for text in readable_attributes(tag) if text != " ".join(alt.split())]
        question = tag.attributes.get("question", "") or (
            texts[0] if texts and _is_question_name(tag.name) else ""
        )
        asked: Question | None = None
        for text in texts:
            line = number - found.lines + _line_within(found.source, text)
            if text == question and asked is None:
                asked = Question(text, line, tag.attributes.get("id", ""))
                self.blocks.add(asked, prefix, number)
            else:
                self.blocks.add(Label(text, line), prefix, number)
        return asked


def _line_within(source: str, text: str) -> int:
    """Give the line of a tag, from 0, on which the value ``text`` of an attribute begins."""
    at = source.find(text.split(maxsplit=1)[0])
    return source.count("\n", 0, max(at, 0))


def _is_anchor(tag: Tag, rest: str) -> bool:
    """Tell whether the tag is nothing but a link target, such as ``<a id="setup"></a>``."""
    if not tag.anchor:
        return False
    return not rest.strip() if tag.self_closing else rest.strip() == f"</{tag.name}>"


def _is_question_name(name: str) -> bool:
    return name.rpartition(".")[2].lower() in _QUESTION_NAMES


def _is_summary(tag: Tag) -> bool:
    last = tag.name.rpartition(".")[2].lower()
    return last == "summary" or (last.endswith("summary") and not tag.is_html)


def _is_figure(tag: Tag, rest: str) -> bool:
    """Tell a figure that ends on its line: no Markdown stands in it."""
    return tag.name == _FIGURE and f"</{_FIGURE}>" in rest


def _attributes(tag: Tag) -> str:
    return "".join(f' {name}="{value}"' for name, value in tag.attributes.items() if '"' not in value)


def _last_closers(lines: list[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, line in enumerate(lines):
        if "</" in line.text and not line.is_code:
            for name in re.findall(r"</([A-Za-z][\w.:-]*)\s*>", line.text):
                found[name] = at
    return found
