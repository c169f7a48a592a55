"""The tree that every format is read into, before it becomes canonical text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ingest.parsing.model import ParseWarning

COMPONENT = 0
"""Level of a heading that a component stands for; the outline puts it below its parent."""

_DROPPED = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})
_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ shape words and emoji
# Letters and marks that Unicode does not count as format characters, and that have no shape all the same.
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
    "|[\u200c\u200d\ufe0e\ufe0f]{3,}"
)
_SPACES = re.compile(r"[ \t]+")


@dataclass(slots=True)
class TextLine:
    """A stretch of running text that stands on one source line."""

    text: str
    line: int
    hard: bool = False
    """A forced line break stands before it."""
    linked: bool = False
    """All of its words belong to links to other places."""
    picture: bool = False
    """Nothing but images stands there, and the text is what they show."""


Text = list[TextLine]


@dataclass(slots=True)
class Heading:
    """A heading, or a component that acts as one (level ``COMPONENT``)."""

    text: Text
    level: int = COMPONENT
    anchor: str = ""
    is_question: bool = False
    closes_later: bool = False
    """A ``Close`` marks where its component ends."""


@dataclass(slots=True)
class Paragraph:
    """Running text."""

    text: Text
    bold_lead: bool = False
    """The first line stands alone and is all bold: it may be a question that the rest answers."""

    @property
    def is_link(self) -> bool:
        """Whether it is nothing but a link, or several: it leads elsewhere and says nothing itself."""
        return any(part.linked for part in self.text) and all(
            part.linked or not has_words(part.text) for part in self.text
        )


@dataclass(slots=True)
class Code:
    """A code block; its lines are kept as they stand."""

    info: str
    lines: Text
    line: int


@dataclass(slots=True)
class Row:
    """One table row."""

    cells: list[str]
    line: int
    cell_lines: list[int] = field(default_factory=list)
    """Source line of each cell, where they differ."""


@dataclass(slots=True)
class Table:
    """A table; the first row is the header."""

    rows: list[Row]


@dataclass(slots=True)
class Item:
    """One list item with all that is nested in it."""

    children: list[Node]
    line: int


@dataclass(slots=True)
class Listing:
    """A list; ``start`` is the number of its first item."""

    items: list[Item]
    ordered: bool = False
    start: int = 1


@dataclass(slots=True)
class Anchor:
    """A link target without text; it names the heading that follows."""

    name: str


@dataclass(slots=True)
class Close:
    """The end of a component that acted as a heading; ``level`` is the heading's, as the outline finds it."""

    level: int = 0


Node = Heading | Paragraph | Code | Table | Listing | Anchor | Close


@dataclass(slots=True)
class Tree:
    """A whole page: its nodes in reading order, and what a writer should look at."""

    nodes: list[Node] = field(default_factory=list)
    title: str = ""
    lang: str = ""
    warnings: list[ParseWarning] = field(default_factory=list)


TextReader = Callable[[str, int], Text]
"""Reads inline markup that begins on the given source line."""


def clean(text: str) -> str:
    r"""Drop the characters that nobody sees, and compose the rest (NFC).

    >>> clean("a\u200bb\u00a0c")
    'ab c'
    """
    if text.isascii() and text.isprintable():
        return text
    spaced = re.sub("[\u00a0\u2028\u2029\u0085\x0b\x0c]", " ", text)
    kept = [
        char
        for char in spaced
        if char in "\n\t" or char in _JOINERS or unicodedata.category(char) not in _DROPPED
    ]
    return unicodedata.normalize("NFC", _SHAPELESS.sub("", "".join(kept)))


def has_words(text: str) -> bool:
    """Tell text that can be read out from marks such as ``|`` and ``→``.

    >>> has_words("Next →"), has_words(" | ")
    (True, False)
    """
    return any(map(str.isalnum, text))


def collapse(text: str) -> str:
    r"""Make each run of blanks one space.

    >>> collapse(" a \t b ")
    ' a b '
    """
    return _SPACES.sub(" ", text)


def plain(text: Iterable[TextLine]) -> str:
    """Join running text into one line."""
    return collapse(" ".join(part.text for part in text)).strip()


def literal(text: str, line: int) -> Text:
    """Take ``text``, which begins on source line ``line``, without reading any markup in it."""
    found = [TextLine(collapse(clean(part)).strip(), line + at) for at, part in enumerate(text.split("\n"))]
    return [part for part in found if part.text]
