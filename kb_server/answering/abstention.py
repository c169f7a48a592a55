"""Say honestly that there is no answer: why, what comes close, and one thing to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kb_server.answering.answer import Action, ComposedAnswer, NextStep, PagePointer, Reason, Status
from kb_server.answering.offering.naming import page_names
from kb_server.answering.verdict import Verdict
from kb_server.index.records import ScoredChunk
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import page_url
from kb_server.text.phrases import Phrase, phrase

_NEAREST_PAGES = 3


class _Saying(NamedTuple):
    reason: Phrase
    action: Action
    next_step: Phrase


_SAYINGS = {
    Reason.NOT_IN_DOCS: _Saying(Phrase.NOT_IN_DOCS, Action.REPHRASE, Phrase.REPHRASE),
    Reason.LOW_CONFIDENCE: _Saying(Phrase.LOW_CONFIDENCE, Action.READ_NEAREST, Phrase.READ_NEAREST),
    Reason.OUT_OF_SCOPE: _Saying(Phrase.OUT_OF_SCOPE, Action.REPHRASE, Phrase.ASK_ABOUT_DOCS),
    Reason.FILTERED: _Saying(Phrase.FILTERED, Action.READ_NEAREST, Phrase.READ_NEAREST),
    Reason.NEEDS_HUMAN: _Saying(Phrase.NEEDS_HUMAN, Action.CONTACT_SUPPORT, Phrase.CONTACT_SUPPORT),
}
_WITH_PAGES = frozenset({Reason.NOT_IN_DOCS, Reason.LOW_CONFIDENCE, Reason.FILTERED, Reason.NEEDS_HUMAN})
"""Reasons with which pages that come close can help; a page about something else cannot."""


def abstain(result: RetrievalResult, verdict: Verdict, *, generator: str, lang: str) -> ComposedAnswer:
    """Give the reply that answers nothing, in ``lang``."""
    saying = _SAYINGS[verdict.reason]
    nearest = nearest_pages(result.hits)[:_NEAREST_PAGES] if verdict.reason in _WITH_PAGES else ()
    if saying.action is Action.READ_NEAREST and not (nearest and verdict.came_close):
        saying = saying._replace(action=Action.REPHRASE, next_step=Phrase.REPHRASE)
    text = phrase(saying.reason, lang)
    names = page_names(nearest)
    if names:
        text += " " + phrase(Phrase.NEAREST_PAGES, lang, pages=", ".join(names))
    step = phrase(saying.next_step, lang, page=names[0] if names else "")
    return ComposedAnswer(
        status=Status.HANDOFF if verdict.reason is Reason.NEEDS_HUMAN else Status.ABSTAINED,
        reason=verdict.reason,
        language=lang,
        text=text,
        sentences=(),
        citations=(),
        confidence=verdict.confidence,
        nearest=nearest,
        generator=generator,
        next_step=NextStep(saying.action, step),
        judgement=verdict.judgement,
    )


def blame_filters(composed: ComposedAnswer, keys: Sequence[str]) -> ComposedAnswer:
    """Say of an abstention that the filters ``keys`` keep the answer out."""
    named = ", ".join(f"`{key}`" for key in keys)
    step = phrase(Phrase.RELAX_FILTERS, composed.language, filters=named)
    return replace(
        composed,
        reason=Reason.FILTERED,
        text=phrase(Phrase.HIDDEN_BY_FILTERS, composed.language),
        nearest=(),
        next_step=NextStep(Action.RELAX_FILTERS, step),
    )


def nearest_pages(hits: Sequence[ScoredChunk]) -> tuple[PagePointer, ...]:
    """Give the pages of the hits, each once, at the best hit's heading."""
    pages: dict[str, PagePointer] = {}
    for hit in hits:
        pages.setdefault(
            hit.document.doc_id,
            PagePointer(
                doc_id=hit.document.doc_id,
                path=hit.document.path,
                title=hit.document.title,
                heading_path=hit.chunk.heading_path,
                url=page_url(hit.document),
                anchor=hit.chunk.anchor,
            ),
        )
    return tuple(pages.values())
