"""What an answer offers besides itself: the readings of an ambiguous question, and further questions."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb_server.answering import clarify, suggestions
from kb_server.answering.answer import ComposedAnswer
from kb_server.answering.clarify import Reading
from kb_server.answering.probe import Outcome, Probe
from kb_server.answering.probing import Prober
from kb_server.errors import EncoderError, OverloadedError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer, and what may go with it once it was asked itself."""

    version: str
    audiences: frozenset[str] | None
    """Who it was written for: see ``SearchQuery.audiences``."""
    answer: ComposedAnswer
    readings: tuple[Reading, ...] = ()
    further: tuple[Probe, ...] = ()


class Offers:
    """Asks what a draft proposes and adds what holds."""

    def __init__(self, prober: Prober) -> None:
        """Ask with ``prober``."""
        self._prober = prober

    async def complete(self, draft: Draft) -> tuple[ComposedAnswer, float]:
        """Give the draft's answer with its offers, or the question back where it has several readings.

        The second value is the time that it took, in milliseconds. An answer never fails for its offers:
        while the encoder is overloaded or away it goes without.
        """
        began = time.perf_counter()
        try:
            answer = await self._back(draft) or await self._with_suggestions(draft)
        except (OverloadedError, EncoderError) as error:
            logger.warning("answered without suggestions: %s: %s", error.code, error)
            answer = draft.answer
        return answer, round((time.perf_counter() - began) * 1000, 2)

    async def _back(self, draft: Draft) -> ComposedAnswer | None:
        probes = [reading.probe for reading in draft.readings]
        outcomes = await self._asked(draft, probes)
        return clarify.settle(draft.readings, outcomes, draft.answer)

    async def _with_suggestions(self, draft: Draft) -> ComposedAnswer:
        outcomes = await self._asked(draft, draft.further)
        return replace(draft.answer, suggestions=suggestions.settle(draft.further, outcomes))

    async def _asked(self, draft: Draft, probes: Sequence[Probe]) -> list[Outcome]:
        return await self._prober.outcomes(probes, version=draft.version, audiences=draft.audiences)
