"""Fill an answer up with what answers next best, of whichever passage it is: sentences, items, rows, code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb_server.answering.quoting.excerpts import Selection
from kb_server.answering.quoting.leading import is_entry, settles
from kb_server.answering.quoting.passages import Passage, Unit, bundle_of, introduction_of
from kb_server.answering.quoting.wording import introduces, opens_with_verdict
from kb_server.index.tokenization import tokenize
from kb_server.text.blocks import TextKind

NEWS_WEIGHT = 0.3
"""For words of the question that the answer does not hold yet."""
SIDE_WEIGHT = 0.5
"""For the other one of two things that are compared, where the answer does not speak of it yet."""
VOICE_WEIGHT = 0.1
"""For a passage of which the answer quotes nothing yet, among those that may add something."""
ELSEWHERE_MARGIN = 0.4
"""How far below the leading unit's score one of another passage may be, words that are new to the answer
counted."""
FAR_MARGIN = 0.15
"""The same for a page that the search found clearly worse and that holds little else of the question: what it
adds is mostly about something else."""
_NEARLY_AS_GOOD = 0.9
"""Share of the leading passage's score from which on a page was found nearly as good."""
_LITTLE_NEWS = 0.05
"""The same from which on anything follows a sentence that says the one fact that is asked for."""
_AS_MUCH = 0.8
"""Share of what the lead holds of the question that another page's answer to it holds."""
_NEWS = 0.3
"""Share of the question's idf that the answer lacks from which on a page of any score adds a part of it."""


def fill(
    selection: Selection,
    passages: Sequence[Passage],
    lead: tuple[Passage, Unit],
    *,
    of_one_thing: bool = False,
) -> None:
    """Add sentences and short pieces of blocks while there is room.

    With ``of_one_thing`` only those of the section that the leading unit stands in. Where that unit says the
    one fact that is asked for, only what holds other words of the question; where it defines what is asked
    for, only the sentence behind it and what defines it too.
    """
    passage, unit = lead
    is_settled = settles(selection.scorer, *lead)
    defines_it = is_entry(selection.scorer, *lead)
    while bundles := [
        (of, bundle)
        for of, bundle in _bundles(selection, [passage] if of_one_thing else passages)
        if (bundle[-1].section == unit.section or not of_one_thing)
        and (of is passage or _comes_close(selection, lead, of, bundle))
        and (not is_settled or _adds_to_fact(selection, lead, of, bundle))
        and (not defines_it or _belongs(selection, lead, of, bundle))
    ]:
        of, bundle = max(bundles, key=lambda each: _gain(selection, *each) + _voice(selection, each[0]))
        *before, last = bundle
        if last.is_sentence:
            selection.add_sentences(of, bundle)
            continue
        if before:
            selection.add_sentences(of, before)
        selection.add_piece(of, last)


def _news(selection: Selection, bundle: Sequence[Unit]) -> float:
    """Give the share of the question's idf that the answer lacks and a bundle holds."""
    return selection.scorer.share(_said(bundle) - selection.terms)


def _adds_to_fact(
    selection: Selection, lead: tuple[Passage, Unit], other: Passage, bundle: Sequence[Unit]
) -> bool:
    """Tell whether a bundle holds more of the question than the lead, or is another page's answer to it."""
    scorer, (passage, unit) = selection.scorer, lead
    says_it_too = any(scorer.asked.is_met_by(other.text_of(each.span)) for each in bundle) and (
        scorer.share(_said(bundle)) >= _AS_MUCH * scorer.share(unit.terms)
    )
    is_elsewhere = other.revision.doc_id != passage.revision.doc_id
    return _news(selection, bundle) >= _LITTLE_NEWS or (is_elsewhere and says_it_too)


def _belongs(
    selection: Selection, lead: tuple[Passage, Unit], other: Passage, bundle: Sequence[Unit]
) -> bool:
    """Tell whether a bundle goes on with the definition that leads, or defines the same."""
    passage, unit = lead
    last = bundle[-1]
    goes_on = other is passage and last.is_sentence and last.block is unit.block
    return (goes_on and last.order == unit.order + 1) or is_entry(selection.scorer, other, last)


def _comes_close(
    selection: Selection, lead: tuple[Passage, Unit], other: Passage, bundle: Sequence[Unit]
) -> bool:
    """Tell whether what another passage says may stand behind the lead."""
    speaks = any(unit.terms or unit.heading_terms for unit in bundle)
    least = selection.scorer.score(*lead) - _margin(selection, lead[0], other, bundle)
    return speaks and _gain(selection, other, bundle) >= least


def _margin(selection: Selection, leading: Passage, other: Passage, bundle: Sequence[Unit]) -> float:
    """Give how far below the lead a bundle may be: little, of a page that is far and says nothing new."""
    is_near = (
        other.revision.doc_id == leading.revision.doc_id
        or other.prior >= _NEARLY_AS_GOOD * leading.prior
        or _news(selection, bundle) >= _NEWS
    )
    return ELSEWHERE_MARGIN if is_near else FAR_MARGIN


def _bundles(selection: Selection, passages: Sequence[Passage]) -> Iterator[tuple[Passage, list[Unit]]]:
    for passage in passages:
        for unit in passage.units:
            if unit.is_sentence and _adds_prose(selection, passage, unit):
                bundle = [each for each in bundle_of(passage, unit) if not selection.has(passage, each)]
                if selection.fits(bundle):
                    yield passage, bundle
            elif not unit.is_sentence and _adds_piece(selection, passage, unit):
                bundle = _with_introduction(selection, passage, unit)
                if selection.fits(bundle):
                    yield passage, bundle


def _adds_prose(selection: Selection, passage: Passage, unit: Unit) -> bool:
    text = passage.text_of(unit.span)
    return (
        not (selection.scorer.asked.is_topic and opens_with_verdict(text))
        and not unit.leads_on
        and not introduces(text)
        and not selection.has(passage, unit)
    )


def _adds_piece(selection: Selection, passage: Passage, unit: Unit) -> bool:
    """Tell whether an item, a row or code may be added: of a block that is quoted already, nothing is."""
    adds = bool(unit.terms) and not unit.is_link and not selection.quotes(passage, unit.block)
    return adds and not (unit.block.ordered and _is_of_another_task(selection, passage, unit))


def _is_of_another_task(selection: Selection, passage: Passage, steps: Unit) -> bool:
    """Tell steps of a section that is not quoted and whose heading holds nothing of the question."""
    path = passage.hit.chunk.section_at(steps.span.start).heading_path
    named = selection.scorer.term_weights.keys() & set(tokenize(path[-1] if path else ""))
    quoted = any(of is passage and unit.section == steps.section for of, unit in selection.units)
    return bool(path or steps.section) and not quoted and not (named or steps.heading_terms)


def _with_introduction(selection: Selection, passage: Passage, unit: Unit) -> list[Unit]:
    """Put the sentence that stands right above code before it: code alone seldom says what it is for."""
    above = introduction_of(passage, unit.block) if unit.block.kind is TextKind.CODE else None
    return [unit] if above is None or selection.has(passage, above) else [above, unit]


def _voice(selection: Selection, passage: Passage) -> float:
    """Give what it counts that a passage, if it may add anything, is heard at all."""
    return 0.0 if selection.quotes_of(passage) else VOICE_WEIGHT


def _gain(selection: Selection, passage: Passage, bundle: Sequence[Unit]) -> float:
    scorer = selection.scorer
    said = _said(bundle)
    news = NEWS_WEIGHT * _news(selection, bundle)
    if any(side <= said and not side <= selection.terms for side in scorer.asked.sides):
        news += SIDE_WEIGHT
    return max(scorer.score(passage, unit) for unit in bundle) + news


def _said(bundle: Sequence[Unit]) -> frozenset[str]:
    return frozenset[str]().union(*(unit.terms for unit in bundle))
