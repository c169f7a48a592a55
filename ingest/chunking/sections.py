"""Sections of a page, and which of them are too small to stand alone.

A section of ``TINY_WORDS`` words or more is never joined with another one: a reader (and a citation) should
see its own heading. Smaller ones join their tiny neighbours below the same parent, and a short lead-in joins
the first section below it, so that no chunk is nearly empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.parsing.model import Block, BlockKind, ParsedDocument

TINY_WORDS = 25
SYLLABLES_PER_WORD = 2.5
"""Hangul syllables that say as much as one English word: about 140 characters of either make 25 words."""

_WORD = re.compile(r"\S*\w\S*")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the blocks up to the next heading; the first section of a page has no heading.

    Text below a component that has ended (an FAQ item, a tab) resumes the section around it: a section of its
    own, with that section's heading.
    """

    index: int
    heading: Block | None
    body: tuple[Block, ...]
    ancestors: tuple[int, ...]
    """Indices of the sections above, from the top down."""
    path: tuple[str, ...]
    """Headings from the top down, its own included, without the page's title."""
    words: float
    resumes: bool = False
    """The heading stands further above, with other headings in between."""

    @property
    def anchor(self) -> str:
        """Give the heading's anchor; empty before the first heading."""
        return self.heading.anchor if self.heading else ""

    @property
    def is_faq(self) -> bool:
        """Tell whether this is a question with its answer."""
        return self.heading is not None and self.heading.is_question and bool(self.body)

    @property
    def is_tiny(self) -> bool:
        """Tell whether the text is too short for a chunk of its own."""
        return self.words < TINY_WORDS


def count_words(text: str) -> float:
    """Count words so that English and Korean texts of equal content come out alike.

    >>> count_words("Open the settings - now."), count_words("설정 화면을 엽니다.")
    (4.0, 3.2)
    """
    total = 0.0
    for match in _WORD.finditer(text):
        syllables = len(_HANGUL.findall(match.group()))
        total += syllables / SYLLABLES_PER_WORD if syllables else 1.0
    return total


def sections_of(document: ParsedDocument) -> list[Section]:
    """Give the sections in reading order."""
    sections: list[Section] = []
    above: list[tuple[int, Section]] = []
    for stretch in _stretches(document.blocks):
        while above and above[-1][0] >= stretch.level:
            above.pop()
        parent = above[-1][1] if above else None
        path = parent.path if parent else ()
        section = Section(
            index=len(sections),
            heading=parent.heading if parent and stretch.resumes else stretch.heading,
            body=tuple(stretch.body),
            ancestors=(*parent.ancestors, parent.index) if parent else (),
            path=path if stretch.resumes else _path(path, stretch.heading, document.title),
            words=sum(count_words(block.span.of(document.text)) for block in stretch.body),
            resumes=stretch.resumes,
        )
        sections.append(section)
        if not section.resumes:
            above.append((stretch.level, section))
    return sections


@dataclass(slots=True)
class _Stretch:
    """The blocks from one heading, or from the end of a component, to the next."""

    level: int
    heading: Block | None = None
    body: list[Block] = field(default_factory=list)
    resumes: bool = False


def _stretches(blocks: Iterable[Block]) -> Iterator[_Stretch]:
    current = _Stretch(0)
    levels = [0]
    for block in blocks:
        if block.kind == BlockKind.HEADING:
            yield current
            current = _Stretch(block.level, block)
            levels = [*(level for level in levels if level < block.level), block.level]
        elif 0 < block.closes <= levels[-1]:
            yield current
            current = _Stretch(block.closes, body=[block], resumes=True)
            levels = [level for level in levels if level < block.closes]
        else:
            current.body.append(block)
    yield current


def _path(above: tuple[str, ...], heading: Block | None, title: str) -> tuple[str, ...]:
    if heading is None:
        return above
    name = " ".join(heading.title.split())
    repeats_title = not above and name.casefold() == " ".join(title.split()).casefold()
    return above if repeats_title or not name else (*above, name)


def grouped(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """Give the sections that may share chunks, in reading order.

    Groups of one: a question, or a section with text enough of its own. Others: lead-ins before the section
    they lead into, and runs of tiny sections below one parent. A section that resumes only begins a group:
    below another one it would read as a part of that.
    """
    run: list[Section] = []
    for section in sections:
        if section.resumes:
            yield from _closed(run)
            run = []
        if section.is_faq:
            yield from _closed(run)
            yield [section]
            run = []
        elif not section.is_tiny:
            lead_ins = _lead_ins(run, section)
            yield from _closed(run[: len(run) - len(lead_ins)])
            yield from _closed([*lead_ins, section])
            run = []
        elif run and not _below_same_parent(run[0], section):
            yield from _closed(run)
            run = [section]
        else:
            run.append(section)
    yield from _closed(run)


def _below_same_parent(first: Section, other: Section) -> bool:
    return not first.ancestors or first.ancestors[-1] in other.ancestors


def _lead_ins(run: Sequence[Section], section: Section) -> list[Section]:
    above = [tiny for tiny in run if tiny.index in section.ancestors]
    return above if above == list(run[len(run) - len(above) :]) else []


def _closed(run: Sequence[Section]) -> Iterator[list[Section]]:
    """Drop leading headings without text: the context of the sections below names them."""
    start = 0
    while start + 1 < len(run) and not run[start].body and run[start].index in run[start + 1].ancestors:
        start += 1
    if any(section.body for section in run[start:]):
        yield list(run[start:])


def common_heading(sections: Sequence[Section]) -> tuple[tuple[str, ...], str]:
    """Give heading path and anchor of sections that share a chunk.

    A lead-in stands back behind the one section that it leads into; siblings are named by their parent.
    """
    first = 0
    while first + 1 < len(sections) and all(
        sections[first].index in other.ancestors for other in sections[first + 1 :]
    ):
        first += 1
    if first + 1 == len(sections):
        return sections[first].path, sections[first].anchor
    return _common_prefix([section.path for section in sections[first:]]), sections[0].anchor


def _common_prefix(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shortest, longest = min(paths), max(paths)
    length = 0
    while length < len(shortest) and shortest[length] == longest[length]:
        length += 1
    return shortest[:length]
