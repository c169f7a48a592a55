"""POST /v1/query with a language model: what of its reply is shown, and what it is shown with."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from .conftest import Starting
from .llm_server import KEY, MODEL, Call, Endpoint, Reply, citing_all, sentences

QUESTION = {
    "en": "How do I roll back to an earlier version?",
    "ko": "이전 버전으로 되돌리려면 어떻게 하나요?",
}
GOOD = {
    "en": "To roll back to the earlier version, run `kb rollback`.",
    "ko": "이전 버전으로 되돌리려면 `kb rollback` 명령을 실행하면 됩니다.",
}
ALSO = {"en": "The running server follows within a second.", "ko": "실행 중인 서버는 1초 안에 따라갑니다."}
BAD = {"en": "It also deletes all 12 backups of Acme.", "ko": "또한 Acme의 백업 12개를 모두 삭제합니다."}

each_lang = pytest.mark.parametrize("lang", ["en", "ko"])


async def ask(client: httpx.AsyncClient, lang: str) -> dict[str, Any]:
    response = await client.post("/v1/query", json={"question": QUESTION[lang]})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def texts(answer: dict[str, Any]) -> list[str]:
    return [sentence["text"] for sentence in answer["sentences"]]


@each_lang
async def test_a_supported_sentence_is_shown_with_the_span_that_carries_it(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(GOOD[lang], ALSO[lang]))
    answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang], ALSO[lang]]
    assert answer["status"] == "answered"
    assert answer["generator"] == f"llm:openai:{MODEL}"
    assert answer["fallback"] == ""
    assert answer["text"] == f"{GOOD[lang]} [1] {ALSO[lang]} [2]"
    for citation in answer["citations"]:
        path = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
        text = (await client.get(path)).json()["text"]
        assert text[citation["char_start"] : citation["char_end"]] == citation["quote"]
    assert "kb rollback" in answer["citations"][0]["quote"]
    assert {citation["path"] for citation in answer["citations"]} == {f"{lang}/operations.md"}


@each_lang
async def test_a_sentence_that_fails_twice_is_dropped(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(GOOD[lang], BAD[lang]), citing_all(BAD[lang]))
    answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang]]
    assert len(endpoint.calls) == 2
    assert BAD[lang] in endpoint.calls[1].body["messages"][-1]["content"]
    assert GOOD[lang] not in endpoint.calls[1].body["messages"][-1]["content"]


@each_lang
async def test_a_sentence_that_was_repaired_takes_its_place(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(BAD[lang], GOOD[lang]), citing_all(ALSO[lang]))

    assert texts(await ask(client, lang)) == [ALSO[lang], GOOD[lang]]
    assert len(endpoint.calls) == 2


@each_lang
async def test_what_cannot_be_repaired_leaves_what_held(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(GOOD[lang], BAD[lang]), Reply(status=500))
    answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang]]
    assert answer["fallback"] == ""


@each_lang
async def test_an_answer_that_lost_a_part_of_the_question_says_so(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    lost = {
        "en": "Rolling back an earlier version takes 99 hours.",
        "ko": "되돌리려면 이전 버전 99개가 필요합니다.",
    }
    endpoint.says(citing_all(ALSO[lang], lost[lang]), Reply("{}"))
    answer = await ask(client, lang)

    assert texts(answer) == [ALSO[lang]]
    assert (answer["status"], answer["reason"]) == ("partial", "not_in_docs")


@each_lang
async def test_plain_text_with_marks_is_read_as_well(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(
        lambda call: Reply(
            f"{GOOD[lang]} [{', '.join(call.ids)}]\n\n- {ALSO[lang]} [{call.ids[0]}][{call.ids[1]}]"
        )
    )

    assert texts(await ask(client, lang)) == [GOOD[lang], ALSO[lang]]


@each_lang
async def test_json_between_other_text_is_read(client: httpx.AsyncClient, endpoint: Endpoint, lang: str):
    endpoint.says(
        lambda call: Reply(f"Sure!\n```json\n{sentences((GOOD[lang], call.ids))}\n```\nHope {{this}} helps.")
    )

    assert texts(await ask(client, lang)) == [GOOD[lang]]


async def test_an_endpoint_without_structured_output_is_asked_in_words(
    client: httpx.AsyncClient, endpoint: Endpoint
):
    def tool_less(call: Call) -> Reply:
        if call.shape:
            return Reply(status=400, problem={"error": {"message": "response_format is not supported"}})
        if "stream_options" in call.body:
            return Reply(status=422, problem={"error": {"message": "extra field: stream_options"}})
        if "temperature" in call.body:
            return Reply(status=400, problem={"error": {"message": "temperature must be 1"}})
        return citing_all(GOOD["en"])(call)

    endpoint.says(tool_less)
    assert texts(await ask(client, "en")) == [GOOD["en"]]
    assert [call.shape for call in endpoint.calls] == ["json_schema", "json_object", "", "", ""]
    endpoint.calls.clear()
    assert texts(await ask(client, "en")) == [GOOD["en"]]
    assert len(endpoint.calls) == 1


async def test_the_request_is_cold_short_and_holds_the_answer_to_a_schema(
    client: httpx.AsyncClient, endpoint: Endpoint
):
    endpoint.says(citing_all(GOOD["en"]))
    await ask(client, "en")

    (call,) = endpoint.calls
    assert call.body["temperature"] == 0
    assert call.body["max_completion_tokens"] == 600
    assert call.shape == "json_schema"
    assert call.key == f"Bearer {KEY}"
    assert call.path == "/v1/chat/completions"
    assert not {"tools", "functions"} & call.body.keys()


@each_lang
async def test_passages_are_fenced_and_ids_are_drawn_anew_for_each_request(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(GOOD[lang]))
    await ask(client, lang)
    await ask(client, lang)

    first, second = endpoint.calls
    assert first.marker != second.marker
    assert not set(first.ids) & set(second.ids)
    assert first.marker in first.body["messages"][0]["content"]
    for call in (first, second):
        for key in call.ids:
            assert f"{call.marker} begin {key}\n" in call.prompt
            assert f"\n{call.marker} end {key}" in call.prompt
    assert QUESTION[lang] in first.body["messages"][-1]["content"]
    assert "$" not in first.prompt


async def test_usage_and_cost_add_up_over_all_calls(starting: Starting, endpoint: Endpoint):
    endpoint.says(citing_all(GOOD["en"], BAD["en"]), citing_all(BAD["en"]))
    async with starting(llm_input_price=2.0, llm_output_price=10.0) as client:
        answer = await ask(client, "en")

    assert answer["usage"] == {
        "model": f"openai:{MODEL}", "input_tokens": 240, "output_tokens": 60, "cost_usd": 0.00108,
    }  # fmt: skip


async def test_usage_is_estimated_where_the_endpoint_gives_none(
    client: httpx.AsyncClient, endpoint: Endpoint
):
    endpoint.says(lambda call: Reply(sentences((GOOD["en"], call.ids)), usage=None))
    usage = (await ask(client, "en"))["usage"]

    assert usage["input_tokens"] > 200
    assert 20 < usage["output_tokens"] < 120
    assert usage["cost_usd"] is None


@each_lang
async def test_of_several_candidates_the_best_supported_is_kept(
    starting: Starting, endpoint: Endpoint, lang: str
):
    endpoint.says(
        citing_all(BAD[lang]), citing_all(GOOD[lang], BAD[lang]), citing_all(GOOD[lang], ALSO[lang])
    )
    async with starting(llm_candidates=3) as client:
        answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang], ALSO[lang]]
    assert len(endpoint.calls) == 3
    assert sorted(call.body["temperature"] for call in endpoint.calls) == [0, 0.7, 0.7]
    assert answer["usage"]["input_tokens"] == 360


async def test_one_candidate_that_fails_does_not_spoil_the_others(starting: Starting, endpoint: Endpoint):
    endpoint.says(Reply(status=500), citing_all(GOOD["en"]))
    async with starting(llm_candidates=2) as client:
        answer = await ask(client, "en")

    assert texts(answer) == [GOOD["en"]]
    assert answer["fallback"] == ""


@pytest.mark.parametrize(
    "question", ["What is the airspeed of an unladen swallow?", "오늘 점심 메뉴는 무엇인가요?"]
)
async def test_no_model_is_asked_where_the_docs_have_no_answer(
    client: httpx.AsyncClient, endpoint: Endpoint, question: str
):
    endpoint.says(citing_all("It is 24 mph."))
    answer = (await client.post("/v1/query", json={"question": question})).json()

    assert answer["status"] == "abstained"
    assert answer["usage"] is None
    assert endpoint.calls == []


async def test_the_key_stands_in_no_answer_and_no_log(
    client: httpx.AsyncClient, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
):
    endpoint.says(Reply(status=401, problem={"error": {"message": f"bad key {KEY}"}}))
    with caplog.at_level(logging.DEBUG):
        answer = await ask(client, "en")

    assert answer["fallback"] == "error"
    assert "401" in caplog.text
    assert KEY not in caplog.text + json.dumps(answer)
