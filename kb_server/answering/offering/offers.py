"""What an answer offers besides itself: the readings of an ambiguous question, and further questions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb_server.answering.answer import ComposedAnswer
from kb_server.answering.offering import clarify, meant, suggestions
from kb_server.answering.offering.asking_back import WHICH_ONE, Opening
from kb_server.answering.offering.clarify import Reading
from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.answering.offering.probing import Audiences, Prober
from kb_server.errors import EncoderError, IndexStateError, OverloadedError
from kb_server.searching import milliseconds
from kb_server.telemetry.observation import note_no_offers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer, and what may go with it once it was asked itself."""

    version: str
    audiences: Audiences
    """Who it was written for: see ``View.seen_as``."""
    answer: ComposedAnswer
    readings: tuple[Reading, ...] = ()
    opening: Opening = WHICH_ONE
    """How the question back with its readings begins."""
    further: tuple[Probe, ...] = ()
    meant: tuple[Probe, ...] = ()
    """What a refused question may have meant."""
    vector: NDArray[np.float32] | None = None
    """The question's, shape (dimension,), where something may be ``meant``."""


class Offers:
    """Asks what a draft proposes and adds what holds."""

    def __init__(
        self,
        readings: Prober,
        further: Prober,
        *,
        is_busy: Callable[[], bool],
        heard: Callable[[Audiences], None],
    ) -> None:
        """Ask the readings of a question with one prober, and further questions with the other.

        While the server ``is_busy``, further questions are offered only where they were asked before: who
        waits for an answer comes before what might be asked next. ``heard`` is told who was answered.
        """
        self._readings = readings
        self._further = further
        self._is_busy = is_busy
        self._heard = heard

    async def complete(self, draft: Draft) -> tuple[ComposedAnswer, float]:
        """Give the draft's answer with its offers, or the question back where it has several readings.

        The second value is the time that it took, in milliseconds. An answer never fails for its offers:
        while the encoder is overloaded or what searches is away it goes without, which is logged and counted.
        """
        began = time.perf_counter()
        self._heard(draft.audiences)
        try:
            answer = (
                await self._back(draft) or await self._meant(draft) or await self._with_suggestions(draft)
            )
        except (OverloadedError, EncoderError, IndexStateError) as error:
            note_no_offers(error.code)
            logger.warning("answered without suggestions: %s: %s", error.code, error)
            answer = draft.answer
        return answer, milliseconds(began)

    async def _back(self, draft: Draft) -> ComposedAnswer | None:
        probes = [reading.probe for reading in draft.readings]
        outcomes = await self._asked(self._readings, draft, probes)
        return clarify.settle(draft.readings, outcomes, draft.answer, draft.opening)

    async def _meant(self, draft: Draft) -> ComposedAnswer | None:
        if not (draft.meant and meant.is_open(draft.answer)):
            return None
        probes = self._affordable(draft, draft.meant)
        outcomes = await self._asked(self._further, draft, probes)
        return meant.settle(probes, outcomes, draft.vector, draft.answer)

    async def _with_suggestions(self, draft: Draft) -> ComposedAnswer:
        probes = self._affordable(draft, draft.further)
        outcomes = await self._asked(self._further, draft, probes)
        return replace(draft.answer, suggestions=suggestions.settle(probes, outcomes))

    def _affordable(self, draft: Draft, probes: Sequence[Probe]) -> Sequence[Probe]:
        if not self._is_busy():
            return probes
        return self._further.known(probes, version=draft.version, audiences=draft.audiences)

    @staticmethod
    async def _asked(prober: Prober, draft: Draft, probes: Sequence[Probe]) -> list[Outcome]:
        return await prober.outcomes(probes, version=draft.version, audiences=draft.audiences)
