"""A language model that judges answers, behind any endpoint of OpenAI's protocol.

Its word varies and has to be compared with people's before it is believed: it is asked several times and the
median counts. It sees the question, what the case says of a good answer, and the answer; not the pages.
"""

from __future__ import annotations

import json
import os
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from evals.scorers.plugins import Scorer

KEY_VARIABLE = "KB_EVAL_JUDGE_KEY"
_TIMEOUT_SECONDS = 60.0
_OBJECT = re.compile(r"\{.*?\}", re.DOTALL)
_PROMPTS = Path(__file__).parent / "prompts"
_LANGUAGES = ("en", "ko")


def correctness(*, url: str, model: str, votes: int = 3) -> Scorer:
    """Judge given answers against references and facts; None for cases that have neither, and for refusals.

    Raises ``ValueError`` for a bad option; the scorer raises where the judge gives no readable score.
    """
    if votes < 1 or not url.startswith(("http://", "https://")):
        raise ValueError("url must begin with http:// or https://, and votes must be 1 or more")
    key = os.environ.get(KEY_VARIABLE, "")
    headers = {"authorization": f"Bearer {key}"} if key else {}
    client = httpx.Client(base_url=url.rstrip("/") + "/", headers=headers, timeout=_TIMEOUT_SECONDS)

    def judge(case: Mapping[str, Any], record: Mapping[str, Any]) -> float | None:
        good = good_answers(case)
        reply = record.get("reply") or {}
        if not good or reply.get("status") not in {"answered", "partial"}:
            return None
        messages = _messages(record["asked"], good, reply["text"], reply.get("language") or "en")
        return statistics.median(_vote(client, model, messages) for _ in range(votes))

    return judge


def good_answers(case: Mapping[str, Any]) -> list[str]:
    """List what a case says of a good answer: its references, else its vital facts."""
    references = list(case.get("reference", ()))
    nuggets = case.get("expect", {}).get("nuggets", ())
    return references or [nugget["text"] for nugget in nuggets if nugget.get("weight", "vital") == "vital"]


def _messages(asked: str, good: Sequence[str], answer: str, language: str) -> list[dict[str, str]]:
    texts = json.dumps({"question": asked, "good_answer": list(good), "answer": answer}, ensure_ascii=False)
    spoken = language if language in _LANGUAGES else "en"
    rubric = (_PROMPTS / f"judge.{spoken}.md").read_text(encoding="utf-8")
    return [{"role": "system", "content": rubric}, {"role": "user", "content": texts}]


def _vote(client: httpx.Client, model: str, messages: list[dict[str, str]]) -> float:
    body = {"model": model, "messages": messages, "temperature": 0}
    response = client.post("chat/completions", json=body)
    response.raise_for_status()
    said = str(response.json()["choices"][0]["message"]["content"])
    found = _OBJECT.search(said)
    score = json.loads(found.group())["score"] if found else None
    if not isinstance(score, int | float) or isinstance(score, bool) or not 0 <= score <= 1:
        raise ValueError(f"the judge gave no score from 0 to 1: {said[:80]!r}")
    return float(score)
