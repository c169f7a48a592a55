"""Read pages and ask headings while nobody asks anything, so that the first readers need not wait for it.

What a heading gets as a question depends on the version and on who may see what, never on who asks. It costs
nearly as much as a question does, so it is done in a search process that is idle: one small step at a time,
behind every question, with a pause after each.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from kb_server.answering.contradicting.conflicts import read_sentences
from kb_server.answering.offering import suggestions
from kb_server.answering.offering.probe import Probe
from kb_server.answering.offering.probing import MOST_AHEAD, Audiences, Prober
from kb_server.answering.quoting.passages import read_outline
from kb_server.answering.quoting.wholeness import whole_place
from kb_server.errors import KbError
from kb_server.index.records import Span
from kb_server.retrieval.duplicates import fingerprint
from kb_server.searching import Searching, View
from kb_server.telemetry.observation import FOR_NOBODY, on_behalf_of

logger = logging.getLogger(__name__)

_QUIET_SECONDS = 0.2
"""So long nobody must have asked: who asks one question after the other never meets a step."""
_LOOK_SECONDS = 0.25
_PAUSE = 1.0
"""After each step, in times of what it took: at most half of one core is used."""
_PAUSE_AFTER_ERROR_SECONDS = 5.0
_ROWS = 4
_MOST_ROWS = 4096
"""Passages that are read ahead: about as many as stay remembered."""
_MOST_AUDIENCES = 4
PUBLIC: Audiences = frozenset()

Place = tuple[int, int] | None
"""Of a page, and of a section there; None: behind the last one."""


@dataclass(slots=True)
class _Progress:
    """How far one version is."""

    version: str
    row: int | None = 0
    """The passage that is read next; None: all are read."""
    places: dict[Audiences, Place] = field(default_factory=dict)
    """Where each audience's next headings are."""
    listed: list[tuple[Audiences, Probe]] = field(default_factory=list)
    """Headings still to be asked, the next one last."""
    is_given_up: bool = False


class Ahead:
    """Works through the version that is served, again with each new one."""

    def __init__(self, searcher: Searching, prober: Prober) -> None:
        """Ask through ``searcher`` what ``prober`` then knows; ``follow`` does the work."""
        self._searcher = searcher
        self._prober = prober
        self._audiences: OrderedDict[Audiences, None] = OrderedDict({PUBLIC: None})
        self._asked_at = -math.inf
        self._progress = _Progress("")

    def heard(self, audiences: Audiences) -> None:
        """Note that somebody asks now, and as whom: headings are asked for the last few audiences.

        At first they are asked for the public.
        """
        self._asked_at = time.monotonic()
        self._audiences[audiences] = None
        self._audiences.move_to_end(audiences)
        while len(self._audiences) > _MOST_AUDIENCES:
            self._audiences.popitem(last=False)

    def asked(self, version: str) -> int:
        """Count the headings of ``version`` that were asked."""
        return self._prober.count_ahead(version)

    def is_done(self, version: str) -> bool:
        """Tell whether nothing is left to do in ``version``, for all who asked lately."""
        if self._progress.version != version:
            self._progress = _Progress(version)
        progress = self._progress
        if progress.is_given_up or self._prober.count_ahead(version) >= MOST_AHEAD:
            return True
        return progress.row is None and not progress.listed and self._next_audience(progress) is None

    async def follow(self, served: Callable[[], str | None]) -> None:
        """Work whenever something is left to do and nobody asks, until cancelled; ``served``: the version."""
        while True:
            version = served()
            if version is None or self.is_done(version):
                await asyncio.sleep(_LOOK_SECONDS)
            elif not self._is_quiet():
                await asyncio.sleep(_QUIET_SECONDS)
            else:
                began = time.perf_counter()
                await self._try_step(self._progress)
                await asyncio.sleep(_PAUSE * (time.perf_counter() - began))

    async def _try_step(self, progress: _Progress) -> None:
        try:
            with on_behalf_of(FOR_NOBODY):
                await self._step(progress)
        except KbError as error:
            logger.info("headings are asked ahead later: %s", error.code)
            await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)
        except Exception:  # the edge of the task: those who ask are answered all the same
            logger.exception("no more headings of version %s are asked ahead", progress.version)
            progress.is_given_up = True

    def _is_quiet(self) -> bool:
        return not self._searcher.pending and time.monotonic() - self._asked_at > _QUIET_SECONDS

    def _next_audience(self, progress: _Progress) -> tuple[Audiences, tuple[int, int]] | None:
        known = (*reversed(self._audiences), *progress.places)
        places = ((each, progress.places.get(each, (0, 0))) for each in known)
        return next(((audiences, place) for audiences, place in places if place is not None), None)

    async def _step(self, progress: _Progress) -> None:
        if progress.row is not None:
            progress.row = await self._searcher.on_current(PUBLIC, partial(_read, progress.row))
        elif progress.listed:
            audiences, probe = progress.listed.pop()
            await self._prober.ask_ahead(probe, version=progress.version, audiences=audiences)
        elif (found := self._next_audience(progress)) is not None:
            await self._list(progress, *found)

    async def _list(self, progress: _Progress, audiences: Audiences, place: tuple[int, int]) -> None:
        """List the next headings for ``audiences``."""
        work = partial(_headings, place)
        version, seen_as, probes, following = await self._searcher.on_current(audiences, work)
        if version != progress.version:
            return
        progress.places[audiences] = following
        if seen_as == audiences:
            progress.listed = [(audiences, probe) for probe in reversed(probes)]
        else:  # they see all that there is, as others do: it is asked once
            progress.places[audiences] = None
            progress.places.setdefault(seen_as, (0, 0))


def _read(first: int, view: View) -> int | None:
    """Read the passages from row ``first`` on, and give the row after them; None behind the last one."""
    rows = range(first, min(first + _ROWS, view.reader.row_count))
    for chunk, text in zip(view.reader.chunks(rows), view.reader.texts(rows), strict=True):
        revision = view.reader.revision(chunk.doc_id)
        read_outline(revision, whole_place(revision, Span(chunk.char_start, chunk.char_end)))
        read_sentences(text)
        fingerprint(text)
    return rows.stop if rows.stop < min(view.reader.row_count, _MOST_ROWS) else None


def _headings(place: tuple[int, int], view: View) -> tuple[str, Audiences, tuple[Probe, ...], Place]:
    """Give the version, as whom the audience sees it, the headings from ``place`` on, and the next place."""
    probes, following = suggestions.every(view.reader, place)
    return view.version, view.seen_as, probes, following
