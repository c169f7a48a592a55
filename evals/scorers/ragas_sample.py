"""A record in the words of RAGAS and tools like it, for scorers that wrap their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def ragas_sample(case: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``user_input, response, retrieved_contexts, reference``; the contexts are what was cited.

    >>> record = {"asked": "Q", "reply": {"text": "A", "citations": [{"quote": "C"}]}}
    >>> ragas_sample({"reference": ["R"]}, record)
    {'user_input': 'Q', 'response': 'A', 'retrieved_contexts': ['C'], 'reference': 'R'}
    """
    reply = record.get("reply") or {}
    cited = [citation["quote"] for citation in reply.get("citations", ())]
    contexts = cited or [passage["text"] for passage in record.get("passages") or ()]
    references = case.get("reference") or [""]
    return {
        "user_input": record["asked"],
        "response": reply.get("text", ""),
        "retrieved_contexts": contexts,
        "reference": references[0],
    }
