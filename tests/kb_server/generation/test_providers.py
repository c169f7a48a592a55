"""Each provider through its own client and protocol, and what is said where one cannot be set up."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kb_server.app import create_app
from kb_server.cli import run
from kb_server.errors import LanguageModelError
from kb_server.settings import LLM_PROVIDERS, Settings

from .conftest import Starting
from .llm_server import KEY, MODEL, Call, Endpoint, Reply, citing_all
from .test_answers import GOOD, QUESTION, ask, each_lang, texts

PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "ollama": "/api/chat"}
ENDS = {"openai": "stop", "anthropic": "end_turn", "ollama": "stop"}
CUTS = {"openai": "length", "anthropic": "max_tokens", "ollama": "length"}

each_provider = pytest.mark.parametrize("provider", LLM_PROVIDERS)


def settings_of(provider: str, endpoint: Endpoint) -> dict[str, Any]:
    url = endpoint.url if provider == "openai" else endpoint.url.removesuffix("/v1")
    return {"llm": f"{provider}:{MODEL}", "llm_url": url}


@each_lang
@each_provider
async def test_every_provider_words_answers(starting: Starting, endpoint: Endpoint, provider: str, lang: str):
    def reply(call: Call) -> Reply:
        return Reply(citing_all(GOOD[lang])(call).text, finish=ENDS[provider])

    endpoint.says(reply)
    async with starting(**settings_of(provider, endpoint)) as client:
        answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang]]
    assert answer["generator"] == f"llm:{provider}:{MODEL}"
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (120, 30)
    (call,) = endpoint.calls
    assert call.path == PATHS[provider]
    assert KEY in call.key
    assert (call.body.get("options") or call.body)["temperature"] == 0


@each_provider
@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=500), "error"),
        (Reply(status=429, problem={"error": "slow down"}), "rate_limited"),
        (Reply(raw=b"<html>"), "error"),
        (Reply("It is", finish=None), "error"),
        (Reply("It is", finish="cut"), "budget"),
    ],
    ids=["500", "429", "a page", "broken off", "cut"],
)
async def test_every_provider_fails_into_the_quoted_answer(
    starting: Starting, endpoint: Endpoint, provider: str, reply: Reply, why: str
):
    endpoint.says(Reply(reply.text, finish=CUTS[provider]) if reply.finish == "cut" else reply)
    async with starting(**settings_of(provider, endpoint)) as client:
        answer = await ask(client, "en")

    assert answer["fallback"] == why
    assert answer["generator"] == "extractive"


async def test_a_variable_of_the_environment_traces_nothing(
    starting: Starting, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    for product in ("LANGSMITH", "LANGCHAIN"):
        monkeypatch.setenv(f"{product}_ENDPOINT", endpoint.url)
        monkeypatch.setenv(f"{product}_API_KEY", "k")
    endpoint.says(citing_all(GOOD["en"]))
    async with starting() as client:
        await ask(client, "en")

    assert [call.path for call in endpoint.calls] == ["/v1/chat/completions"]


@each_provider
def test_a_missing_package_names_the_extra(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, f"langchain_{provider}", None)
    from langchain.chat_models import base  # noqa: PLC0415 - an extra

    base._get_chat_model_creator.cache_clear()
    with pytest.raises(LanguageModelError, match=f"KB_LLM={provider}:{MODEL}") as caught:
        create_app(Settings(data_dir=tmp_path, llm=f"{provider}:{MODEL}"))
    assert f"kb-server[{provider}]" in caught.value.remedy


@each_provider
def test_nothing_is_sent_at_the_start(provider: str, tmp_path: Path, endpoint: Endpoint):
    create_app(Settings(data_dir=tmp_path, **settings_of(provider, endpoint)))

    assert endpoint.calls == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("llm", "", "KB_LLM"),
        ("llm", "gpt-4.1", "openai:MODEL"),
        ("llm", "openai:", "openai:MODEL"),
        ("llm", "azure:gpt", "openai:MODEL"),
        ("llm_url", "localhost:8080/v1", "http://"),
        ("llm_url", "http://me:secret@localhost/v1", "KB_LLM_API_KEY"),
        ("llm_candidates", 0, "greater than or equal to 1"),
        ("llm_candidates", 9, "less than or equal to 8"),
        ("llm_input_price", -1, "greater than or equal to 0"),
        ("llm_output_tokens", 0, "greater than 0"),
    ],
)
def test_a_bad_setting_is_refused_with_the_rule(field: str, value: Any, words: str):
    with pytest.raises(ValidationError, match=words):
        Settings(**{field: value})


def test_the_model_has_less_time_than_the_request():
    Settings(request_timeout_seconds=5)
    with pytest.raises(ValidationError, match="KB_LLM_TIMEOUT_SECONDS"):
        Settings(llm="openai:gpt", request_timeout_seconds=5)
    with pytest.raises(ValidationError, match="KB_LLM_TIMEOUT_SECONDS"):
        Settings(llm="openai:gpt", llm_timeout_seconds=60)


def test_the_key_shows_in_no_form_of_the_settings():
    settings = Settings(llm="openai:gpt", llm_api_key=KEY)

    assert KEY not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


@each_lang
def test_kb_ask_has_the_model_word_its_answer(
    shared_index: Path,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lang: str,
):
    endpoint.says(citing_all(GOOD[lang]))
    for name, value in settings_of("openai", endpoint).items():
        monkeypatch.setenv(f"KB_{name.upper()}", value)
    arguments = ["ask", QUESTION[lang], "--data-dir", str(shared_index)]

    assert run([*arguments, "--json"]) == 0
    assert texts(json.loads(capsys.readouterr().out)) == [GOOD[lang]]
    assert run(arguments) == 0
    assert f"llm:openai:{MODEL}" in capsys.readouterr().out
    endpoint.says(Reply(status=500))
    assert run(arguments) == 0
    assert "no answer of the model (error)" in capsys.readouterr().out
