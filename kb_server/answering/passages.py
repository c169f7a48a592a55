"""Read a hit as what an answer can be cut from: sentences, list items, table rows, code blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kb_server.answering.wording import (
    count_words,
    introduces,
    is_short_reply,
    is_terminated,
    leans_on_previous,
    names_what_follows,
    points_elsewhere,
)
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.index.tokenization import tokenize
from kb_server.text.blocks import TextBlock, TextKind, section_blocks
from kb_server.text.sentences import split_sentences

MAX_BLOCK_WORDS = 250
"""Steps and code up to this long are shown whole, also where the chunk holds only a part of them."""
_NEGATIONS = frozenset({"no", "not", "cannot", "never", "않습", "없습", "않아", "없어", "아니"})
_MAX_BUNDLE = 3
"""Sentences that are quoted for the sake of one."""
_NEWS_SHARE = 0.3
"""Share of a sentence's terms that must not come from the question."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that an answer quotes."""

    span: Span
    block: TextBlock
    order: int
    """Place among the units of its passage, from 0; -1 for a sentence above the chunk."""
    terms: frozenset[str]
    """Query terms that stand in it."""
    words: int
    tokens: tuple[str, ...]
    heading_terms: frozenset[str]
    """Query terms in the heading above it, where the chunk holds several sections."""
    section: int
    """Counts the headings, questions and label lines above it inside the chunk."""
    is_label: bool
    """A short line, a question, or the asked words again: it names what follows and says nothing itself."""
    is_pointer: bool
    """A sentence that sends the reader elsewhere instead of saying something."""

    @property
    def is_sentence(self) -> bool:
        """Tell running text from a piece of a list, a table or code."""
        return self.block.kind is TextKind.PARAGRAPH


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit with its place in the revision."""

    hit: ScoredChunk
    revision: Revision
    prior: float
    """Fused score relative to the best hit, 0 to 1."""
    blocks: tuple[TextBlock, ...]
    """Blocks of the section around the chunk."""
    units: tuple[Unit, ...]
    """What lies inside the chunk, in reading order."""
    context_terms: frozenset[str]
    """Query terms in the title and the headings above the chunk."""
    heading_terms: frozenset[str]
    """Query terms in the nearest heading above the chunk."""
    terms: frozenset[str]
    """Query terms in any of its units."""

    def text_of(self, span: Span) -> str:
        """Cut a span out of the revision."""
        return span.of(self.revision.text)

    def words_of(self, span: Span) -> int:
        """Count the words of a span."""
        return count_words(self.text_of(span))

    def units_of(self, block: TextBlock) -> list[Unit]:
        """Give the units of a block that lie inside the chunk."""
        return [unit for unit in self.units if unit.block is block]

    def block_before(self, block: TextBlock) -> TextBlock | None:
        """Give the block above ``block`` in its section."""
        position = self.blocks.index(block)
        return self.blocks[position - 1] if position else None

    def block_after(self, block: TextBlock) -> TextBlock | None:
        """Give the block below ``block`` in its section."""
        position = self.blocks.index(block)
        return self.blocks[position + 1] if position + 1 < len(self.blocks) else None


def read_passage(
    hit: ScoredChunk, revision: Revision, *, prior: float, term_weights: Mapping[str, float]
) -> Passage:
    """Cut the hit's chunk into units; a chunk that is nothing but headings is one unit."""
    chunk = hit.chunk
    inside = Span(chunk.char_start, chunk.char_end)
    blocks = section_blocks(revision.text, inside.start, inside.end)
    units = tuple(_units(revision.text, blocks, inside, term_weights))
    if not units:
        blocks = (TextBlock(TextKind.PARAGRAPH, inside),)
        units = (_unit(revision.text, blocks[0], inside, term_weights),)
    return Passage(
        hit=hit,
        revision=revision,
        prior=prior,
        blocks=blocks,
        units=units,
        context_terms=_asked(tokenize(chunk.context), term_weights),
        heading_terms=_asked(tokenize(" ".join(chunk.heading_path[-1:])), term_weights),
        terms=frozenset[str]().union(*(unit.terms for unit in units)),
    )


def introduction_of(passage: Passage, block: TextBlock) -> Unit | None:
    """Give the sentence right above a block, also where it lies outside the chunk."""
    above = passage.block_before(block)
    if above is None or above.kind is not TextKind.PARAGRAPH:
        return None
    own = [unit for unit in passage.units if unit.block is above]
    text = passage.revision.text
    introduction = (
        own[-1] if own else _unit(text, above, split_sentences(text, *above.span)[-1], {}, order=-1)
    )
    return None if introduction.is_label and not introduces(introduction.span.of(text)) else introduction


def announced_by(passage: Passage, unit: Unit) -> TextBlock | None:
    """Give the list, table or code that a sentence announces."""
    if unit.span.end != unit.block.span.end or not introduces(passage.text_of(unit.span)):
        return None
    below = passage.block_after(unit.block)
    return below if below and below.kind not in {TextKind.HEADING, TextKind.PARAGRAPH} else None


def is_adrift(passage: Passage, unit: Unit) -> bool:
    """Recognize a sentence whose other half is missing: what it leans on, or what it announces."""
    sentence = passage.text_of(unit.span)
    leans = leans_on_previous(sentence) and len(bundle_of(passage, unit)) == 1
    return unit.is_sentence and (leans or (introduces(sentence) and announced_by(passage, unit) is None))


def bundle_of(passage: Passage, unit: Unit) -> list[Unit]:
    """Give a sentence with the one or two that it leans on, if any."""
    bundle = [unit]
    while len(bundle) < _MAX_BUNDLE and bundle[0].order > 0:
        previous = passage.units[bundle[0].order - 1]
        leans = leans_on_previous(passage.text_of(bundle[0].span))
        if not (leans and previous.is_sentence and previous.section == unit.section):
            break
        bundle.insert(0, previous)
    return bundle


def _overlap(span: Span, inside: Span) -> Span | None:
    start, end = max(span.start, inside.start), min(span.end, inside.end)
    return Span(start, end) if start < end else None


def _unit_spans(text: str, block: TextBlock, inside: Span) -> Iterator[Span]:
    shared = _overlap(block.span, inside)
    if shared is None or block.kind is TextKind.HEADING:
        return
    if block.kind is TextKind.PARAGRAPH:
        yield from _with_short_replies(text, split_sentences(text, shared.start, shared.end))
    elif block.kind is TextKind.CODE or (block.kind is TextKind.LIST and block.ordered):
        yield block.span if count_words(block.span.of(text)) <= MAX_BLOCK_WORDS else shared
    else:
        yield from (part for item in block.items if (part := _overlap(item, inside)))


def _with_short_replies(text: str, sentences: list[Span]) -> Iterator[Span]:
    """Keep ``No.`` together with the sentence that explains it."""
    pending: Span | None = None
    for sentence in sentences:
        joined = Span(pending.start, sentence.end) if pending else sentence
        pending = None
        if is_short_reply(joined.of(text)):
            pending = joined
        else:
            yield joined
    if pending:
        yield pending


def _units(
    text: str, blocks: tuple[TextBlock, ...], inside: Span, term_weights: Mapping[str, float]
) -> Iterator[Unit]:
    order = section = 0
    below_label = False
    heading_terms: frozenset[str] = frozenset()
    for block in blocks:
        if block.kind is TextKind.HEADING and _overlap(block.span, inside):
            section += 1
            below_label = True
            heading_terms = _asked(tokenize(block.span.of(text)), term_weights)
        for place, span in enumerate(_unit_spans(text, block, inside)):
            unit = _unit(text, block, span, term_weights, order=order)
            if place == 0 and unit.is_label:
                section += not below_label
                heading_terms = unit.terms | heading_terms if below_label else unit.terms
            yield replace(unit, section=section, heading_terms=heading_terms)
            order += 1
            below_label = unit.is_label


def _unit(
    text: str, block: TextBlock, span: Span, term_weights: Mapping[str, float], *, order: int = 0
) -> Unit:
    quote = span.of(text)
    tokens = tuple(tokenize(quote))
    words = count_words(quote)
    is_prose = block.kind is TextKind.PARAGRAPH
    return Unit(
        span=span,
        block=block,
        order=order,
        terms=_asked(tokens, term_weights),
        words=words,
        tokens=tokens,
        heading_terms=frozenset(),
        section=0,
        is_label=is_prose
        and (
            names_what_follows(quote, words, alone=span == block.span)
            or (span == block.span and not is_terminated(quote) and _echoes(tokens, term_weights))
        ),
        is_pointer=is_prose and points_elsewhere(quote),
    )


def _echoes(tokens: tuple[str, ...], term_weights: Mapping[str, float]) -> bool:
    """Recognize a line that only says what was asked, such as a symptom set as a heading."""
    said = set(tokens)
    news = said - term_weights.keys()
    tells = bool(news & _NEGATIONS) or any(token[:1].isdigit() for token in news)
    return bool(said) and len(news) < _NEWS_SHARE * len(said) and not tells


def _asked(tokens: Iterable[str], term_weights: Mapping[str, float]) -> frozenset[str]:
    return frozenset(token for token in tokens if token in term_weights)
