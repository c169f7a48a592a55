"""One answer object in every protocol: JSON, stream, OpenAI's chat, MCP, and the history."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from .event_stream import events_of
from .mcp_api.test_tools import tools

QUESTIONS = [
    "How do I roll back to an earlier version?",
    "이전 버전으로 되돌리려면 어떻게 하나요?",
    "What is the airspeed of an unladen swallow?",
    "안녕하세요!",
]
PASSING = ("id", "timings_ms", "conversation_id")


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    assert all(name in answer for name in PASSING)
    return {name: value for name, value in answer.items() if name not in PASSING}


async def answers_to(client: httpx.AsyncClient, question: str) -> dict[str, dict[str, Any]]:
    """Give the answer object of each protocol."""
    stored = (await client.post("/v1/query", json={"question": question, "conversation": True})).json()
    kept = (await client.get(f"/v1/conversations/{stored['conversation_id']}")).json()
    chat = {"model": "kb-server", "messages": [{"role": "user", "content": question}]}
    whole = (await client.post("/v1/chat/completions", json=chat)).json()
    chunks = (await client.post("/v1/chat/completions", json={**chat, "stream": True})).text
    *_, last, done = (line for line in chunks.splitlines() if line)
    assert done == "data: [DONE]"
    async with tools(str(client.base_url)) as mcp:
        called = await mcp.call_tool("ask_docs", {"question": question})
    return {
        "json": stored,
        "history": kept["turns"][0]["answer"],
        "stream": (await events_of(client, question))[-1].data,
        "openai": whole["kb_server"],
        "openai stream": json.loads(last.removeprefix("data: "))["kb_server"],
        "mcp": called.structured_content,
    }


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_protocol_gives_the_same_answer(served_url: str, question: str) -> None:
    async with httpx.AsyncClient(base_url=served_url, timeout=30) as client:
        found = await answers_to(client, question)

    assert found["history"] == found["json"]
    for protocol, answer in found.items():
        assert lasting(answer) == lasting(found["json"]), protocol
