"""Answer a question: search, compose, check every citation, send."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from kb_server.answering import clarify, meant, openers, suggestions
from kb_server.answering.abstention import blame_filters, nearest_pages
from kb_server.answering.ahead import Ahead
from kb_server.answering.answer import ComposedAnswer, Reason, Status
from kb_server.answering.choosing import picked_request
from kb_server.answering.composer import compose
from kb_server.answering.confidence import DEFAULT_MAX_RISK, ConfidenceModel, confidence_of
from kb_server.answering.gate import verify_answer
from kb_server.answering.generated import Material, Wording, material_of
from kb_server.answering.observed import observed
from kb_server.answering.offers import Draft, Offers
from kb_server.answering.parts import combine, parts_of
from kb_server.answering.probe import Probe
from kb_server.answering.probing import Prober
from kb_server.answering.progress import SILENCE, Listener, citation_of, pages_of
from kb_server.answering.relaxing import filters_in_the_way
from kb_server.answering.schemas import (
    Answer,
    AnswerChoice,
    AnswerConflict,
    AnswerExplanation,
    AnswerNextStep,
    AnswerSentence,
    AnswerUsage,
    NearestPage,
    QueryRequest,
)
from kb_server.answering.talking import reply
from kb_server.dialogue.schemas import picked_question, turns_of, understood
from kb_server.dialogue.small_talk import small_talk
from kb_server.dialogue.talk import Talk
from kb_server.generation.writer import Writer
from kb_server.index.language import language_asked
from kb_server.rendering.html import answer_html
from kb_server.requests import filter_values
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import RevisionCache
from kb_server.searching import Searching, Timings, View, milliseconds
from kb_server.settings import Settings

M = TypeVar("M", bound=BaseModel)
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
        picked = await picked_request(request, partial(self._choices, audiences=audiences))
        talk = small_talk(request.question) if picked is None else None
        if talk is not None:
            return await self._reply(talk, request, answer_id)
        composed, version, timings = await self._composed(picked or request, audiences, listener)
        if picked is not None:
            composed = replace(composed, understood=picked_question(picked.question))
        answer = to_answer(composed, answer_id=answer_id, version=version, timings=timings)
        return answer if request.explain else answer.model_copy(update={"explanation": None})

    def _is_busy(self) -> bool:
        return self._searcher.pending >= BUSY_FROM

    async def _choices(
        self, request: QueryRequest, *, audiences: frozenset[str] | None
    ) -> Sequence[AnswerChoice]:
        """Give the readings that ``request`` is asked back with; none where it is not. No model is asked."""
        work = self._work(request, audiences)
        (draft, _), _ = await self._searcher.run(work.query, work.finish, turns=turns_of(request.history))
        composed, _ = await self._offers.complete(draft)
        return [_shown(AnswerChoice, choice) for choice in composed.choices]

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
        self, request: QueryRequest, audiences: frozenset[str] | None, listener: Listener
    ) -> tuple[ComposedAnswer, str, Timings]:
        """Give the answer with the version that it is from, and the milliseconds of each stage."""
        query, write, finish = self._work(request, audiences)
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

    async def _reply(self, talk: Talk, request: QueryRequest, answer_id: str) -> Answer:
        """Reply to small talk; only the name of the version is asked of the index."""
        began = time.perf_counter()
        version = await self._searcher.on_current(frozenset(), _version)
        total = milliseconds(began)
        timings = {"encode": 0.0, "search": 0.0, "total": total}
        said = reply(talk, request.language or language_asked(request.question))
        return to_answer(said, answer_id=answer_id, version=version, timings=timings)


def new_answer_id() -> str:
    """Make an id that nobody can guess."""
    return "a_" + secrets.token_hex(8)


def to_answer(composed: ComposedAnswer, *, answer_id: str, version: str, timings: Timings) -> Answer:
    """Give the answer object that is sent for what the composer has decided."""
    answer = Answer(
        id=answer_id,
        status=composed.status,
        reason=composed.reason,
        language=composed.language,
        text=composed.text,
        html=answer_html(composed.text, [citation.id for citation in composed.citations]),
        sentences=[_shown(AnswerSentence, sentence) for sentence in composed.sentences],
        citations=[citation_of(citation) for citation in composed.citations],
        confidence=composed.confidence,
        suggestions=list(composed.suggestions),
        nearest=[_shown(NearestPage, page) for page in composed.nearest],
        next_step=_shown(AnswerNextStep, composed.next_step) if composed.next_step else None,
        choices=[_shown(AnswerChoice, choice) for choice in composed.choices],
        conflicts=[_shown(AnswerConflict, conflict) for conflict in composed.conflicts],
        handoff=None,
        conversation_id=None,
        understood=composed.understood,
        generator=composed.generator,
        fallback=composed.fallback,
        usage=_shown(AnswerUsage, composed.usage) if composed.usage else None,
        generation=version,
        timings_ms=timings,
        explanation=_shown(AnswerExplanation, composed.judgement) if composed.judgement else None,
    )
    return observed(answer)


def _shown(model: type[M], item: object) -> M:
    """Give one part of an answer as it is sent: the same fields, without a copy in between."""
    return model.model_validate(item, from_attributes=True)


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
    return replace(composed, understood=understood(result.query))


def _pages(answer: ComposedAnswer, material: Material | None) -> list[NearestPage]:
    return pages_of(nearest_pages(material.hits) if material else answer.citations or answer.nearest)
