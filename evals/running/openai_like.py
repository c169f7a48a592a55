"""Any system that speaks OpenAI's chat protocol as target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.records.model import Failure, Reply, Usage
from evals.running.calling import Caller, CallError, Cost
from evals.running.kb_server import reply_of
from evals.running.refusals import is_refusal
from evals.running.targets import Identity, Question
from evals.text import language_of


class OpenAiLike:
    """Asks ``POST …/chat/completions``; filters mean nothing there and are not sent."""

    def __init__(
        self,
        caller: Caller,
        model: str,
        *,
        url: str,
        prices: tuple[float | None, float | None] = (None, None),
    ) -> None:
        """Ask for ``model``; ``prices`` are US dollars for a million tokens sent and received."""
        self.identity = Identity(kind="openai", name=f"{model} @ {url}")
        self._caller = caller
        self._model = model
        self._prices = prices

    async def answer(self, question: Question, cost: Cost) -> tuple[Reply, dict[str, Any]]:
        """Send the turns and the question, and read what comes back."""
        messages = [{"role": turn["role"], "content": turn["content"]} for turn in question.history]
        messages.append({"role": "user", "content": question.text})
        body = {"model": self._model, "messages": messages, "temperature": 0}
        completion = await self._caller.post("chat/completions", body, cost)
        return self._reply(completion), {"id": str(completion.get("id", ""))}

    def _reply(self, completion: Mapping[str, Any]) -> Reply:
        try:
            message = completion["choices"][0]["message"]
            text = message.get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise CallError(
                Failure(kind="reply", message=f"no message in the completion: {error!r}")
            ) from error
        usage = self._usage(completion)
        own = _own_answer(completion, message)
        if own is not None:
            return own.model_copy(update={"usage": own.usage or usage})
        # Lone surrogates cannot be written into a file.
        text = str(text).encode("utf-8", "replace").decode("utf-8")
        return Reply(
            status="abstained" if is_refusal(text) else "answered",
            language=language_of(text),
            text=text,
            generator=str(completion.get("model", self._model)),
            usage=usage,
            status_by="phrases",
        )

    def _usage(self, completion: Mapping[str, Any]) -> Usage | None:
        counted = completion.get("usage")
        if not isinstance(counted, dict):
            return None
        sent, received = int(counted.get("prompt_tokens") or 0), int(counted.get("completion_tokens") or 0)
        price_in, price_out = self._prices
        cost = None
        if price_in is not None and price_out is not None:
            cost = (sent * price_in + received * price_out) / 1e6
        model = str(completion.get("model", self._model))
        return Usage(model=model, input_tokens=sent, output_tokens=received, cost_usd=cost)


def _own_answer(completion: Mapping[str, Any], message: Mapping[str, Any]) -> Reply | None:
    """Read the whole answer object where the endpoint is a kb-server, which sends it along."""
    for holder, name in ((message, "kb"), (completion, "kb_server"), (completion, "kb")):
        answer = holder.get(name)
        if isinstance(answer, dict) and "status" in answer and "citations" in answer:
            return reply_of(answer)
    return None
