"""What the sources say of an answer, asked from outside: support by sentence, in the ways ALCE counts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.records.model import Reply, SentenceSupport, Span
from evals.running.kb_server import KbServer

_MAX_SENTENCES = 200
_MAX_CITATIONS = 100
_MAX_CITED = 3
"""ALCE counts at most three citations of a sentence."""
_MAX_TEXT = 10_000
_WHOLE, _ALONE, _WITHOUT, _ELSEWHERE = "whole", "alone", "without", "elsewhere"

Query = tuple[int, str, str]
"""Sentence, what is asked of it, and of which citation."""


async def support_of(checker: KbServer, reply: Reply, passages: Sequence[Span]) -> list[SentenceSupport]:
    """Ask whether each sentence is carried by its citations, by each alone, and without each.

    A system without citations is checked against ``passages``, the best ones of a search for the question.
    """
    if not reply.sentences:
        return await _of_text(checker, reply, passages)
    citations = [*reply.citations[:_MAX_CITATIONS], *_uncited(reply, passages)][:_MAX_CITATIONS]
    known = [str(citation["id"]) for citation in reply.citations[:_MAX_CITATIONS]]
    extra = [str(citation["id"]) for citation in citations[len(known) :]]
    first = _queries(reply, known)
    said = await _ask(checker, reply, citations, first)
    unsupported = [
        at for at in range(len(reply.sentences)) if said[at, _WHOLE, ""]["support"] == "unsupported"
    ]
    second = {(at, _ELSEWHERE, key): [key] for at in unsupported for key in extra}
    said |= await _ask(checker, reply, citations, second)
    return [_sentence(at, sentence, said) for at, sentence in enumerate(reply.sentences)]


def _queries(reply: Reply, known: Sequence[str]) -> dict[Query, list[str]]:
    queries: dict[Query, list[str]] = {}
    for at, sentence in enumerate(reply.sentences):
        cited = list(sentence["citations"])
        queries[at, _WHOLE, ""] = cited
        counted = [key for key in cited if key in known][:_MAX_CITED]
        if len(cited) > 1:
            for key in counted:
                queries[at, _ALONE, key] = [key]
                queries[at, _WITHOUT, key] = [other for other in cited if other != key]
    return queries


async def _ask(
    checker: KbServer, reply: Reply, citations: Sequence[Span], queries: dict[Query, list[str]]
) -> dict[Query, Span]:
    given = [_given(citation) for citation in citations]
    said: dict[Query, Span] = {}
    keys = list(queries)
    for start in range(0, len(keys), _MAX_SENTENCES):
        batch = keys[start : start + _MAX_SENTENCES]
        sentences = [
            {"text": reply.sentences[key[0]]["text"][:_MAX_TEXT], "citations": queries[key]} for key in batch
        ]
        said |= zip(batch, await checker.verify(sentences, given), strict=True)
    return said


def _sentence(at: int, sentence: Span, said: dict[Query, Span]) -> SentenceSupport:
    whole = said[at, _WHOLE, ""]
    holds = {query: _carries(found) for query, found in said.items() if query[0] == at}
    alone = {key: value for (_, kind, key), value in holds.items() if kind == _ALONE}
    if len(sentence["citations"]) == 1:
        alone = {sentence["citations"][0]: _carries(whole)}
    return SentenceSupport(
        text=sentence["text"],
        citations=list(sentence["citations"]),
        support=whole["support"],
        findings=whole["findings"],
        alone=alone,
        without={key: value for (_, kind, key), value in holds.items() if kind == _WITHOUT},
        elsewhere=any(value for (_, kind, _key), value in holds.items() if kind == _ELSEWHERE),
    )


def _carries(found: Span) -> bool:
    return found["support"] in {"verbatim", "supported"}


async def _of_text(checker: KbServer, reply: Reply, passages: Sequence[Span]) -> list[SentenceSupport]:
    sources = [_given(passage) for passage in _uncited(reply, passages)]
    checked = await checker.verify_text(reply.text, sources) if sources and reply.text.strip() else []
    return [
        SentenceSupport(text=item["text"], citations=[], support=item["support"], findings=item["findings"])
        for item in checked
    ]


def _uncited(reply: Reply, passages: Sequence[Span]) -> list[Span]:
    """Give the passages that the answer does not cite, as citations of their own."""
    cited = [(c.get("doc_id"), c.get("char_start", 0), c.get("char_end", 0)) for c in reply.citations]
    return [
        {**passage, "id": f"passage-{rank}", "quote": passage["text"]}
        for rank, passage in enumerate(passages, start=1)
        if not any(
            passage["doc_id"] == doc_id and passage["char_start"] < end and start < passage["char_end"]
            for doc_id, start, end in cited
        )
    ]


def _given(citation: Span) -> dict[str, Any]:
    names = ("id", "doc_id", "revision", "char_start", "char_end", "quote")
    return {name: citation[name] for name in names if name in citation}
