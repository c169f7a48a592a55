"""Fill an answer up with the next best sentences, of whichever passage they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb_server.answering.excerpts import Selection
from kb_server.answering.passages import Passage, Unit, bundle_of
from kb_server.answering.wording import introduces, opens_with_verdict

NEWS_WEIGHT = 0.3
"""For words of the question that the answer does not hold yet."""
ELSEWHERE_SHARE = 0.6
"""Share of the leading unit's score that a sentence of another passage needs."""


def fill(selection: Selection, passages: Sequence[Passage], lead: tuple[Passage, Unit]) -> None:
    """Add sentences while there is room."""
    passage, unit = lead
    least = ELSEWHERE_SHARE * selection.scorer.score(passage, unit)
    while bundles := [
        (of, bundle)
        for of, bundle in _bundles(selection, passages)
        if of is passage or selection.scorer.score(of, bundle[-1]) >= least
    ]:
        selection.add_sentences(*max(bundles, key=lambda each: _gain(selection, *each)))


def _bundles(selection: Selection, passages: Sequence[Passage]) -> Iterator[tuple[Passage, list[Unit]]]:
    for passage in passages:
        for unit in passage.units:
            if _adds_prose(selection, passage, unit):
                bundle = [each for each in bundle_of(passage, unit) if not selection.has(passage, each)]
                if selection.fits(bundle):
                    yield passage, bundle


def _adds_prose(selection: Selection, passage: Passage, unit: Unit) -> bool:
    text = passage.text_of(unit.span)
    return (
        unit.is_sentence
        and not (selection.scorer.asked.is_topic and opens_with_verdict(text))
        and not (unit.is_label or unit.is_pointer)
        and not introduces(text)
        and not selection.has(passage, unit)
    )


def _gain(selection: Selection, passage: Passage, bundle: Sequence[Unit]) -> float:
    scorer = selection.scorer
    news = frozenset[str]().union(*(unit.terms for unit in bundle)) - selection.terms
    return max(scorer.score(passage, unit) for unit in bundle) + NEWS_WEIGHT * scorer.share(news)
