"""Read a hit as what an answer can be cut from: sentences, list items, table rows, code blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kb_server.answering.quoting.asked import Asked
from kb_server.answering.quoting.outline import Outline, Part, Piece, outline_of, piece_of
from kb_server.answering.quoting.wording import count_words, introduces, leans_on_previous
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.index.tokenization import tokenize
from kb_server.remembering import Recent, remembered
from kb_server.text.blocks import TextBlock, TextKind, holds_only_links
from kb_server.text.sentences import split_sentences

NEGATIONS = frozenset({"no", "not", "cannot", "never", "않습", "없습", "않아", "없어", "아니"})
"""Tokens of a sentence that denies."""
_MAX_BUNDLE = 3
"""Sentences that are quoted for the sake of one."""
_NAME_WORDS = 4
"""An announcement up to this long is a heading: ``Contents:``."""
_MAX_CODE_LINES, _MAX_CODE_WORDS = 20, 75
"""Code beyond these is long."""
_NEWS_SHARE = 0.3
"""Share of a sentence's terms that must not come from the question."""
_OUTLINES: Recent[tuple[str, int, int], Outline] = Recent(800_000, size_of=lambda outline: outline.size)
"""Of the passages that were read last, by revision and place: up to about 20 MB."""


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
    is_link: bool = False
    """Nothing but links to other places."""
    decides: bool = False
    """Whether a yes or no stood in front of it that was said to another question."""

    @property
    def leads_on(self) -> bool:
        """Tell what only names or points to another place from what says something."""
        return self.is_label or self.is_pointer or self.is_link

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
    outline = read_outline(revision, Span(chunk.char_start, chunk.char_end))
    units = (
        tuple(_units(outline.parts, term_weights))
        if outline.whole is None
        else (_alone(outline.whole, term_weights, order=0),)
    )
    return Passage(
        hit=hit,
        revision=revision,
        prior=prior,
        blocks=outline.blocks,
        units=units,
        context_terms=_asked(_terms(chunk.context), term_weights),
        heading_terms=_asked(_terms(" ".join(chunk.heading_path[-1:])), term_weights),
        terms=frozenset[str]().union(*(unit.terms for unit in units)),
    )


def read_outline(revision: Revision, inside: Span) -> Outline:
    """Cut the passage ``inside`` of a revision as every question to it needs it; remembered."""
    return _OUTLINES.get((revision.revision, *inside), lambda: outline_of(revision.text, inside))


def introduction_of(passage: Passage, block: TextBlock) -> Unit | None:
    """Give the sentence right above a block, also where it lies outside the chunk."""
    above = passage.block_before(block)
    if above is None or above.kind is not TextKind.PARAGRAPH:
        return None
    own = [unit for unit in passage.units if unit.block is above]
    if not own and above.span.start >= passage.hit.chunk.char_start:
        return None  # it has been left out
    text = passage.revision.text
    if own:
        introduction = own[-1]
    else:
        introduction = _alone(piece_of(text, above, split_sentences(text, *above.span)[-1]), {}, order=-1)
    return None if introduction.is_label and not introduces(introduction.span.of(text)) else introduction


def announced_by(passage: Passage, unit: Unit) -> TextBlock | None:
    """Give the list, table or code that a sentence announces."""
    if unit.span.end != unit.block.span.end or not introduces(passage.text_of(unit.span)):
        return None
    below = passage.block_after(unit.block)
    return below if below and below.kind not in {TextKind.HEADING, TextKind.PARAGRAPH} else None


def is_called_for(passage: Passage, block: TextBlock, asked: Asked) -> bool:
    """Tell whether a block may be quoted whole: long code where code is asked for, or what it names.

    Of any other, such as the tree of a folder, the sentence above it says enough.
    """
    if block.kind is not TextKind.CODE or asked.wants_code:
        return True
    code = passage.text_of(block.span)
    is_long = code.count("\n") > _MAX_CODE_LINES or count_words(code) > _MAX_CODE_WORDS
    return not is_long or any(unit.terms for unit in passage.units if unit.block is block)


def is_torn_off(passage: Passage, unit: Unit, asked: Asked) -> bool:
    """Recognize long code that is not called for, and a sentence that announces what is not to be quoted.

    So is one that only gives a list of links its name.
    """
    if not is_called_for(passage, unit.block, asked):
        return True
    text = passage.text_of(unit.span)
    if not (unit.is_sentence and unit.span.end == unit.block.span.end and introduces(text)):
        return False
    below = announced_by(passage, unit)
    names_links = unit.words <= _NAME_WORDS and below is not None and _holds_only_links(passage, below)
    return below is None or names_links or not is_called_for(passage, below, asked)


def _holds_only_links(passage: Passage, block: TextBlock) -> bool:
    return block.kind is TextKind.LIST and holds_only_links(passage.text_of(block.span))


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


def _units(parts: tuple[Part, ...], term_weights: Mapping[str, float]) -> Iterator[Unit]:
    order = section = 0
    below_label = False
    heading_terms: frozenset[str] = frozenset()
    for part in parts:
        if part.heading is not None:
            section += 1
            below_label = True
            heading_terms = _asked(part.heading, term_weights)
        for place, piece in enumerate(part.pieces):
            terms = _asked(piece.tokens, term_weights)
            is_label = _is_label(piece, term_weights)
            if place == 0 and is_label:
                section += not below_label
                heading_terms = terms | heading_terms if below_label else terms
            yield _unit(piece, terms, is_label, order=order, section=section, heading_terms=heading_terms)
            order += 1
            below_label = is_label


def _alone(piece: Piece, term_weights: Mapping[str, float], *, order: int) -> Unit:
    """Read a piece that stands below no heading of the passage."""
    terms = _asked(piece.tokens, term_weights)
    return _unit(piece, terms, _is_label(piece, term_weights), order=order)


def _is_label(piece: Piece, term_weights: Mapping[str, float]) -> bool:
    return piece.is_label or (piece.is_line and _echoes(piece.tokens, term_weights))


def _unit(
    piece: Piece,
    terms: frozenset[str],
    is_label: bool,
    *,
    order: int,
    section: int = 0,
    heading_terms: frozenset[str] = frozenset(),
) -> Unit:
    return Unit(
        span=piece.span,
        block=piece.block,
        order=order,
        terms=terms,
        words=piece.words,
        tokens=piece.tokens,
        heading_terms=heading_terms,
        section=section,
        is_label=is_label,
        is_pointer=piece.is_pointer,
        is_link=piece.is_link,
    )


def _echoes(tokens: tuple[str, ...], term_weights: Mapping[str, float]) -> bool:
    """Recognize a line that only says what was asked, such as a symptom set as a heading."""
    said = set(tokens)
    news = said - term_weights.keys()
    tells = bool(news & NEGATIONS) or any(token[:1].isdigit() for token in news)
    return bool(said) and len(news) < _NEWS_SHARE * len(said) and not tells


@remembered(1 << 11)
def _terms(heading: str) -> tuple[str, ...]:
    return tuple(tokenize(heading))


def _asked(tokens: Iterable[str], term_weights: Mapping[str, float]) -> frozenset[str]:
    return frozenset(token for token in tokens if token in term_weights)
