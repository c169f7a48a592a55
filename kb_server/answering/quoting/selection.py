"""Choose what to quote: the block that answers, or the one to three sentences that do.

The best hit leads: the search has seen words and meaning, a single sentence only shows its words. Inside it a
unit scores by the share of the question's idf that stands in it and its heading, and a little by how early
it comes. Other hits add a sentence where they hold what the best one lacks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from kb_server.answering.quoting.asked import AnswerType, read_question
from kb_server.answering.quoting.captions import captioned, section_path
from kb_server.answering.quoting.defining import definition_in
from kb_server.answering.quoting.excerpts import MAX_SENTENCES, Excerpt, Selection, in_reading_order
from kb_server.answering.quoting.features import is_named
from kb_server.answering.quoting.filling import fill
from kb_server.answering.quoting.leading import asks_for_steps, candidates, is_entry, is_reply, reply_of
from kb_server.answering.quoting.outline import MAX_BLOCK_WORDS
from kb_server.answering.quoting.passages import (
    Passage,
    Unit,
    announced_by,
    bundle_of,
    introduction_of,
    is_called_for,
)
from kb_server.answering.quoting.replies import fitting
from kb_server.answering.quoting.scoring import Scorer
from kb_server.answering.quoting.wording import (
    introduces,
    is_aside,
    leans_on_previous,
    takes_back,
)
from kb_server.answering.steps import whole_steps
from kb_server.index.records import ChunkKind, Span
from kb_server.text.blocks import TextBlock, TextKind

MAX_FAQ_WORDS = 150
MAX_ITEM_LIST_WORDS = 90
"""A bullet list up to this long is shown whole, a longer one by its matching items."""
MAX_ROWS = 5
MAX_WHOLE_ROWS = 8
"""A table up to this long is shown whole where no row is asked for."""

_AS_GOOD = 0.03
"""Score below the best that counts as no worse."""
_ROW_SHARE = 0.6
"""Rows that match this share of what the best row matches are shown too."""
_ROW_GAIN = 0.15
"""Share of the question's idf that a row must hold to be what is asked for."""


def select(
    passages: Sequence[Passage],
    term_weights: Mapping[str, float],
    question: str = "",
    *,
    of_one_thing: bool = False,
) -> tuple[Excerpt, ...]:
    """Choose the excerpts of the answer: what answers best first, the rest by source and in reading order.

    ``of_one_thing`` says that the question names no thing, so that what stands in another section than the
    leading unit is about another one.
    """
    scorer = Scorer(term_weights, read_question(question))
    passages = fitting(passages, scorer, question)
    if not passages:
        return ()
    selection = Selection(scorer)
    passage, lead = max(candidates(passages, scorer.asked), key=lambda each: scorer.score(*each))
    _add_lead(selection, passage, lead)
    leading = len(selection.excerpts)
    selection.terms |= passage.context_terms
    if not is_reply(scorer, passage, lead):  # a reply to this very question needs no second voice
        fill(selection, passages, (passage, lead), of_one_thing=of_one_thing)
    stands_alone = is_entry(scorer, passage, lead) or (
        lead.is_sentence and not introduces(passage.text_of(lead.span))
    )
    return tuple(captioned(_in_order(selection.excerpts, leading, stands_alone=stands_alone)))


def _in_order(excerpts: Sequence[Excerpt], leading: int, *, stands_alone: bool) -> tuple[Excerpt, ...]:
    """Put what answers best first, and what is as good before it where the page has it before.

    A block is no answer that ``stands_alone``: what leads to it on its page stays before it.
    """
    first, rest = list(excerpts[:leading]), list(excerpts[leading:])
    if not stands_alone:
        moved = [excerpt for excerpt in rest if _leads_to(excerpt, first)]
        first = sorted([*first, *moved], key=lambda excerpt: excerpt.spans[0])
    else:
        is_prose = not any(excerpt.is_block for excerpt in first)
        moved = [excerpt for excerpt in rest if is_prose and _is_as_good(excerpt, first[0])]
        first = in_reading_order([*first, *moved]) if moved else first
    rest = [excerpt for excerpt in rest if excerpt not in moved]
    return (*first, *in_reading_order(rest))


def _is_as_good(excerpt: Excerpt, lead: Excerpt) -> bool:
    passage = excerpt.passage
    near = passage is lead.passage and excerpt.score >= lead.score - _AS_GOOD
    return near and not is_aside(passage.text_of(excerpt.spans[0]))


def _leads_to(excerpt: Excerpt, lead: Sequence[Excerpt]) -> bool:
    """Tell what stands before the lead: in its section or one around it, or a variant of its block."""
    if excerpt.passage.revision.doc_id != lead[0].passage.revision.doc_id:
        return False
    section, leading = section_path(excerpt), section_path(lead[-1])
    is_around = not excerpt.is_block and section in {leading, leading[:-1]}
    is_variant = _is_code(excerpt) and _is_code(lead[-1]) and section[:-1] == leading[:-1]
    return excerpt.spans[0] < lead[0].spans[0] and (is_around or is_variant)


def _is_code(excerpt: Excerpt) -> bool:
    blocks = excerpt.passage.blocks
    return any(
        block.kind is TextKind.CODE and block.span.start <= excerpt.spans[0].start < block.span.end
        for block in blocks
    )


def _add_lead(selection: Selection, passage: Passage, lead: Unit) -> None:
    section = [unit for unit in passage.units if unit.section == lead.section]
    if is_entry(selection.scorer, passage, lead):
        _add_entry(selection, passage, lead)
    elif passage.hit.chunk.kind is ChunkKind.FAQ and not _is_torn(passage, section):
        _add_whole(selection, passage, _opening(reply_of(section)))
    elif (steps := _steps(selection, passage)) and asks_for_steps(selection.scorer.asked, lead, steps):
        _add_block(selection, passage, steps)
    elif lead.is_sentence:
        _add_bundle(selection, passage, lead)
        _add_limit(selection, passage, lead)
        _add_below(selection, passage, lead)
    else:
        _add_block(selection, passage, lead)


def _add_entry(selection: Selection, passage: Passage, lead: Unit) -> None:
    """Quote a definition without the rest of its list or table, or of the reply to another question."""
    if lead.is_sentence:
        _add_bundle(selection, passage, lead)
    elif lead.block.ordered:
        _add_block(selection, passage, lead)
    else:
        place = definition_in(passage.text_of(lead.span), selection.scorer.asked.thing)
        start = lead.span.start
        selection.add_piece(passage, lead, Span(start + place.start, start + place.end))


def _add_limit(selection: Selection, passage: Passage, lead: Unit) -> None:
    """Quote the next sentence where it takes back some of the lead: alone, that would promise too much."""
    behind = next((unit for unit in passage.units if unit.order == lead.order + 1), None)
    if behind is None or behind.block is not lead.block or selection.has(passage, behind):
        return
    verdict = selection.scorer.asked.type is AnswerType.VERDICT and not takes_back(
        passage.text_of(lead.span), verdict=True
    )
    limits = takes_back(passage.text_of(behind.span), verdict=verdict)
    if limits and not behind.leads_on and selection.fits([behind]):
        selection.add_sentences(passage, [behind])


def _add_below(selection: Selection, passage: Passage, lead: Unit) -> None:
    """Quote what stands right below the leading paragraph where it belongs to it.

    Numbered steps are how the thing is done; another list, a table or code is part of the paragraph when its
    last sentence announces it.
    """
    below = passage.block_after(lead.block)
    if below is None or below.kind in {TextKind.HEADING, TextKind.PARAGRAPH}:
        return
    units = [unit for unit in passage.units if unit.block is below]
    if any(selection.has(passage, unit) for unit in units):
        return
    last = passage.units_of(lead.block)[-1]
    announced = introduces(passage.text_of(last.span))
    if below.ordered and passage.words_of(below.span) <= MAX_BLOCK_WORDS:
        _add_steps(selection, passage, below)
    elif announced and units and is_called_for(passage, below, selection.scorer.asked):
        _add_block(selection, passage, max(units, key=lambda unit: selection.scorer.score(passage, unit)))


def _opening(units: Sequence[Unit]) -> Sequence[Unit]:
    """Keep the beginning of a long reply: that is where the question is answered."""
    words = list(accumulate(unit.words for unit in units))
    return units[: max(bisect_right(words, MAX_FAQ_WORDS), 1)]


def _is_torn(passage: Passage, section: Sequence[Unit]) -> bool:
    """Recognize the second half of a reply that two chunks share: its heading is in the other one."""
    first = section[0]
    return first.section == 0 and first.is_sentence and leans_on_previous(passage.text_of(first.span))


def _steps(selection: Selection, passage: Passage) -> Unit | None:
    def asked(unit: Unit) -> float:
        introduction = introduction_of(passage, unit.block)
        above = introduction.terms if introduction else frozenset[str]()
        return selection.scorer.share(unit.terms | above | unit.heading_terms)

    is_told = passage.hit.chunk.kind is ChunkKind.STEPS
    lists = [unit for unit in passage.units if is_told and unit.block.kind is TextKind.LIST]
    return max(lists, key=asked, default=None)


def _add_whole(selection: Selection, passage: Passage, answer: Sequence[Unit]) -> None:
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


def _add_bundle(selection: Selection, passage: Passage, unit: Unit) -> None:
    """Quote a sentence with what it leans on, and the block that it announces."""
    if bundle := [member for member in bundle_of(passage, unit) if not selection.has(passage, member)]:
        selection.add_sentences(passage, bundle)
    below = announced_by(passage, unit)
    if below is None or not is_called_for(passage, below, selection.scorer.asked):
        return
    units = [other for other in passage.units if other.block is below]
    if units:
        _add_block(selection, passage, max(units, key=lambda other: selection.scorer.share(other.terms)))
    elif below.kind is not TextKind.TABLE and passage.words_of(below.span) <= MAX_BLOCK_WORDS:
        selection.add_block(passage, (), [below.span])


def _add_block(selection: Selection, passage: Passage, lead: Unit) -> None:
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
    elif block.kind is TextKind.LIST and len(units) > 1 and _asks_for_items(selection, passage, units, lead):
        items = _matching(selection, units, lead, MAX_SENTENCES)
        selection.add_block(passage, items, [item.span for item in items])
    elif block.ordered and passage.words_of(block.span) <= MAX_BLOCK_WORDS:
        _add_steps(selection, passage, block)
    else:
        selection.add_block(passage, units, [unit.span for unit in units])


def _add_steps(selection: Selection, passage: Passage, block: TextBlock) -> None:
    whole = whole_steps(passage, block)
    inside = [unit for unit in passage.units if whole.start <= unit.span.start < whole.end]
    selection.add_block(passage, inside, [whole])


def _singles_out(selection: Selection, rows: Sequence[Unit], lead: Unit) -> bool:
    """Tell whether the question asks for certain rows, not for the table."""
    common = frozenset.intersection(*(row.terms for row in rows))
    return selection.scorer.share(lead.terms - common) >= _ROW_GAIN


def _asks_for_items(selection: Selection, passage: Passage, units: Sequence[Unit], lead: Unit) -> bool:
    """Tell a long list, and one of which the question wants the value of the item that it names."""
    asks_value = selection.scorer.asked.type in {AnswerType.TIME, AnswerType.NUMBER}
    return _is_long(units) or (asks_value and is_named(passage.text_of(lead.span), lead))


def _is_long(units: Sequence[Unit]) -> bool:
    return sum(unit.words for unit in units) > MAX_ITEM_LIST_WORDS


def _matching(selection: Selection, units: Sequence[Unit], lead: Unit, limit: int) -> list[Unit]:
    """Give the lead and the units that match nearly as much, in reading order."""
    least = _ROW_SHARE * selection.scorer.share(lead.terms)
    others = sorted(
        (u for u in units if u is not lead and u.terms and selection.scorer.share(u.terms) >= least),
        key=lambda unit: -selection.scorer.share(unit.terms),
    )
    return sorted([lead, *others[: limit - 1]], key=lambda unit: unit.order)
