"""Have a model write an answer, and keep of it what its sources carry."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from kb_server.errors import KbError, LanguageModelError
from kb_server.generation.budget import Meter, Prices, within_budget
from kb_server.generation.chat import ChatEndpoint, ChatError, OnText, nobody
from kb_server.generation.drafts import MalformedReplyError, read_drafts
from kb_server.generation.evidence import Check, Evidencer, Fault
from kb_server.generation.listening import Emit, ReplyListener, sense_of, verdicts_of
from kb_server.generation.prompts import Message, Prompt, answer_prompt, repair_messages
from kb_server.generation.records import Draft, Failure, Task, Written, WrittenSentence
from kb_server.grounding.checks import check_sentence
from kb_server.index.tokenization import tokenize
from kb_server.settings import Settings

_log = logging.getLogger(__name__)
_UNREACHED = frozenset({Failure.TIMEOUT, Failure.ERROR, Failure.RATE_LIMITED})
_VARIETY = 0.7
"""Temperature of the candidates after the first: at 0 all of them would be the same."""


@dataclass(slots=True)
class _Candidate:
    """One reply of the model, read and checked."""

    reply: str
    drafts: list[Draft]
    verdicts: list[WrittenSentence | Fault]

    @property
    def held(self) -> list[WrittenSentence]:
        return [verdict for verdict in self.verdicts if isinstance(verdict, WrittenSentence)]

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Order by grounding: something holds, then the share that does, then how much."""
        held = len(self.held)
        return (held > 0, held / len(self.drafts) if self.drafts else 0.0, held)


@dataclass(slots=True)
class _Work:
    """The state of one task, kept outside of the calls so that a timeout loses nothing that was checked."""

    task: Task
    meter: Meter
    emit: Emit | None
    best: _Candidate | None = None
    errors: list[Failure] = field(default_factory=list)


def writer_of(settings: Settings, check: Check = check_sentence) -> Writer | None:
    """Give the writer that the settings name; None where answers are quoted only."""
    return Writer(settings, check) if settings.llm else None


class Writer:
    """Writes answers with one model."""

    def __init__(self, settings: Settings, check: Check) -> None:
        """Use the model that the settings name; LanguageModelError where its client cannot be loaded."""
        self._endpoint = ChatEndpoint(settings)
        self.check = check
        self._settings = settings
        self._prices = Prices(settings.llm_input_price, settings.llm_output_price)
        self._failed = 0

    @property
    def name(self) -> str:
        """Provider and model, as they are set."""
        return self._endpoint.name

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._endpoint.aclose()

    async def write(self, task: Task, *, emit: Emit | None = None) -> Written:
        """Answer ``task``; whatever goes wrong is named in the outcome, only cancellation is raised.

        Where one candidate is asked for, ``emit`` gets its sentences while the rest is still on its way.
        """
        work = _Work(
            task, Meter(self.name, self._prices), emit if self._settings.llm_candidates == 1 else None
        )
        try:
            async with asyncio.timeout(self._settings.llm_timeout_seconds):
                await self._draft_and_repair(work)
        except TimeoutError:
            self._note(work, Failure.TIMEOUT, f"no answer within {self._settings.llm_timeout_seconds:g} s")
        outcome = _outcome(work)
        if work.meter.calls or outcome.failure in _UNREACHED:
            self._failed = self._failed + 1 if outcome.failure in _UNREACHED else 0
        return outcome

    async def trouble(self) -> KbError | None:
        """Give what is wrong with the endpoint, by what became of the last questions; nothing is sent."""
        if not self._failed:
            return None
        return LanguageModelError(
            f"{self.name} did not answer the last {self._failed} questions; the docs were quoted instead.",
            remedy="See the server's log for the reason; check KB_LLM_URL and the endpoint's limits.",
        )

    async def _draft_and_repair(self, work: _Work) -> None:
        task = work.task
        speaking = [(place, source) for place, source in enumerate(task.sources) if source.lang == task.lang]
        if not speaking:
            work.errors.append(Failure.WRONG_LANGUAGE)
            return
        affordable = within_budget(speaking, self._settings.llm_input_tokens)
        if not affordable:
            self._note(work, Failure.BUDGET, "no passage fits into KB_LLM_INPUT_TOKENS")
            return
        prompt = answer_prompt(task, affordable)
        evidencer = Evidencer(self.check, task.sources, prompt.sources, task.lang)
        count = self._settings.llm_candidates
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._candidate(work, prompt, evidencer, _VARIETY if number else 0.0))
        await self._repair(work, prompt, evidencer)

    async def _candidate(self, work: _Work, prompt: Prompt, evidencer: Evidencer, temperature: float) -> None:
        listener = ReplyListener(evidencer, prompt.sources.keys(), work.emit or _nobody)
        async with listener.listening() if work.emit else nullcontext():
            listen = listener.hear if work.emit else None
            reply, drafts = await self._reply(work, prompt, prompt.messages, temperature, listen)
        if reply is None:
            return
        verdicts = await asyncio.to_thread(verdicts_of, evidencer, drafts, listener.verdicts)
        claims = [at for at, verdict in enumerate(verdicts) if verdict is not Fault.NO_CLAIM]
        candidate = _Candidate(reply, [drafts[at] for at in claims], [verdicts[at] for at in claims])
        if work.best is None or candidate.rank > work.best.rank:
            work.best = candidate

    async def _repair(self, work: _Work, prompt: Prompt, evidencer: Evidencer) -> None:
        """Let the model put right once what failed, sentence for sentence."""
        best = work.best
        if best is None:
            return
        failed = [at for at, verdict in enumerate(best.verdicts) if isinstance(verdict, Fault)]
        if not failed:
            return
        messages = repair_messages(prompt, best.reply, [best.drafts[at] for at in failed])
        _, drafts = await self._reply(work, prompt, messages, 0.0)
        verdicts = await asyncio.to_thread(verdicts_of, evidencer, drafts, {})
        for at, verdict in zip(failed, verdicts, strict=False):
            if isinstance(verdict, WrittenSentence):
                best.verdicts[at] = verdict

    async def _reply(
        self,
        work: _Work,
        prompt: Prompt,
        messages: tuple[Message, ...],
        temperature: float,
        listen: OnText | None = None,
    ) -> tuple[str | None, list[Draft]]:
        """Give a reply and its sentences; None where there is no usable one."""
        try:
            reply = await self._endpoint.reply(
                messages, work.meter, temperature=temperature, on_text=listen or nobody
            )
            return reply, read_drafts(reply, prompt.sources.keys())
        except ChatError as error:
            self._note(work, error.failure, str(error))
        except MalformedReplyError as error:
            self._note(work, Failure.ERROR, str(error))
        return None, []

    def _note(self, work: _Work, failure: Failure, message: str) -> None:
        work.errors.append(failure)
        _log.warning("%s gave no usable answer (%s): %s", self.name, failure, message)


async def _nobody(_: WrittenSentence) -> None:
    """Wait for no sentence."""


def _outcome(work: _Work) -> Written:
    used = work.meter.total()
    best = work.best
    if best is None:
        return Written((), (work.errors or [Failure.ERROR])[0], is_partial=False, consumption=used)
    sentences = _distinct(best.held)
    if not sentences:
        return Written((), _why_nothing(best), is_partial=False, consumption=used)
    return Written(sentences, None, _misses_a_part(work.task, best), used)


def _distinct(sentences: Sequence[WrittenSentence]) -> tuple[WrittenSentence, ...]:
    """Leave out a sentence that says again what one before it says."""
    first: dict[tuple[str, ...], WrittenSentence] = {}
    for sentence in sentences:
        first.setdefault(sense_of(sentence), sentence)
    return tuple(first.values())


def _why_nothing(candidate: _Candidate) -> Failure:
    if not candidate.drafts:
        return Failure.REFUSED
    wrong = [verdict for verdict in candidate.verdicts if verdict is Fault.WRONG_LANGUAGE]
    return Failure.WRONG_LANGUAGE if 2 * len(wrong) > len(candidate.drafts) else Failure.UNSUPPORTED


def _misses_a_part(task: Task, candidate: _Candidate) -> bool:
    """Tell whether words of the question stand in dropped sentences and in no kept one."""
    asked = set(tokenize(task.question))
    kept = {term for sentence in candidate.held for term in tokenize(sentence.text)}
    dropped = {
        term
        for draft, verdict in zip(candidate.drafts, candidate.verdicts, strict=True)
        if isinstance(verdict, Fault)
        for term in tokenize(draft.text)
    }
    return bool(asked & dropped - kept)
