"""Choose what to quote: the block that answers, or the one to three sentences that do.

The best hit leads: the search has seen words and meaning, a single sentence only shows its words. Inside it a
unit scores by the share of the question's idf that stands in it and its heading, and a little by how early
it comes. Other hits add a sentence where they hold what the best one lacks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from kb_server.answering.passages import (
    MAX_BLOCK_WORDS,
    Passage,
    Unit,
    announced_by,
    bundle_of,
    introduces,
    introduction_of,
    is_adrift,
    leans_on_previous,
)
from kb_server.index.records import ChunkKind, Span
from kb_server.text.blocks import TextBlock, TextKind

MAX_SENTENCES = 3
MAX_WORDS = 75
"""Prose quoted in one answer, in words; a sentence that announces a block counts, the block does not."""
MAX_FAQ_WORDS = 150
MAX_ITEM_LIST_WORDS = 90
"""A bullet list up to this long is shown whole, a longer one by its matching items."""
MAX_ROWS = 5
MAX_WHOLE_ROWS = 8
"""A table up to this long is shown whole where no row is asked for."""

_HEADING_WEIGHT = 0.8
_POSITION_WEIGHT = 0.03
_ADRIFT_PENALTY = 0.15
"""For a sentence that leans on one that the passage does not hold, or announces a block that is not there."""
_OWN_COVERAGE_WEIGHT = 0.3
_ROW_SHARE = 0.6
"""Rows that match this share of what the best row matches are shown too."""
_ROW_GAIN = 0.15
"""Share of the question's idf that a row must hold to be what is asked for."""
_SOURCE_GAIN = 0.3
"""Share of the question's idf that another source must add."""
SOURCE_PRIOR = 0.8
_SAME_TOKENS = 0.85
"""Two sentences that share this part of their tokens say the same."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One sentence with what it leans on, or one block: of several spans where rows or items are left out."""

    passage: Passage
    spans: tuple[Span, ...]
    is_block: bool
    fences: tuple[str, str] = ("", "")
    """What a part of a code block needs around it to stay code: the fence lines that the part lacks."""


@dataclass(slots=True)
class _Selection:
    """What has been chosen so far."""

    term_weights: Mapping[str, float]
    excerpts: list[Excerpt] = field(default_factory=list)
    units: list[tuple[Passage, Unit]] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    words: int = 0
    sentences: int = 0

    def share(self, terms: Iterable[str]) -> float:
        """Give the share of the question's idf that ``terms`` carry."""
        total = sum(self.term_weights.values())
        return sum(self.term_weights[term] for term in terms) / total if total > 0 else 0.0

    def fits(self, bundle: Sequence[Unit]) -> bool:
        words = sum(unit.words for unit in bundle)
        return self.sentences + len(bundle) <= MAX_SENTENCES and self.words + words <= MAX_WORDS

    def has(self, passage: Passage, unit: Unit) -> bool:
        """Tell whether the unit, or another that says the same, has been chosen."""
        return any(
            (chosen is unit and of is passage) or _same(chosen.tokens, unit.tokens)
            for of, chosen in self.units
        ) or any(
            excerpt.passage.revision.doc_id == passage.revision.doc_id
            and span.start <= unit.span.start < span.end
            for excerpt in self.excerpts
            for span in excerpt.spans
        )

    def add_sentences(self, passage: Passage, bundle: Sequence[Unit]) -> None:
        """Add sentences that belong together: as one quotation where they stand side by side."""
        for unit in bundle:
            self._note(passage, unit)
            self.words += unit.words
            self.sentences += 1
        for run in _runs(passage.revision.text, [unit.span for unit in bundle]):
            self.excerpts.append(Excerpt(passage, (run,), is_block=False))

    def add_block(self, passage: Passage, units: Iterable[Unit], spans: Sequence[Span]) -> None:
        for unit in units:
            self._note(passage, unit)
        runs = _runs(passage.revision.text, spans)
        self.excerpts.append(Excerpt(passage, runs, is_block=True, fences=_missing_fences(passage, runs)))

    def _note(self, passage: Passage, unit: Unit) -> None:
        self.units.append((passage, unit))
        self.terms |= unit.terms


def select(passages: Sequence[Passage], term_weights: Mapping[str, float]) -> tuple[Excerpt, ...]:
    """Choose the excerpts of the answer: what answers best first, the rest by source and in reading order."""
    selection = _Selection(term_weights)
    if not passages:
        return ()
    best = passages[0]
    candidates = [unit for unit in best.units if not (unit.is_label or unit.is_pointer)] or best.units
    lead = max(candidates, key=lambda unit: _score(selection, best, unit))
    _add_lead(selection, best, lead)
    leading = len(selection.excerpts)
    selection.terms |= best.context_terms
    for other in passages[1:]:
        if best.hit.chunk.kind is not ChunkKind.FAQ:  # a reply to this very question needs no second voice
            _add_source(selection, other)
    _add_more_of(selection, best, lead.section)
    return (*selection.excerpts[:leading], *_in_order(selection.excerpts[leading:]))


def _score(selection: _Selection, passage: Passage, unit: Unit) -> float:
    position = 1 / (1 + unit.order)
    return (
        selection.share(unit.terms)
        + _HEADING_WEIGHT * selection.share(unit.heading_terms - unit.terms)
        + _POSITION_WEIGHT * position
        - _ADRIFT_PENALTY * is_adrift(passage, unit)
    )


def _add_lead(selection: _Selection, passage: Passage, lead: Unit) -> None:
    section = [unit for unit in passage.units if unit.section == lead.section]
    if passage.hit.chunk.kind is ChunkKind.FAQ and not _is_torn(passage, section[0]):
        _add_whole(selection, passage, _opening(_reply(section)))
    elif passage.hit.chunk.kind is ChunkKind.STEPS and (steps := _steps(selection, passage)):
        _add_block(selection, passage, steps)
    elif lead.is_sentence:
        _add_bundle(selection, passage, lead)
        _add_steps_below(selection, passage, lead)
    else:
        _add_block(selection, passage, lead)


def _add_steps_below(selection: _Selection, passage: Passage, lead: Unit) -> None:
    """Quote the numbered list right below the leading paragraph: it is how the thing is done."""
    below = passage.block_after(lead.block)
    if below is None or below.kind is not TextKind.LIST or not below.ordered:
        return
    if passage.words_of(below.span) > MAX_BLOCK_WORDS:
        return
    steps = [unit for unit in passage.units if unit.block is below]
    if not any(selection.has(passage, step) for step in steps):
        selection.add_block(passage, steps, [below.span])


def _reply(units: Sequence[Unit]) -> Sequence[Unit]:
    """Leave out the question above an FAQ reply and what only sends the reader elsewhere."""
    said = [unit for unit in units if not unit.is_pointer]
    while said and said[0].is_label:
        said = said[1:]
    return said or units


def _opening(units: Sequence[Unit]) -> Sequence[Unit]:
    """Keep the beginning of a long reply: that is where the question is answered."""
    words = list(accumulate(unit.words for unit in units))
    return units[: max(bisect_right(words, MAX_FAQ_WORDS), 1)]


def _is_torn(passage: Passage, first: Unit) -> bool:
    """Recognize the second half of a reply that two chunks share."""
    return first.is_sentence and leans_on_previous(passage.text_of(first.span))


def _steps(selection: _Selection, passage: Passage) -> Unit | None:
    def asked(unit: Unit) -> float:
        introduction = introduction_of(passage, unit.block)
        above = introduction.terms if introduction else frozenset[str]()
        return selection.share(unit.terms | above | unit.heading_terms)

    lists = [unit for unit in passage.units if unit.block.kind is TextKind.LIST]
    return max(lists, key=asked, default=None)


def _add_whole(selection: _Selection, passage: Passage, answer: Sequence[Unit]) -> None:
    """Quote every unit: the answer of an FAQ item."""
    for block, units in _by_block(answer):
        if block.kind is TextKind.PARAGRAPH:
            for unit in units:
                selection.add_sentences(passage, [unit])
        else:
            selection.add_block(passage, units, [*_head_of(block), *(unit.span for unit in units)])


def _head_of(block: TextBlock) -> list[Span]:
    """Give the header and delimiter rows of a table."""
    return [block.head] if block.head else []


def _by_block(units: Sequence[Unit]) -> Iterator[tuple[TextBlock, list[Unit]]]:
    block: TextBlock | None = None
    group: list[Unit] = []
    for unit in units:
        if block is not None and unit.block is not block:
            yield block, group
            group = []
        block = unit.block
        group.append(unit)
    if block is not None:
        yield block, group


def _add_bundle(selection: _Selection, passage: Passage, unit: Unit) -> None:
    """Quote a sentence with what it leans on, and the block that it announces."""
    if bundle := [member for member in bundle_of(passage, unit) if not selection.has(passage, member)]:
        selection.add_sentences(passage, bundle)
    below = announced_by(passage, unit)
    if below is None:
        return
    units = [other for other in passage.units if other.block is below]
    if units:
        _add_block(selection, passage, max(units, key=lambda other: selection.share(other.terms)))
    elif below.kind is not TextKind.TABLE and passage.words_of(below.span) <= MAX_BLOCK_WORDS:
        selection.add_block(passage, (), [below.span])


def _add_block(selection: _Selection, passage: Passage, lead: Unit) -> None:
    """Quote the block of ``lead``: code and steps whole, of long lists and tables what matches."""
    block = lead.block
    introduction = introduction_of(passage, block)
    if introduction is not None and not selection.has(passage, introduction):
        selection.add_sentences(passage, [introduction])
    units = [unit for unit in passage.units if unit.block is block]
    if block.kind is TextKind.TABLE:
        whole = len(block.items) <= MAX_WHOLE_ROWS and not _singles_out(selection, units, lead)
        rows = units if whole else _matching(selection, units, lead, MAX_ROWS)
        selection.add_block(passage, rows, [*_head_of(block), *(row.span for row in rows)])
    elif block.kind is TextKind.LIST and len(units) > 1 and _is_long(units):
        items = _matching(selection, units, lead, MAX_SENTENCES)
        selection.add_block(passage, items, [item.span for item in items])
    else:
        selection.add_block(passage, units, [unit.span for unit in units])


def _singles_out(selection: _Selection, rows: Sequence[Unit], lead: Unit) -> bool:
    """Tell whether the question asks for certain rows, not for the table."""
    common = frozenset.intersection(*(row.terms for row in rows))
    return selection.share(lead.terms - common) >= _ROW_GAIN


def _is_long(units: Sequence[Unit]) -> bool:
    return sum(unit.words for unit in units) > MAX_ITEM_LIST_WORDS


def _matching(selection: _Selection, units: Sequence[Unit], lead: Unit, limit: int) -> list[Unit]:
    """Give the lead and the units that match nearly as much, in reading order."""
    least = _ROW_SHARE * selection.share(lead.terms)
    others = sorted(
        (u for u in units if u is not lead and u.terms and selection.share(u.terms) >= least),
        key=lambda unit: -selection.share(unit.terms),
    )
    return sorted([lead, *others[: limit - 1]], key=lambda unit: unit.order)


def _add_more_of(selection: _Selection, passage: Passage, section: int) -> None:
    """Fill up with the section's next best sentences."""
    while True:
        bundles = [
            bundle
            for unit in passage.units
            if unit.section == section and _adds_prose(selection, passage, unit)
            if selection.fits(
                bundle := [u for u in bundle_of(passage, unit) if not selection.has(passage, u)]
            )
        ]
        if not bundles:
            return
        selection.add_sentences(passage, max(bundles, key=lambda bundle: _gain(selection, bundle)))


def _adds_prose(selection: _Selection, passage: Passage, unit: Unit) -> bool:
    return (
        unit.is_sentence
        and not (unit.is_label or unit.is_pointer)
        and not introduces(passage.text_of(unit.span))
        and not selection.has(passage, unit)
    )


def _gain(selection: _Selection, bundle: Sequence[Unit]) -> float:
    terms = frozenset().union(*(unit.terms for unit in bundle))
    return (
        selection.share(terms - selection.terms)
        + _OWN_COVERAGE_WEIGHT * selection.share(terms)
        - 0.001 * bundle[0].order  # of equals the first
    )


def _add_source(selection: _Selection, passage: Passage) -> None:
    """Quote one sentence of another passage where it adds what the question also asks."""
    if passage.prior < SOURCE_PRIOR:
        return
    bundles = [
        bundle
        for unit in passage.units
        if _adds_prose(selection, passage, unit) and selection.fits(bundle := bundle_of(passage, unit))
        if selection.share(unit.terms - selection.terms) >= _SOURCE_GAIN
    ]
    if bundles:
        selection.add_sentences(passage, max(bundles, key=lambda bundle: _gain(selection, bundle)))


def _runs(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Join neighbouring spans that only white space parts."""
    runs: list[Span] = []
    for span in sorted(spans):
        if runs and not text[runs[-1].end : span.start].strip():
            runs[-1] = Span(runs[-1].start, max(span.end, runs[-1].end))
        else:
            runs.append(span)
    return tuple(runs)


def _missing_fences(passage: Passage, runs: Sequence[Span]) -> tuple[str, str]:
    start, end = runs[0].start, runs[-1].end
    for block in passage.blocks:
        if block.kind is TextKind.CODE and block.span.start <= start < block.span.end:
            opening = passage.text_of(block.span).partition("\n")[0].strip()
            closing = opening[: len(opening) - len(opening.lstrip("`~"))]
            return (
                f"{opening}\n" if start > block.span.start else "",
                f"\n{closing}" if end < block.span.end else "",
            )
    return "", ""


def _same(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    if left == right:
        return bool(left)
    first, second = set(left), set(right)
    return bool(first and second) and len(first & second) >= _SAME_TOKENS * len(first | second)


def _in_order(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Sort by source in the order of choice, then by place."""
    sources: dict[tuple[str, str], int] = {}
    for excerpt in excerpts:
        sources.setdefault(
            (excerpt.passage.revision.doc_id, excerpt.passage.hit.chunk.chunk_id), len(sources)
        )
    return sorted(
        excerpts,
        key=lambda e: (sources[e.passage.revision.doc_id, e.passage.hit.chunk.chunk_id], e.spans[0]),
    )
