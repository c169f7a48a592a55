"""The chat protocol with the clients that people use: ``openai`` and LangChain, over real sockets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.kb_server.event_stream import comparable

QUESTIONS = {
    "en": "How do I roll back to an earlier version?",
    "ko": "이전 버전으로 되돌리려면 어떻게 하나요?",
}
SOURCES = {"en": "Sources:", "ko": "출처:"}
each_lang = pytest.mark.parametrize("lang", ["en", "ko"])


@pytest.fixture
def client(served_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served_url}/v1", api_key="none", max_retries=0) as client:
        yield client


def asking(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": question}]


def answer_to(served_url: str, question: str, **more: Any) -> dict[str, Any]:
    response = httpx.post(f"{served_url}/v1/query", json={"question": question, **more})
    answer: dict[str, Any] = response.json()
    return answer


def test_the_model_is_listed(client: openai.OpenAI) -> None:
    (model,) = client.models.list().data

    assert model.id == "kb-server"
    assert client.models.retrieve(model.id) == model


@each_lang
def test_a_reply_carries_footnotes_and_the_whole_answer(
    client: openai.OpenAI, served_url: str, lang: str
) -> None:
    completion = client.chat.completions.create(model="kb-server", messages=asking(QUESTIONS[lang]))

    content = completion.choices[0].message.content or ""
    answer = answer_to(served_url, QUESTIONS[lang])
    assert completion.model_extra
    assert comparable(completion.model_extra["kb_server"]) == comparable(answer)
    assert content.startswith(answer["text"])
    assert "[1]" in answer["text"]
    below = content.removeprefix(answer["text"])
    assert below.startswith(f"\n\n{SOURCES[lang]}\n\n- [1]")
    numbers = [int(number) for number in re.findall(r"\[(\d+)\]", below)]
    assert sorted(numbers) == list(range(1, len(answer["citations"]) + 1))
    assert below.count("\n- ") == len(
        {(cited["path"], *cited["heading_path"]) for cited in answer["citations"]}
    )
    assert f"({lang}/operations.md)" in below
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage
    assert completion.usage.total_tokens == 0


@each_lang
def test_a_streamed_reply_says_the_same(client: openai.OpenAI, lang: str) -> None:
    whole = client.chat.completions.create(model="kb-server", messages=asking(QUESTIONS[lang]))
    stream = client.chat.completions.create(
        model="kb-server",
        messages=asking(QUESTIONS[lang]),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert len(texts) > 3
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].usage
    assert chunks[-1].choices == []
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    assert last.model_extra
    assert whole.model_extra
    assert comparable(last.model_extra["kb_server"]) == comparable(whole.model_extra["kb_server"])
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].id == f"chatcmpl-{last.model_extra['kb_server']['id']}"


async def test_the_asynchronous_client_works(served_url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{served_url}/v1", api_key="none") as client:
        whole = await client.chat.completions.create(model="kb-server", messages=asking(QUESTIONS["en"]))
        stream = await client.chat.completions.create(
            model="kb-server", messages=asking(QUESTIONS["en"]), stream=True
        )
        texts = [chunk.choices[0].delta.content or "" async for chunk in stream]

    assert "".join(texts) == whole.choices[0].message.content


def test_the_stream_helper_of_the_client_works(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="kb-server", messages=asking(QUESTIONS["ko"])) as stream:
        final = stream.get_final_completion()

    assert "출처:" in (final.choices[0].message.content or "")


@each_lang
def test_langchain_gets_replies_whole_and_streamed(served_url: str, lang: str) -> None:
    model = ChatOpenAI(base_url=f"{served_url}/v1", api_key="none", model="kb-server", temperature=0.2)  # type: ignore[arg-type]
    whole = model.invoke([SystemMessage("Be brief."), HumanMessage(QUESTIONS[lang])])
    pieces = list(model.stream(QUESTIONS[lang]))

    assert isinstance(whole, AIMessage)
    assert "[1]" in str(whole.content)
    assert SOURCES[lang] in str(whole.content)
    assert "".join(str(piece.content) for piece in pieces) == whole.content


@each_lang
def test_a_conversation_is_understood_from_its_messages(client: openai.OpenAI, lang: str) -> None:
    first = client.chat.completions.create(model="kb-server", messages=asking(QUESTIONS[lang]))
    follow_up = {"en": "And for the index?", "ko": "그건 얼마나 걸리나요?"}[lang]
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "You are a helpful assistant."},
        *asking(QUESTIONS[lang]),
        {"role": "assistant", "content": first.choices[0].message.content},
        {"role": "user", "content": [{"type": "text", "text": follow_up}]},
    ]
    second = client.chat.completions.create(model="kb-server", messages=messages)

    assert second.model_extra
    understood = second.model_extra["kb_server"]["understood"]
    assert understood["text"] == follow_up
    assert understood["follows_up"]


def test_filters_and_other_fields_of_a_query_go_into_kb(client: openai.OpenAI, served_url: str) -> None:
    fields = {"filters": {"lang": "ko"}, "top_k": 3, "language": "en", "max_risk": 0.9, "explain": True}
    completion = client.chat.completions.create(
        model="kb-server", messages=asking(QUESTIONS["en"]), extra_body={"kb": fields}
    )

    assert completion.model_extra
    answer = completion.model_extra["kb_server"]
    assert comparable(answer) == comparable(answer_to(served_url, QUESTIONS["en"], **fields))
    assert {citation["path"].split("/")[0] for citation in answer["citations"]} == {"ko"}
    assert answer["explanation"]["max_risk"] == 0.9


def test_what_clients_send_routinely_is_accepted(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="gpt-4o",
        messages=asking("Hello!"),
        n=1,
        temperature=0.3,
        top_p=0.9,
        max_tokens=100,
        max_completion_tokens=100,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        seed=7,
        user="u_1",
        tools=[{"type": "function", "function": {"name": "look", "parameters": {}}}],
        tool_choice="auto",
        parallel_tool_calls=False,
        logprobs=False,
        stop=None,
        response_format={"type": "text"},
        metadata={"chat": "1"},
        extra_body={"chat_id": "1", "repetition_penalty": 1.1, "keep_alive": "5m"},
        extra_headers={"X-OpenWebUI-User-Id": "1"},
    )

    assert completion.model == "kb-server"
    assert completion.choices[0].message.content == "Hello! What would you like to know?"


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"stop": ["."]}, "stop"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "가" * 2001}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages.0.content.0.type"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages.0.role"),
        ({"kb": {"top_k": 0}}, "kb.top_k"),
        ({"kb": {"filter": {}}}, "kb.filter"),
        ({"kb": {"question": "Hi"}}, "kb.question"),
        ({"kb": {"conversation": True, "conversation_id": "c_1"}}, "kb"),
        ({"kb": "x"}, "kb"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_would_change_the_meaning_is_refused_by_name(
    client: openai.OpenAI, changed: dict[str, Any], param: str, stream: bool
) -> None:
    given = {"model": "kb-server", "messages": asking("Hello!"), "stream": stream, **changed}
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.post("/chat/completions", body=given, cast_to=object)

    assert caught.value.param == param
    assert caught.value.code == "invalid_request"
    assert caught.value.type == "invalid_request_error"
    assert param in caught.value.message


def test_errors_of_the_server_are_in_the_form_of_the_protocol(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.models.retrieve("gpt-4o")
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.chat.completions.create(
            model="kb-server", messages=asking("Hi there, port?"), extra_body={"kb": {"filters": {"x": "y"}}}
        )

    assert unknown.value.code == "not_found"
    assert "kb-server" in unknown.value.message
    assert refused.value.code == "unknown_filter"
    assert refused.value.request_id


def test_a_wrong_base_address_and_what_is_not_offered_say_so(client: openai.OpenAI, served_url: str) -> None:
    without = openai.OpenAI(base_url=served_url, api_key="none", max_retries=0)

    with pytest.raises(openai.NotFoundError, match=r"want ends in /v1\."), without:
        without.chat.completions.create(model="kb-server", messages=asking("안녕"))
    with pytest.raises(openai.NotFoundError, match="POST /v1/chat/completions and GET /v1/models"):
        client.embeddings.create(model="kb-server", input="안녕")


def test_an_abstention_says_what_to_do_next(client: openai.OpenAI) -> None:
    question = "What is the airspeed of an unladen swallow?"
    completion = client.chat.completions.create(model="kb-server", messages=asking(question))

    assert completion.model_extra
    answer = completion.model_extra["kb_server"]
    content = completion.choices[0].message.content or ""
    assert answer["status"] == "abstained"
    assert answer["next_step"]["text"] in content
    assert "Sources:" not in content


def test_a_long_conversation_is_cut_and_not_refused(client: openai.OpenAI) -> None:
    turns: list[ChatCompletionMessageParam] = []
    for number in range(60):
        turns += [
            {"role": "user", "content": f"Question {number}?"},
            {"role": "assistant", "content": "x" * 9000 if number == 59 else "No."},
        ]
    completion = client.chat.completions.create(
        model="kb-server", messages=[*turns[-50:], *asking(QUESTIONS["en"])]
    )

    assert "[1]" in (completion.choices[0].message.content or "")


@each_lang
def test_a_request_that_comes_twice_is_answered_and_stored_once(client: openai.OpenAI, lang: str) -> None:
    def whole(question: str) -> dict[str, Any]:
        completion = client.chat.completions.create(
            model="kb-server", messages=asking(question), extra_headers=key
        )
        return dict((completion.model_extra or {})["kb_server"])

    key = {"Idempotency-Key": f"openai-{lang}-{secrets.token_hex(4)}"}
    first = whole(QUESTIONS[lang])
    chunks = client.chat.completions.create(
        model="kb-server", messages=asking(QUESTIONS[lang]), extra_headers=key, stream=True
    )

    assert whole(QUESTIONS[lang]) == first
    assert (list(chunks)[-1].model_extra or {})["kb_server"] == first
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        whole(f"{QUESTIONS[lang]} 2")
    assert refused.value.code == "idempotency_key_reused"
