"""Answer a question: search, compose, check every citation, send."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from kb_server.answering.abstention import blame_filters, nearest_pages
from kb_server.answering.answer import ComposedAnswer, Reason, Status
from kb_server.answering.composer import compose
from kb_server.answering.confidence import DEFAULT_MAX_RISK, ConfidenceModel, confidence_of
from kb_server.answering.gate import verify_answer
from kb_server.answering.generated import Material, Wording, material_of
from kb_server.answering.offering import clarify, meant, openers, suggestions, troubles
from kb_server.answering.offering.ahead import Ahead
from kb_server.answering.offering.choosing import label_of, none_picked, picked_requests, with_pick
from kb_server.answering.offering.offers import Draft, Offers
from kb_server.answering.offering.probe import Probe
from kb_server.answering.offering.probing import Prober
from kb_server.answering.offering.troubles import was_asked_back
from kb_server.answering.parts import combine, parts_of, together
from kb_server.answering.progress import SILENCE, Listener, pages_of
from kb_server.answering.quoting.editions import still_of
from kb_server.answering.relaxing import filters_in_the_way
from kb_server.answering.schemas import Answer, AnswerChoice, NearestPage, QueryRequest
from kb_server.answering.sending import new_answer_id, shown_as, to_answer
from kb_server.answering.talking import reply
from kb_server.dialogue.schemas import picked_question, turns_of, understood
from kb_server.dialogue.small_talk import small_talk
from kb_server.dialogue.talk import Talk
from kb_server.generation.writer import Writer
from kb_server.index.language import language_asked
from kb_server.index.records import FilterValue
from kb_server.requests import filter_values
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import RevisionCache
from kb_server.searching import Searching, Timings, View, milliseconds
from kb_server.settings import Settings

Composed = tuple[ComposedAnswer, str, Timings]
"""An answer, the version that it is from, and the milliseconds of each stage."""
Write = Callable[..., ComposedAnswer]
"""``compose`` with its settings."""


BUSY_FROM = 8
"""Searches under way or waiting from which on no further question is asked before an answer leaves."""


class _Work(NamedTuple):
    """What is searched for a request, and what is made of it."""

    query: SearchQuery
    write: Write
    finish: Callable[[View, RetrievalResult], tuple[Draft, Material | None]]


def answering_service(
    searcher: Searching, settings: Settings, writer: Writer | None = None
) -> AnsweringService:
    """Build the service that ``settings`` ask for; raises ``BadInputError`` for a bad confidence file."""
    confidence = confidence_of(settings.confidence_file)
    return AnsweringService(searcher, writer, max_risk=settings.max_risk, confidence=confidence)


class AnsweringService:
    """Turns questions into answers."""

    def __init__(
        self,
        searcher: Searching,
        writer: Writer | None = None,
        *,
        max_risk: float = DEFAULT_MAX_RISK,
        confidence: ConfidenceModel | None = None,
    ) -> None:
        """Draw passages from ``searcher``; ``writer`` words the answers, which are quoted without one.

        ``max_risk`` is accepted where a request names none.
        """
        self._searcher = searcher
        self._max_risk = max_risk
        self._write = partial(compose, confidence=confidence)
        # What is offered was answered at the server's own setting, whoever asks.
        offered = partial(self._write, max_risk=max_risk)
        self._readings = Prober(searcher, partial(_checked, offered))
        # Of a further question it only counts which section answers it.
        self._further = Prober(searcher, partial(_checked, partial(offered, disputes=False)))
        self.ahead = Ahead(searcher, self._further)
        """Asks headings while nobody asks, where its ``follow`` runs."""
        self._offers = Offers(self._readings, self._further, is_busy=self._is_busy, heard=self.ahead.heard)
        self._wording = Wording(writer)

    def forget(self) -> None:
        """Drop what is remembered of questions that were asked."""
        self._readings.forget()
        self._further.forget()

    async def openers(self, lang: str, *, audiences: frozenset[str] | None) -> list[str]:
        """Give questions in ``lang`` to begin with, answered by what ``audiences`` may see (None: all).

        Raises what ``answer`` raises.
        """
        version, probes = await self._searcher.on_current(audiences, partial(_openers, lang))
        outcomes = await self._further.outcomes(probes, version=version, audiences=audiences)
        return openers.settle(probes, outcomes)

    async def answer(
        self,
        request: QueryRequest,
        *,
        audiences: frozenset[str] | None,
        answer_id: str | None = None,
        listener: Listener = SILENCE,
    ) -> Answer:
        """Answer from the pages that ``audiences`` may see (None: all), under a new id unless one is given.

        ``listener`` is told what a reader may see before the answer is finished. Raises
        ``UnknownFilterError`` or the reason why nothing can be answered.
        """
        answer_id = answer_id or new_answer_id()
        picked = await picked_requests(request, partial(self._choices, audiences=audiences))
        talk = small_talk(request.question) if picked is None else None
        if picked is not None:
            composed, version, timings = await self._picked(picked, request, audiences, listener)
        elif talk is Talk.TROUBLE and not was_asked_back(turns_of(request.history)):
            composed, version, timings = await self._troubled(request, audiences)
        elif talk is not None:
            composed, version, timings = await self._said(reply(talk, _language(request)))
        else:
            request, chosen = await with_pick(request, partial(self._choices, audiences=audiences))
            composed, version, timings = await self._composed(request, audiences, listener, chosen)
        answer = to_answer(composed, answer_id=answer_id, version=version, timings=timings)
        return answer if request.explain else answer.model_copy(update={"explanation": None})

    def _is_busy(self) -> bool:
        return self._searcher.pending >= BUSY_FROM

    async def _choices(
        self, request: QueryRequest, *, audiences: frozenset[str] | None
    ) -> Sequence[AnswerChoice]:
        """Give the readings that ``request`` is asked back with; none where it is not. No model is asked."""
        if small_talk(request.question) is Talk.TROUBLE:
            draft, _ = await self._trouble(request, audiences)
        else:
            work = self._work(request, audiences)
            turns = turns_of(request.history)
            (draft, _), _ = await self._searcher.run(work.query, work.finish, turns=turns)
        composed, _ = await self._offers.complete(draft)
        return [shown_as(AnswerChoice, choice) for choice in composed.choices]

    def _work(self, request: QueryRequest, audiences: frozenset[str] | None) -> _Work:
        query = SearchQuery(
            text=request.question,
            top_k=request.top_k,
            filters=filter_values(request.filters),
            audiences=audiences,
        )
        max_risk = self._max_risk if request.max_risk is None else request.max_risk
        write = partial(self._write, max_risk=max_risk, lang=request.language)
        finish = partial(_prepare, write, suggest=request.suggest, words=self._wording.is_asked)
        return _Work(query, write, finish)

    async def _composed(
        self,
        request: QueryRequest,
        audiences: frozenset[str] | None,
        listener: Listener,
        chosen: Mapping[str, FilterValue] | None = None,
    ) -> Composed:
        query, write, finish = self._work(request, audiences)
        query = replace(query, chosen=chosen or {})
        (draft, material), timings = await self._searcher.run(query, finish, turns=turns_of(request.history))
        if material is None and not request.history:
            draft, spent = await self._by_parts(draft, query, write)
            timings = timings | {
                "search": round(timings["search"] + spent, 2),
                "total": timings["total"] + spent,
            }
        listener.found(_pages(draft.answer, material))
        if material is None and not (draft.readings or draft.meant):
            listener.wrote(draft.answer.text, draft.answer.citations)
        composed, timings["offers"] = await self._offers.complete(draft)
        timings["total"] = round(timings["total"] + timings["offers"], 2)
        if material is not None:
            composed, timings["generate"] = await self._wording.word(composed, material, listener)
            timings["total"] = round(timings["total"] + timings["generate"], 2)
        return composed, draft.version, timings

    async def _by_parts(self, draft: Draft, query: SearchQuery, write: Write) -> tuple[Draft, float]:
        """Answer each of two questions asked in one; the second value is the time spent, in milliseconds."""
        parts = () if draft.readings else parts_of(query.text)
        if not parts:
            return draft, 0.0
        began = time.perf_counter()
        queries = [replace(query, text=part) for part in parts]
        answers = await self._searcher.run_all(queries, partial(_compose, write), version=draft.version)
        if answers is not None:
            draft = replace(draft, answer=combine(parts, answers, draft.answer))
        return draft, milliseconds(began)

    async def _picked(
        self,
        picked: Sequence[QueryRequest],
        request: QueryRequest,
        audiences: frozenset[str] | None,
        listener: Listener,
    ) -> Composed:
        """Answer what a reply to a question back picks; who picks none of it is asked for more."""
        if not picked:
            return await self._said(none_picked(_language(request)))
        heard = listener if len(picked) == 1 else SILENCE
        every = [await self._composed(each, audiences, heard) for each in picked]
        composed, version, timings = every[0]
        if len(picked) > 1:
            labels = [label_of(each, request.filters) for each in picked]
            composed = together(labels, [answer for answer, _, _ in every])
            timings = {name: round(sum(spent[name] for _, _, spent in every), 2) for name in timings}
        return replace(composed, understood=picked_question(picked[0].question)), version, timings

    async def _troubled(self, request: QueryRequest, audiences: frozenset[str] | None) -> Composed:
        """Ask back who only says that something does not work."""
        draft, timings = await self._trouble(request, audiences)
        composed, timings["offers"] = await self._offers.complete(draft)
        timings["total"] = round(timings["total"] + timings["offers"], 2)
        return composed, draft.version, timings

    async def _trouble(
        self, request: QueryRequest, audiences: frozenset[str] | None
    ) -> tuple[Draft, Timings]:
        trouble = troubles.trouble_of(turns_of(request.history), _language(request))
        query = SearchQuery(
            text=troubles.text_of(trouble, language_asked(trouble.about or request.question)),
            top_k=troubles.TOP_K,
            filters=filter_values(request.filters),
            audiences=audiences,
        )
        return await self._searcher.run(query, partial(troubles.draft, trouble))

    async def _said(self, said: ComposedAnswer) -> Composed:
        """Say what needs no search; only the name of the version is asked of the index."""
        began = time.perf_counter()
        version = await self._searcher.on_current(frozenset(), _version)
        return said, version, {"encode": 0.0, "search": 0.0, "total": milliseconds(began)}


def _language(request: QueryRequest) -> str:
    return request.language or language_asked(request.question)


def _prepare(
    write: Write, view: View, result: RetrievalResult, *, suggest: bool, words: bool
) -> tuple[Draft, Material | None]:
    """Give the quoted answer and, where a model ``words`` answers, what it may draw from."""
    draft = _draft(write, view, result, suggest=suggest)
    return draft, material_of(draft.answer, result, RevisionCache(view.reader)) if words else None


def _draft(write: Write, view: View, result: RetrievalResult, *, suggest: bool) -> Draft:
    composed = _compose(write, view, result)
    readings = clarify.propose(result)
    if len(readings) < clarify.MEANINGS and composed.status is Status.ABSTAINED:
        readings = clarify.sections_with_word(result)
    unsure = not result.query.follows_up and meant.is_open(composed)
    near = suggestions.propose(result, composed, view.reader) if suggest or unsure else ()
    return Draft(
        version=result.version,
        audiences=view.seen_as,
        answer=composed,
        readings=readings,
        further=near if suggest else (),
        meant=meant.of_best_page(near, composed) if unsure else (),
        vector=result.vector if unsure and near else None,
    )


def _openers(lang: str, view: View) -> tuple[str, tuple[Probe, ...]]:
    return view.version, openers.propose(view.reader, lang)


def _version(view: View) -> str:
    return view.version


def _checked(write: Write, view: View, result: RetrievalResult) -> ComposedAnswer:
    """Compose and check; what stands in the way of an answer is not looked for."""
    revisions = RevisionCache(view.reader)
    composed = write(result, revision_of=revisions)
    verify_answer(composed, revisions)
    return composed


def _compose(write: Write, view: View, result: RetrievalResult) -> ComposedAnswer:
    composed = _checked(write, view, result)
    if composed.status is Status.ABSTAINED:
        revisions = RevisionCache(view.reader)
        keys = filters_in_the_way(
            result,
            view.retriever,
            lambda relaxed: write(relaxed, revision_of=revisions).status is Status.ANSWERED,
            came_close=composed.reason is Reason.LOW_CONFIDENCE,
        )
        composed = blame_filters(composed, keys) if keys else composed
    return replace(composed, understood=understood(result.query, of=still_of(result.hits, result.query)))


def _pages(answer: ComposedAnswer, material: Material | None) -> list[NearestPage]:
    return pages_of(nearest_pages(material.hits) if material else answer.citations or answer.nearest)
