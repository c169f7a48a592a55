"""Ask the index a question of the server's own: nothing is offered to a person that has not been answered.

What a probe gets depends on the version, who may see what, the text and the filters alone, so it is
remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from kb_server.answering import clarify
from kb_server.answering.answer import ComposedAnswer, Status
from kb_server.answering.probe import Outcome, Probe
from kb_server.index.records import FilterValue
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searching import Searching, View

REMEMBERED = 8192
"""Outcomes that are kept: about 12 MiB."""

Audiences = frozenset[str] | None
Compose = Callable[[View, RetrievalResult], ComposedAnswer]
Key = tuple[str, Audiences, str, int, frozenset[tuple[str, FilterValue]]]


class Prober:
    """Asks probes in the version that the question was asked in."""

    def __init__(self, searcher: Searching, compose: Compose) -> None:
        """Search with ``searcher`` and answer as ``compose`` does."""
        self._searcher = searcher
        self._compose = compose
        self._known: OrderedDict[Key, Outcome] = OrderedDict()

    async def outcomes(self, probes: Sequence[Probe], *, version: str, audiences: Audiences) -> list[Outcome]:
        """Give what each probe gets in ``version``; none of them where another version is served by now.

        Only pages that ``audiences`` may see (None: all) answer.

        Raises ``OverloadedError``, ``EncoderError`` and ``IndexStateError`` as any question does.
        """
        keys = [_key(version, audiences, probe) for probe in probes]
        missing = {key: probe for key, probe in zip(keys, probes, strict=True) if key not in self._known}
        found = {key: self._known[key] for key in keys if key in self._known}
        if missing:
            queries = [
                SearchQuery(text=probe.text, top_k=probe.top_k, filters=probe.filters, audiences=audiences)
                for probe in missing.values()
            ]
            answers = await self._searcher.run_all(queries, partial(_outcome, self._compose), version=version)
            if answers is None:
                return []
            found |= dict(zip(missing, answers, strict=True))
        self._remember(found)
        return [found[key] for key in keys]

    def known(self, probes: Sequence[Probe], *, version: str, audiences: Audiences) -> list[Probe]:
        """Give those of ``probes`` that were asked before, so that nothing is to be searched for them."""
        return [probe for probe in probes if _key(version, audiences, probe) in self._known]

    def forget(self) -> None:
        """Drop what is remembered: a probe can repeat the question that somebody asked."""
        self._known.clear()

    def _remember(self, found: Mapping[Key, Outcome]) -> None:
        """Only ever called on the event loop."""
        for key, outcome in found.items():
            self._known[key] = outcome
            self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _key(version: str, audiences: Audiences, probe: Probe) -> Key:
    return version, audiences, probe.text, probe.top_k, frozenset(probe.filters.items())


def _outcome(compose: Compose, view: View, result: RetrievalResult) -> Outcome:
    if clarify.propose(result):  # what would be asked back is no answer
        return Outcome(False, "", "", ())
    answer = compose(view, result)
    if answer.status is not Status.ANSWERED or not answer.citations:
        return Outcome(False, "", "", ())
    first = answer.citations[0]
    vector = None if result.vector is None else result.vector.astype(np.float16)
    return Outcome(True, answer.text, first.doc_id, first.heading_path, answer.confidence, vector)
