"""What has been chosen for an answer so far: excerpts of passages, none of them twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kb_server.answering.quoting.passages import NEGATIONS, Passage, Unit
from kb_server.answering.quoting.scoring import Scorer
from kb_server.index.records import Span
from kb_server.text.blocks import TextBlock, fence_around

MAX_SENTENCES = 3
MAX_WORDS = 75
"""Prose quoted in one answer, in words; a sentence that announces a block counts, the block does not."""
_SAME_TOKENS = 0.8
"""Two sentences that share this part of their tokens, numbers and negations included, say the same."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One sentence with what it leans on, or one block: of several spans where rows or items are left out."""

    passage: Passage
    spans: tuple[Span, ...]
    is_block: bool
    score: float = 0.0
    fences: tuple[str, str] = ("", "")
    """What a part of a code block needs around it to stay code: the fence lines that the part lacks."""


@dataclass(slots=True)
class Selection:
    """What has been chosen so far."""

    scorer: Scorer
    excerpts: list[Excerpt] = field(default_factory=list)
    units: list[tuple[Passage, Unit]] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    words: int = 0
    """Of sentences."""
    block_words: int = 0
    sentences: int = 0

    def fits(self, bundle: Sequence[Unit]) -> bool:
        """Tell whether there is room for some more sentences."""
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

    def quotes(self, passage: Passage, block: TextBlock) -> bool:
        """Tell whether anything of a block has been chosen."""
        doc_id = passage.revision.doc_id
        return any(
            excerpt.passage.revision.doc_id == doc_id
            and any(block.span.start < span.end and span.start < block.span.end for span in excerpt.spans)
            for excerpt in self.excerpts
        )

    def quotes_of(self, passage: Passage) -> bool:
        """Tell whether anything of a passage has been chosen."""
        return any(excerpt.passage is passage for excerpt in self.excerpts)

    def add_sentences(self, passage: Passage, bundle: Sequence[Unit]) -> None:
        """Add sentences that belong together: as one quotation where they stand side by side."""
        score = max(self.scorer.score(passage, unit) for unit in bundle)
        for unit in bundle:
            self._note(passage, unit)
            self.words += unit.words
            self.sentences += 1
        for run in _runs(passage.revision.text, [unit.span for unit in bundle]):
            self.excerpts.append(Excerpt(passage, (run,), is_block=False, score=score))

    def add_block(self, passage: Passage, units: Iterable[Unit], spans: Sequence[Span]) -> None:
        """Add a list, a table or code, or parts of it."""
        for unit in units:
            self._note(passage, unit)
        runs = _runs(passage.revision.text, spans)
        self.block_words += sum(passage.words_of(run) for run in runs)
        fences = _missing_fences(passage, runs)
        self.excerpts.append(Excerpt(passage, runs, is_block=True, fences=fences))

    def add_piece(self, passage: Passage, unit: Unit, span: Span | None = None) -> None:
        """Add one item, row or piece of code, or only the ``span`` of it; it counts like a sentence."""
        self.words += unit.words
        self.sentences += 1
        head = [unit.block.head] if unit.block.head else []
        self.add_block(passage, [unit], [*head, span or unit.span])

    def _note(self, passage: Passage, unit: Unit) -> None:
        self.units.append((passage, unit))
        self.terms |= unit.terms


def in_reading_order(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Sort by source in the order of choice, then by place."""
    sources: dict[tuple[str, str], int] = {}
    for excerpt in excerpts:
        sources.setdefault(_source_of(excerpt), len(sources))
    return sorted(excerpts, key=lambda excerpt: (sources[_source_of(excerpt)], excerpt.spans[0]))


def _source_of(excerpt: Excerpt) -> tuple[str, str]:
    return excerpt.passage.revision.doc_id, excerpt.passage.hit.chunk.chunk_id


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
    """Give the lines of a fence that the first run lacks above it, and the last one below it."""
    text = passage.revision.text
    opening, closing = fence_around(text, runs[0].start), fence_around(text, runs[-1].end)
    return (
        f"{opening.strip()}\n" if opening else "",
        f"\n{closing[: len(closing) - len(closing.lstrip(' `~'))]}" if closing else "",
    )


def _same(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    if left == right:
        return bool(left)
    first, second = set(left), set(right)
    if not (first and second) or len(first & second) < _SAME_TOKENS * len(first | second):
        return False
    return not any(token in NEGATIONS or token[:1].isdigit() for token in first ^ second)
