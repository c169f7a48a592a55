"""A kb-server as target and as checker: questions, rankings, grounding, and citations against their texts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from evals.records.model import Reply, Span, Usage
from evals.running.calling import Caller, CallError, Cost
from evals.running.targets import Question, Served, documents
from evals.text import without_markers

_CITATION = (
    "id", "doc_id", "path", "title", "heading_path", "anchor", "revision", "char_start", "char_end", "quote",
    "line_start", "line_end", "url", "flags",
)  # fmt: skip
_PASSAGE = (
    "doc_id", "path", "title", "heading_path", "anchor", "revision", "char_start", "char_end", "text", "lang",
    "kind",
)  # fmt: skip
_NEAREST = ("path", "title", "heading_path", "anchor")
_CHOICE = ("label", "question", "filters")
_HISTORY = ("doc_id", "path", "heading_path")
_CONFIDENCE_DIGITS = 4
"""Questions that are encoded together differ from lone ones in the last bits."""
_NOT_FOUND = 404


class KbServer:
    """Asks one kb-server through its public API."""

    def __init__(self, caller: Caller, served: Served) -> None:
        """Ask through ``caller``."""
        self.identity = served.identity
        self.paths = served.paths
        self._caller = caller
        self._texts: dict[tuple[str, str], asyncio.Task[str | None]] = {}

    async def answer(self, question: Question, cost: Cost) -> tuple[Reply, dict[str, Any]]:
        """Ask ``POST /v1/query``."""
        body = {"question": question.text, "filters": dict(question.filters)} | dict(question.fields)
        if question.history:
            body["history"] = [_turn(turn) for turn in question.history]
        answer = await self._caller.post("/v1/query", body, cost)
        return reply_of(answer), {"id": answer.get("id", ""), "timings_ms": answer.get("timings_ms", {})}

    async def passages(self, question: Question, top_k: int) -> list[Span]:
        """Give the first ``top_k`` passages of ``POST /v1/search``."""
        body: dict[str, Any] = {
            "query": question.text,
            "filters": dict(question.filters),
            "top_k": top_k,
        }
        if question.history:
            body["history"] = [_turn(turn) for turn in question.history]
        found = await self._caller.post("/v1/search", body, Cost())
        return [_kept(passage, _PASSAGE) for passage in found["passages"]]

    async def verify(
        self, sentences: Sequence[Mapping[str, Any]], citations: Sequence[Mapping[str, Any]]
    ) -> list[Span]:
        """Give what ``POST /v1/verify`` says of each sentence."""
        body = {"sentences": list(sentences), "citations": list(citations)}
        found = await self._caller.post("/v1/verify", body, Cost())
        checked: list[Span] = found["sentences"]
        return checked

    async def verify_text(self, text: str, citations: Sequence[Mapping[str, Any]]) -> list[Span]:
        """Give what ``POST /v1/verify`` says of each sentence of a text without citations of its own."""
        body = {"text": without_markers(text), "citations": list(citations)}
        found = await self._caller.post("/v1/verify", body, Cost())
        checked: list[Span] = found["sentences"]
        return checked

    async def integrity(self, citations: Sequence[Span]) -> dict[str, str]:
        """Compare each quote with the text of its revision: ``holds``, ``mismatch``, ``missing`` or ``torn``.

        A quote that begins or ends inside a word is torn: its span has slipped, although it can be checked.
        """
        return {citation["id"]: await self._holds(citation) for citation in citations}

    async def _holds(self, citation: Span) -> str:
        text = await self.revision(citation["doc_id"], citation["revision"])
        if text is None:
            return "missing"
        start, end = citation["char_start"], citation["char_end"]
        if not text[start:end] or text[start:end] != citation["quote"]:
            return "mismatch"
        return "torn" if _inside_word(text, start) or _inside_word(text, end) else "holds"

    async def pages(self) -> list[Span]:
        """List the pages of the served version."""
        return await documents(self._caller)

    async def has_section(self, path: str, anchor: str) -> bool:
        """Tell whether a page has a section, by asking why it is not among the passages of a search."""
        body = {"query": anchor.replace("-", " "), "top_k": 1, "why_not": f"{path}#{anchor}"}
        found = await self._caller.post("/v1/search", body, Cost())
        reason = found["why_not"]["reason"]
        return reason not in {"unknown_anchor", "not_indexed", "no_text"}

    async def versions_of(self, path: str) -> list[str]:
        """Give the product versions that the server reads off a page; none for one that says nothing."""
        body = {"query": path, "top_k": 1, "filters": {"path": path}}
        found = await self._caller.post("/v1/search", body, Cost())
        return [str(label) for passage in found["passages"] for label in passage["versions"]]

    async def revision(self, doc_id: str, revision: str) -> str | None:
        """Give the text of a revision, asked for once; None where the server has it no more."""
        key = (doc_id, revision)
        if key not in self._texts:
            self._texts[key] = asyncio.ensure_future(self._revision(doc_id, revision))
        return await self._texts[key]

    async def _revision(self, doc_id: str, revision: str) -> str | None:
        try:
            found = await self._caller.get(f"/v1/documents/{doc_id}/revisions/{revision}", Cost())
        except CallError as error:
            if error.failure.status == _NOT_FOUND:
                return None
            raise
        return str(found["text"])


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalpha() and text[at].isalpha()


def reply_of(answer: Mapping[str, Any]) -> Reply:
    """Keep of an answer object what does not change from run to run."""
    usage = answer.get("usage")
    signals = (answer.get("explanation") or {}).get("signals", {})
    return Reply(
        status=answer["status"],
        reason=answer["reason"],
        language=answer["language"],
        text=answer["text"],
        sentences=[_kept(item, ("text", "citations", "support")) for item in answer["sentences"]],
        citations=[_kept(item, _CITATION) for item in answer["citations"]],
        confidence=round(answer["confidence"], _CONFIDENCE_DIGITS),
        nearest=[_kept(item, _NEAREST) for item in answer["nearest"]],
        suggestions=list(answer["suggestions"]),
        choices=[_kept(item, _CHOICE) for item in answer["choices"]],
        conflicts=[_kept(item, ("kind", "text", "citations")) for item in answer.get("conflicts", ())],
        generator=answer["generator"],
        fallback=answer.get("fallback", ""),
        index_version=answer["generation"],
        usage=Usage(**_kept(usage, tuple(Usage.model_fields))) if usage else None,
        signals={name: round(value, _CONFIDENCE_DIGITS) for name, value in signals.items()},
    )


def _kept(record: Mapping[str, Any], names: Sequence[str]) -> Span:
    return {name: record[name] for name in names if name in record}


def _turn(turn: Mapping[str, Any]) -> Span:
    kept = {"role": turn["role"], "content": turn["content"]}
    citations = [_kept(citation, _HISTORY) for citation in turn.get("citations", ())]
    return kept | ({"citations": citations} if citations else {})
