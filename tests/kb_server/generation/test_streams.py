"""Streams with a language model behind them, over real sockets: what comes when, and who stops whom."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.event_stream import Event, comparable, named, parse, text_of
from tests.kb_server.served import served

from .llm_server import KEY, MODEL, Endpoint, Reply, citing_all, sentences
from .test_answers import ALSO, BAD, GOOD, QUESTION, each_lang

Serving = Callable[..., AbstractContextManager[httpx.Client]]
WAIT_SECONDS = 20


@pytest.fixture
def serving(endpoint: Endpoint, shared_index: Path, encoder: Encoder) -> Serving:
    @contextmanager
    def start(**more: Any) -> Iterator[httpx.Client]:
        given = {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": KEY}
        settings = Settings(data_dir=shared_index, **(given | more))
        app = create_app(settings, encoder=lambda: encoder)
        with (
            served(app, settings=settings) as url,
            httpx.Client(base_url=url, timeout=WAIT_SECONDS) as client,
        ):
            yield client

    return start


def body(lang: str, **more: Any) -> dict[str, Any]:
    return {"question": QUESTION[lang], "stream": True, **more}


def next_event(lines: Iterator[str]) -> Event:
    """Read one event as it arrives."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line and "data" in fields:
            break
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
    return Event(fields["id"], fields["event"], json.loads(fields["data"]))


@each_lang
@pytest.mark.parametrize("texts", [[GOOD, ALSO], [GOOD, BAD], [BAD, GOOD], [BAD]])
def test_the_last_event_is_the_json_reply(
    serving: Serving, endpoint: Endpoint, lang: str, texts: list[dict[str, str]]
) -> None:
    endpoint.says(citing_all(*(text[lang] for text in texts)))
    with serving() as client:
        answer = client.post("/v1/query", json={"question": QUESTION[lang]}).json()
        events = list(parse(client.post("/v1/query", json=body(lang)).text))

    assert events[-1].name == "answer"
    assert comparable(events[-1].data) == comparable(answer)
    assert text_of(events) == answer["text"]
    assert named(events, "citation") == answer["citations"]
    assert BAD[lang] not in text_of(events)
    assert answer["generator"].startswith("llm:") or answer["fallback"] == "unsupported"


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(GOOD["en"], finish=None), Reply(status=429), Reply("{")]
)
def test_a_model_that_fails_is_replaced_in_a_stream_as_well(
    serving: Serving, endpoint: Endpoint, reply: Reply
) -> None:
    endpoint.says(reply)
    with serving() as client:
        answer = client.post("/v1/query", json={"question": QUESTION["en"]}).json()
        events = list(parse(client.post("/v1/query", json=body("en")).text))

    assert answer["fallback"]
    assert comparable(events[-1].data) == comparable(answer)
    assert text_of(events) == answer["text"]


@each_lang
def test_the_pages_are_told_before_the_model_has_said_anything(
    serving: Serving, endpoint: Endpoint, lang: str
) -> None:
    released = threading.Event()
    endpoint.says(Reply(sentences((GOOD[lang], ["k1"])), wait_for=released))
    with serving() as client, client.stream("POST", "/v1/query", json=body(lang)) as response:
        lines = response.iter_lines()
        first = next_event(lines)
        released.set()
        rest = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    assert first.name == "passages"
    assert f"{lang}/operations.md" in {page["path"] for page in first.data["passages"]}
    assert rest[-1]["status"] == "answered"


def test_a_reader_who_leaves_stops_the_model_and_gets_an_honest_end(
    serving: Serving, endpoint: Endpoint
) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    with serving(max_streams=1) as client:
        with client.stream("POST", "/v1/query", json=body("en")) as response:
            first = next_event(response.iter_lines())
            assert endpoint.asked.wait(WAIT_SECONDS)
        assert endpoint.hung_up.wait(WAIT_SECONDS)
        path = f"/v1/streams/{first.id.rpartition('.')[0]}"
        rest = list(parse(client.get(path, headers={"Last-Event-ID": first.id}).text))

    assert [event.name for event in rest] == ["error"]
    assert rest[0].data["code"] == "stream_interrupted"
    assert rest[0].data["retry_after"] == 1


def test_a_reader_who_comes_back_at_once_gets_the_answer(serving: Serving, endpoint: Endpoint) -> None:
    released = threading.Event()
    endpoint.says(Reply(sentences((GOOD["en"], ["k1"])), wait_for=released))
    with serving() as client:
        with client.stream("POST", "/v1/query", json=body("en")) as response:
            first = next_event(response.iter_lines())
        path = f"/v1/streams/{first.id.rpartition('.')[0]}"
        with client.stream("GET", path, headers={"Last-Event-ID": first.id}) as response:
            released.set()
            rest = list(parse(response.read().decode()))

    assert not endpoint.hung_up.is_set()
    assert rest[-1].name == "answer"
    assert text_of(rest) == rest[-1].data["text"]
    assert rest[0].number == 2


def test_more_streams_than_the_limit_are_refused_and_a_place_comes_back(
    serving: Serving, endpoint: Endpoint
) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    with serving(max_streams=2) as client:
        with (
            client.stream("POST", "/v1/query", json=body("en")) as one,
            client.stream("POST", "/v1/query", json=body("ko")) as two,
        ):
            lines = one.iter_lines(), two.iter_lines()
            assert [next_event(each).name for each in lines] == ["passages"] * 2
            refused = client.post("/v1/query", json=body("en"))
            plain = client.post("/v1/search", json={"query": "port"})
        answered = _ask_until_accepted(client)

    assert refused.status_code == 503
    assert refused.json()["code"] == "overloaded"
    assert "KB_MAX_STREAMS" in refused.json()["remedy"]
    assert refused.headers["retry-after"] == "1"
    assert plain.status_code == 200
    assert answered.status_code == 200


def _ask_until_accepted(client: httpx.Client) -> httpx.Response:
    """The server learns a moment later that its readers have left."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        response = client.post("/v1/query", json={"question": "Hello!", "stream": True})
        if response.status_code == 200 or time.monotonic() > until:
            return response
        time.sleep(0.05)


def test_a_stream_that_takes_too_long_ends_with_an_error(serving: Serving, endpoint: Endpoint) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    with serving(stream_timeout_seconds=0.6, llm_timeout_seconds=0.5) as client:
        events = list(parse(client.post("/v1/query", json=body("en")).text))
    assert events[-1].name == "answer"
    assert events[-1].data["fallback"] == "timeout"


def test_shutdown_ends_a_stream_with_an_event(serving: Serving, endpoint: Endpoint) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    with ExitStack() as server, httpx.Client(timeout=WAIT_SECONDS) as reader:
        url = f"{server.enter_context(serving()).base_url}/v1/query"
        with reader.stream("POST", url, json=body("en")) as response:
            lines = response.iter_lines()
            first = next_event(lines)
            stopping = threading.Thread(target=server.close)
            stopping.start()
            last = next_event(lines)
        stopping.join()

    assert (first.name, last.name) == ("passages", "error")
    assert last.data["code"] == "shutting_down"
    assert last.data["retry_after"] == 1
    assert endpoint.hung_up.is_set()


# Sentences while the model goes on


def held(text: str, hold: threading.Event, **more: Any) -> Reply:
    """Send up to the end of the first sentence, and the rest once ``hold`` is set."""
    return Reply(text, hold=hold, step=text.index("}") + 1, **more)


@each_lang
def test_a_sentence_is_sent_while_the_model_writes_the_next(
    serving: Serving, endpoint: Endpoint, lang: str
) -> None:
    hold = threading.Event()
    endpoint.says(lambda call: held(sentences((GOOD[lang], call.ids), (ALSO[lang], call.ids)), hold))
    with serving() as client, client.stream("POST", "/v1/query", json=body(lang)) as response:
        lines = response.iter_lines()
        early = [next_event(lines) for _ in range(3)]
        assert not hold.is_set()
        hold.set()
        rest = list(parse("\n".join(lines)))

    events = [*early, *rest]
    assert [event.name for event in early] == ["passages", "citation", "delta"]
    assert early[-1].data["text"] == f"{GOOD[lang]} [1]"
    assert text_of(events) == rest[-1].data["text"] == f"{GOOD[lang]} [1] {ALSO[lang]} [2]"
    assert named(events, "citation") == rest[-1].data["citations"]


@each_lang
def test_after_a_sentence_that_fails_the_rest_waits_for_the_repair(
    serving: Serving, endpoint: Endpoint, lang: str
) -> None:
    endpoint.says(citing_all(GOOD[lang], BAD[lang]), citing_all(ALSO[lang]))
    with serving() as client:
        events = list(parse(client.post("/v1/query", json=body(lang)).text))

    assert text_of(events) == events[-1].data["text"] == f"{GOOD[lang]} [1] {ALSO[lang]} [2]"
    assert BAD[lang] not in text_of(events)


@each_lang
@pytest.mark.parametrize("end", [None, "length", "content_filter"])
def test_where_a_model_breaks_off_the_quoted_answer_follows(
    serving: Serving, endpoint: Endpoint, lang: str, end: str | None
) -> None:
    hold = threading.Event()
    endpoint.says(
        lambda call: held(sentences((GOOD[lang], call.ids), (ALSO[lang], call.ids)), hold, finish=end)
    )
    with serving() as client:
        with client.stream("POST", "/v1/query", json=body(lang)) as response:
            lines = response.iter_lines()
            early = [next_event(lines) for _ in range(3)]
            hold.set()
            events = [*early, *parse("\n".join(lines))]
        answer = events[-1].data
        revisions = {
            cited["id"]: client.get(f"/v1/documents/{cited['doc_id']}/revisions/{cited['revision']}").json()
            for cited in answer["citations"]
        }

    assert answer["fallback"]
    assert text_of(events) == answer["text"]
    assert answer["text"].startswith(f"{GOOD[lang]} [1]")
    assert answer["sentences"][0]["support"] == "supported"
    assert answer["sentences"][-1]["support"] == "verbatim"
    assert answer["sentences"][-1]["text"] in answer["text"]
    for cited in answer["citations"]:
        text = revisions[cited["id"]]["text"]
        assert text[cited["char_start"] : cited["char_end"]] == cited["quote"]
    assert named(events, "citation") == answer["citations"]
    assert len({cited["id"] for cited in answer["citations"]}) == len(answer["citations"])
