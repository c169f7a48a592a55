"""Ask one case: the turns before it, the question, its ranking, and what the sources say of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from evals.cases.schema import Case
from evals.records.model import Record, Reply, Span, Timing, Usage
from evals.running.cache import AnswerCache, cache_key
from evals.running.calling import CallError, Cost
from evals.running.checking import support_of
from evals.running.kb_server import KbServer
from evals.running.targets import Question, Target

SEARCH_K = 10
"""Passages of a ranking: what the retrieval measures look at."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How cases are asked; everything here is part of the key of a kept answer."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``POST /v1/query`` that the suite sets, such as ``top_k``."""
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Filters of every question; those of a case win."""

    def as_dict(self) -> dict[str, Any]:
        """Give the content for keys and for the description of a run."""
        return {"fields": dict(self.fields), "filters": dict(self.filters)}


class Asker:
    """Asks the cases of a run, one by one, of one system."""

    def __init__(
        self,
        target: Target,
        checker: KbServer | None,
        asking: Asking,
        cache: AnswerCache | None = None,
    ) -> None:
        """Ask ``target``; rankings and support come from ``checker``, a kb-server, if there is one."""
        self._target = target
        self._checker = checker
        self._asking = asking
        self._cache = cache

    async def record(self, case: Case, repeat: int) -> Record:
        """Ask a case, or take its answer from the cache; a failure is a record too."""
        key = self._key(case, repeat)
        kept = self._cache.get(key) if self._cache else None
        if kept is not None:
            timing = kept.timing.model_copy(update={"from_cache": True})
            return kept.model_copy(update={"case_id": case.id, "repeat": repeat, "timing": timing})
        record = await self._ask(case, repeat)
        if self._cache:
            self._cache.put(key, record)
        return record

    def _key(self, case: Case, repeat: int) -> str:
        config = self._asking.as_dict() | {"search_k": search_k(case)}
        if self._checker is not None:
            config["checker"] = [self._checker.identity.build, self._checker.identity.index_version]
        return cache_key(self._target.identity, case.asked_hash, config, repeat)

    async def _ask(self, case: Case, repeat: int) -> Record:
        cost = Cost()
        record = Record(case_id=case.id, repeat=repeat, asked_hash=case.asked_hash, asked=case.asked)
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        varying: dict[str, Any] = {}
        try:
            varying = await self._fill(record, case, cost)
        except CallError as error:
            record.reply = None
            record.error = error.failure
        record.timing = Timing(
            started_at=started,
            seconds=round(cost.seconds, 6),
            server_ms=varying.get("timings_ms", {}),
            attempts=max(cost.attempts, 1),
            retries=cost.retries,
            answer_id=varying.get("id", ""),
        )
        return record

    async def _fill(self, record: Record, case: Case, cost: Cost) -> dict[str, Any]:
        history, spent = await self._history(case, cost)
        record.history = history
        question = self._question(case, case.asked, history)
        reply, varying = await self._target.answer(question, cost)
        record.reply = reply.model_copy(update={"usage": _sum_of([*spent, reply.usage])})
        if self._checker is not None:
            await self._evidence(record, reply, question, search_k(case))
        return varying

    async def _evidence(self, record: Record, reply: Reply, question: Question, top_k: int) -> None:
        """Ask for the ranking, for the support of the sentences and for the texts of the citations."""
        checker = self._checker
        if checker is None:
            return
        record.passages = await checker.passages(question, top_k)
        if reply.answers and (reply.sentences or reply.status_by == "phrases"):
            record.support = await support_of(checker, reply, record.passages[:SEARCH_K])
        if reply.citations:
            record.integrity = await checker.integrity(reply.citations)

    async def _history(self, case: Case, cost: Cost) -> tuple[list[Span], list[Usage | None]]:
        """Give the turns before the question; a user turn that no answer follows is asked for one."""
        history: list[Span] = []
        spent: list[Usage | None] = []
        for at, turn in enumerate(case.before):
            answered = at + 1 < len(case.before) and case.before[at + 1].role == "assistant"
            said: Span = {"role": turn.role, "content": turn.content}
            if turn.role == "assistant" or answered:
                history.append(said)
                continue
            reply, _ = await self._target.answer(self._question(case, turn.content, history), cost)
            spent.append(reply.usage)
            history += [
                said,
                {"role": "assistant", "content": reply.text, "citations": list(reply.citations)},
            ]
        return history, spent

    def _question(self, case: Case, text: str, history: list[Span]) -> Question:
        filters = {**self._asking.filters, **case.filters}
        return Question(text, filters=filters, history=tuple(history), fields=self._asking.fields)


def search_k(case: Case) -> int:
    """Give how many passages a case looks at."""
    return max(SEARCH_K, case.expect.retrieve.k)


def _sum_of(usages: list[Usage | None]) -> Usage | None:
    used = [usage for usage in usages if usage is not None]
    if not used:
        return None
    costs = [usage.cost_usd for usage in used if usage.cost_usd is not None]
    return Usage(
        model=used[-1].model,
        input_tokens=sum(usage.input_tokens for usage in used),
        output_tokens=sum(usage.output_tokens for usage in used),
        cost_usd=sum(costs) if len(costs) == len(used) else None,
    )
