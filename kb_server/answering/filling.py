"""Fill an answer up with what answers next best, of whichever passage it is: sentences, items, rows, code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb_server.answering.excerpts import Selection
from kb_server.answering.passages import Passage, Unit, bundle_of
from kb_server.answering.wording import introduces, opens_with_verdict

NEWS_WEIGHT = 0.3
"""For words of the question that the answer does not hold yet."""
ELSEWHERE_MARGIN = 0.4
"""How far below the leading unit's score one of another passage may be, words that are new to the answer
counted."""


def fill(selection: Selection, passages: Sequence[Passage], lead: tuple[Passage, Unit]) -> None:
    """Add sentences and short pieces of blocks while there is room."""
    passage, unit = lead
    least = selection.scorer.score(passage, unit) - ELSEWHERE_MARGIN
    while bundles := [
        (of, bundle)
        for of, bundle in _bundles(selection, passages)
        if of is passage or _gain(selection, of, bundle) >= least
    ]:
        of, bundle = max(bundles, key=lambda each: _gain(selection, *each))
        if bundle[0].is_sentence:
            selection.add_sentences(of, bundle)
        else:
            selection.add_piece(of, bundle[0])


def _bundles(selection: Selection, passages: Sequence[Passage]) -> Iterator[tuple[Passage, list[Unit]]]:
    for passage in passages:
        for unit in passage.units:
            if unit.is_sentence and _adds_prose(selection, passage, unit):
                bundle = [each for each in bundle_of(passage, unit) if not selection.has(passage, each)]
                if selection.fits(bundle):
                    yield passage, bundle
            elif not unit.is_sentence and _adds_piece(selection, passage, unit):
                yield passage, [unit]


def _adds_prose(selection: Selection, passage: Passage, unit: Unit) -> bool:
    text = passage.text_of(unit.span)
    return (
        not (selection.scorer.asked.is_topic and opens_with_verdict(text))
        and not (unit.is_label or unit.is_pointer)
        and not introduces(text)
        and not selection.has(passage, unit)
    )


def _adds_piece(selection: Selection, passage: Passage, unit: Unit) -> bool:
    """Tell whether an item, a row or code may be added: of a block that is quoted already, nothing is."""
    return bool(unit.terms) and selection.fits([unit]) and not selection.quotes(passage, unit.block)


def _gain(selection: Selection, passage: Passage, bundle: Sequence[Unit]) -> float:
    scorer = selection.scorer
    news = frozenset[str]().union(*(unit.terms for unit in bundle)) - selection.terms
    return max(scorer.score(passage, unit) for unit in bundle) + NEWS_WEIGHT * scorer.share(news)
