"""Ask the index a question of the server's own: nothing is offered to a person that has not been answered.

What a probe gets depends on the version, who may see what, the text and the filters alone, so it is
remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from kb_server.answering.answer import ComposedAnswer, Status
from kb_server.answering.offering import clarify
from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.index.records import FilterValue
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searching import Searching, View

REMEMBERED = 8192
"""Outcomes that are kept: about 12 MiB."""
MOST_AHEAD = 4096
"""Those of headings that nobody has come to yet: about 6 MiB."""

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
        self._ahead: dict[Key, Outcome] = {}
        self._ahead_in = ""

    async def outcomes(self, probes: Sequence[Probe], *, version: str, audiences: Audiences) -> list[Outcome]:
        """Give what each probe gets in ``version``; none of them where another version is served by now.

        Only pages that ``audiences`` may see (None: all) answer.

        Raises ``OverloadedError``, ``EncoderError`` and ``IndexStateError`` as any question does.
        """
        keys = [_key(version, audiences, probe) for probe in probes]
        found = {key: outcome for key in keys if (outcome := self._find(key)) is not None}
        missing = {key: probe for key, probe in zip(keys, probes, strict=True) if key not in found}
        if missing:
            answers = await self._ask(missing.values(), version, audiences)
            if answers is None:
                return []
            found |= dict(zip(missing, answers, strict=True))
        self._remember(found)
        return [found[key] for key in keys]

    def known(self, probes: Sequence[Probe], *, version: str, audiences: Audiences) -> list[Probe]:
        """Give those of ``probes`` that were asked before, so that nothing is to be searched for them."""
        return [probe for probe in probes if self._find(_key(version, audiences, probe)) is not None]

    async def ask_ahead(self, probe: Probe, *, version: str, audiences: Audiences) -> None:
        """Ask a heading of ``version`` that nobody has come to yet; of an older version nothing stays.

        Raises what ``outcomes`` raises.
        """
        if version != self._ahead_in:
            self._ahead.clear()
            self._ahead_in = version
        key = _key(version, audiences, probe)
        if self._find(key) is None and (answers := await self._ask([probe], version, audiences)):
            self._ahead[key] = answers[0]

    def count_ahead(self, version: str) -> int:
        """Count the headings of ``version`` that were asked ahead, at most ``MOST_AHEAD`` by its caller."""
        return len(self._ahead) if version == self._ahead_in else 0

    def forget(self) -> None:
        """Drop what is remembered: a probe can repeat the question that somebody asked.

        What was asked ahead is made of pages alone.
        """
        self._known.clear()

    async def _ask(self, probes: Iterable[Probe], version: str, audiences: Audiences) -> list[Outcome] | None:
        queries = [
            SearchQuery(text=probe.text, top_k=probe.top_k, filters=probe.filters, audiences=audiences)
            for probe in probes
        ]
        return await self._searcher.run_all(queries, partial(_outcome, self._compose), version=version)

    def _find(self, key: Key) -> Outcome | None:
        return self._known.get(key) or self._ahead.get(key)

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
