"""The retriever and the runnable, in chains of LangChain, over HTTP and in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from kb_server.client import Client, RequestRefusedError, UnavailableError
from kb_server.integrations.in_process import client_of
from kb_server.integrations.langchain import KbChain, KbRetriever
from tests.manual import read_manual

QUESTIONS = {"en": "How do I roll back?", "ko": "이전 버전으로 되돌리려면?"}
each_lang = pytest.mark.parametrize("lang", QUESTIONS)


def without_id(value: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = value.model_dump(exclude={"id", "timings_ms"})
    return dumped


@each_lang
def test_documents_are_the_passages_of_a_search(served_url: str, lang: str) -> None:
    with KbRetriever.from_url(served_url, top_k=3, filters={"lang": lang}) as retriever:
        found = retriever.invoke(QUESTIONS[lang])

    with Client(served_url) as client:
        passages = client.search(QUESTIONS[lang], top_k=3, filters={"lang": lang}).passages
        first = found[0]
        text = client.revision(first.metadata["doc_id"], first.metadata["revision"]).text
    assert [document.id for document in found] == [passage.chunk_id for passage in passages]
    assert {
        name: first.metadata[name] for name in ("path", "title", "heading_path", "anchor", "url", "score")
    } == {
        name: getattr(passages[0], name)
        for name in ("path", "title", "heading_path", "anchor", "url", "score")
    }
    assert text[first.metadata["char_start"] : first.metadata["char_end"]] == first.page_content


async def test_documents_are_found_without_blocking(served_url: str) -> None:
    async with KbRetriever.from_url(served_url) as retriever:
        found = await retriever.ainvoke(QUESTIONS["ko"])
        without = await KbRetriever(client=retriever.client).ainvoke(QUESTIONS["ko"])

    assert found
    assert found == without


@each_lang
def test_retriever_feeds_a_chain(served_url: str, lang: str) -> None:
    def joined(documents: list[Document]) -> str:
        return "\n".join(document.page_content for document in documents)

    prompt = ChatPromptTemplate.from_messages([("system", "{context}"), ("user", "{question}")])
    with KbRetriever.from_url(served_url) as retriever:
        chain = {"context": retriever | RunnableLambda(joined), "question": RunnablePassthrough()} | prompt
        system, user = chain.invoke(QUESTIONS[lang]).to_messages()

    assert "kb rollback" in str(system.content)
    assert user.content == QUESTIONS[lang]


@each_lang
def test_chain_answers_with_the_answer_object(served_url: str, lang: str) -> None:
    with KbChain.from_url(served_url, suggest=False) as chain:
        answer = chain.invoke(QUESTIONS[lang])
        by_fields = chain.invoke({"question": QUESTIONS[lang]})
        (text,) = (chain | RunnableLambda(lambda answer: answer.text)).batch([QUESTIONS[lang]])

    assert answer.status == "answered"
    assert answer.citations[0].path == f"{lang}/operations.md"
    assert answer.suggestions == []
    assert without_id(answer) == without_id(by_fields)
    assert text == answer.text


async def test_chain_answers_without_blocking(served_url: str) -> None:
    async with KbChain.from_url(served_url) as chain:
        answer = await chain.ainvoke(QUESTIONS["ko"])
        in_a_thread = await KbChain(chain.client).ainvoke(QUESTIONS["ko"])

    assert answer.citations[0].path == "ko/operations.md"
    assert without_id(answer) == without_id(in_a_thread)


def test_error_of_the_server_reaches_the_caller(served_url: str) -> None:
    with Client(served_url) as client:
        with pytest.raises(RequestRefusedError, match="nope"):
            KbRetriever(client=client, filters={"nope": "x"}).invoke("a")
        with pytest.raises(RequestRefusedError, match="nope"):
            KbChain(client).invoke({"question": "a", "filters": {"nope": "x"}})


def test_index_is_asked_in_this_process(served_url: str, shared_index: Path) -> None:
    with (
        KbRetriever.from_data_dir(str(shared_index), top_k=2) as retriever,
        KbRetriever.from_url(served_url, top_k=2) as over_http,
    ):
        for question in QUESTIONS.values():
            assert [d.id for d in retriever.invoke(question)] == [d.id for d in over_http.invoke(question)]
            assert KbChain(retriever.client).invoke(question).citations
        assert list(retriever.client.stream(QUESTIONS["ko"]))


def test_data_folder_without_an_index_is_told(tmp_path: Path) -> None:
    with client_of(tmp_path) as client, pytest.raises(UnavailableError, match="kb ingest"):
        client.query("a")


@each_lang
def test_example_of_the_manual_runs(served_url: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    for info, body in read_manual()[f"{lang}/langchain.md"].code_blocks:
        if info == "python" and "from_data_dir" not in body:
            exec(body.replace("http://127.0.0.1:8000", served_url), {})  # noqa: S102 - our own page

    assert f"{lang}/operations.md" in capsys.readouterr().out
