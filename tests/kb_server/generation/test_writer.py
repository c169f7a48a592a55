"""The writer by itself: sentences are handed on while the reply is still arriving."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest

from kb_server.generation.records import Failure, Piece, Source, Task, WrittenSentence
from kb_server.generation.writer import Writer, writer_of
from kb_server.index.records import Span
from kb_server.settings import Settings

from .llm_server import KEY, MODEL, Endpoint, Reply, sentences

TEXT = {
    "en": "Backups are kept for 30 days.\nMembers cannot delete backups.",
    "ko": "백업은 30일 동안 보관됩니다.\n구성원은 백업을 삭제할 수 없습니다.",
}
FALSE = {"en": "Backups are kept for 99 days.", "ko": "백업은 99일 동안 보관됩니다."}

each_lang = pytest.mark.parametrize("lang", TEXT)


def task(lang: str, *, source_lang: str | None = None) -> Task:
    spans = [match.span() for match in re.finditer(r".+", TEXT[lang])]
    pieces = tuple(Piece(Span(*span), ("Backups", "백업")) for span in spans)
    return Task("How long are backups kept?", lang, (Source(TEXT[lang], source_lang or lang, pieces),))


def writer(endpoint: Endpoint, **more: object) -> Writer:
    given = {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": KEY}
    made = writer_of(Settings(**(given | more)))
    assert made is not None
    return made


def test_no_model_in_the_settings_is_no_writer():
    assert writer_of(Settings()) is None


@each_lang
async def test_a_sentence_is_handed_on_while_the_rest_is_on_its_way(endpoint: Endpoint, lang: str):
    first, second = TEXT[lang].split("\n")
    hold = threading.Event()

    def reply(call):
        text = sentences((first, call.ids), (FALSE[lang], call.ids), (second, call.ids))
        return Reply(text, hold=hold, step=text.index("}") + 1)

    endpoint.says(reply, Reply(sentences()))
    made = writer(endpoint)
    emitted: list[WrittenSentence] = []
    arrived = asyncio.Event()

    async def emit(sentence: WrittenSentence) -> None:
        emitted.append(sentence)
        arrived.set()

    writing = asyncio.create_task(made.write(task(lang), emit=emit))
    async with asyncio.timeout(30):
        await arrived.wait()
    assert [sentence.text for sentence in emitted] == [first]
    assert not writing.done()
    hold.set()
    written = await writing
    await made.aclose()

    assert [sentence.text for sentence in emitted] == [first]  # another may stand before the second
    assert [sentence.text for sentence in written.sentences] == [first, second]


@each_lang
async def test_the_evidence_is_in_the_source(endpoint: Endpoint, lang: str):
    first, second = TEXT[lang].split("\n")
    endpoint.says(lambda call: Reply(sentences((second, call.ids), (first, call.ids))))
    made = writer(endpoint)
    written = await made.write(task(lang))
    await made.aclose()

    (source,) = task(lang).sources
    quotes = [[source.quote(each.piece) for each in sentence.evidence] for sentence in written.sentences]
    assert quotes == [[second], [first]]
    assert not written.is_partial


@each_lang
async def test_nobody_is_asked_where_no_passage_is_in_the_language(endpoint: Endpoint, lang: str):
    made = writer(endpoint)
    written = await made.write(task(lang, source_lang="ko" if lang == "en" else "en"))
    await made.aclose()

    assert written.failure is Failure.WRONG_LANGUAGE
    assert written.consumption is None
    assert endpoint.calls == []


async def test_a_refusal_of_one_request_does_not_change_the_next(endpoint: Endpoint):
    endpoint.says(Reply(status=400, problem={"error": {"message": "the context is too long"}}))
    made = writer(endpoint)
    assert (await made.write(task("en"))).failure is Failure.ERROR
    endpoint.calls.clear()
    endpoint.says(lambda call: Reply(sentences((TEXT["en"].split("\n")[0], call.ids))))
    assert (await made.write(task("en"))).failure is None
    await made.aclose()

    assert endpoint.calls[0].shape == "json_schema"


async def test_what_was_sent_is_not_repeated_in_a_log(endpoint: Endpoint, caplog: pytest.LogCaptureFixture):
    endpoint.says(lambda call: Reply(status=422, problem={"detail": [{"input": dict(call.body)}]}))
    made = writer(endpoint)
    await made.write(task("en"))
    await made.aclose()

    warnings = [record.getMessage() for record in caplog.records if record.name.startswith("kb_server")]
    assert len(warnings) == 1
    assert "422" in warnings[0]
    assert "Backups" not in warnings[0]
