"""Ask of a refused question whether a heading that nearly says the same is what was meant.

A heading is only offered where its page is the first one found, where it was asked and answered from its own
section (see ``probing``), as surely as the question would have to be, and where an encoder finds it close to
the question in meaning: most headings beside a refusal are about something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kb_server.answering.answer import Choice, ComposedAnswer, Reason, Status
from kb_server.answering.offering.asking_back import DID_YOU_MEAN, asked_back
from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.index.records import FilterValue

_CLOSE = 0.55
"""Cosine of question and heading; decision 37 has what others give."""


def is_open(answer: ComposedAnswer) -> bool:
    """Tell whether ``answer`` is a refusal that another wording of the question could mend.

    A word that stands on no page stays unanswered, whatever heading holds the others.
    """
    return answer.status is Status.ABSTAINED and answer.reason is Reason.LOW_CONFIDENCE


def of_best_page(probes: Sequence[Probe], answer: ComposedAnswer) -> tuple[Probe, ...]:
    """Give the probes of the page that comes nearest to the question that ``answer`` refuses."""
    best = answer.nearest[0].doc_id if answer.nearest else None
    return tuple(probe for probe in probes if probe.doc_id == best)


def settle(
    probes: Sequence[Probe],
    outcomes: Sequence[Outcome],
    vector: NDArray[np.float32] | None,
    answer: ComposedAnswer,
) -> ComposedAnswer | None:
    """Give the question back with the probes that hold and come close to it; None where none does.

    ``vector``, shape (dimension,), is the question's. There are as many ``outcomes`` as ``probes``, or none.
    """
    answer_from = answer.judgement.answer_from if answer.judgement else 1.0
    close = [
        (outcome.closeness(vector), probe)
        for probe, outcome in zip(probes, outcomes, strict=False)
        if probe.holds(outcome) and outcome.confidence >= answer_from
    ]
    kept = [probe for closeness, probe in sorted(close, key=_closest_first) if closeness >= _CLOSE]
    if not kept:
        return None
    choices = [Choice(probe.text, probe.text, _filters(probe)) for probe in kept]
    return replace(asked_back(answer, choices, DID_YOU_MEAN), nearest=answer.nearest)


def _closest_first(pair: tuple[float, Probe]) -> float:
    return -pair[0]


def _filters(probe: Probe) -> Mapping[str, FilterValue]:
    return dict(probe.filters)
