"""Build chains of LangChain on a kb-server: a retriever, and a runnable that answers.

Both ask over HTTP, or an index in this process. Needs ``langchain-core`` (the extra ``langchain``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict, Field

from kb_server.answering.schemas import Answer
from kb_server.client import AsyncClient, Client
from kb_server.search.schemas import Passage, SearchRequest

Question = str | Mapping[str, Any]
"""A question, or the fields of a ``QueryRequest``: ``question``, ``filters``, ``history`` …"""


class _Clients:
    """Closes the connections of an object that asks through clients; it is its own context manager."""

    client: Client
    async_client: AsyncClient | None

    def close(self) -> None:
        """Close the connections of ``invoke``, and the index where it is in this process."""
        self.client.close()

    async def aclose(self) -> None:
        """Close all connections."""
        self.client.close()
        if self.async_client is not None:
            await self.async_client.aclose()

    def __enter__(self) -> Self:
        """Give the object, which closes at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections of ``invoke``."""
        self.close()

    async def __aenter__(self) -> Self:
        """Give the object, which closes at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.aclose()


class KbRetriever(_Clients, BaseRetriever):
    """Finds passages of the docs as LangChain documents, best first.

    ``metadata`` of a document holds doc_id, path, title, heading_path, url, anchor, revision, char_start,
    char_end, line_start, lang, kind, flags and score; ``revision_text[char_start:char_end]`` is its text.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: Client = Field(exclude=True, repr=False)
    async_client: AsyncClient | None = Field(default=None, exclude=True, repr=False)
    """Used by ``ainvoke``; without one it runs ``client`` in a thread."""
    top_k: int = 5
    filters: dict[str, str | list[str]] = Field(default_factory=dict)

    @classmethod
    def from_url(cls, base_url: str, api_key: str | None = None, **fields: Any) -> Self:
        """Ask the server at ``base_url``; ``fields`` are those of the retriever."""
        return cls(client=Client(base_url, api_key), async_client=AsyncClient(base_url, api_key), **fields)

    @classmethod
    def from_data_dir(cls, data_dir: str, **fields: Any) -> Self:
        """Search the index in ``data_dir`` in this process, without a server."""
        return cls(client=_in_process(data_dir), **fields)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager
        return [document_of(passage) for passage in self.client.search(self._request(query)).passages]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self.async_client is None:
            return await super()._aget_relevant_documents(query, run_manager=run_manager)
        found = await self.async_client.search(self._request(query))
        return [document_of(passage) for passage in found.passages]

    def _request(self, query: str) -> SearchRequest:
        return SearchRequest(query=query, top_k=self.top_k, filters=self.filters)


class KbChain(_Clients, Runnable[Question, Answer]):
    """Answers questions: give it a text, or the fields of a question, and get the answer object."""

    def __init__(self, client: Client, async_client: AsyncClient | None = None, **fields: Any) -> None:
        """Ask through ``client``; ``fields`` are sent with every question that does not name them."""
        self.client = client
        self.async_client = async_client
        self.fields = fields

    @classmethod
    def from_url(cls, base_url: str, api_key: str | None = None, **fields: Any) -> Self:
        """Ask the server at ``base_url``."""
        return cls(Client(base_url, api_key), AsyncClient(base_url, api_key), **fields)

    @classmethod
    def from_data_dir(cls, data_dir: str, **fields: Any) -> Self:
        """Ask the index in ``data_dir`` in this process, without a server."""
        return cls(_in_process(data_dir), **fields)

    def invoke(self, input: Question, config: RunnableConfig | None = None, **_: Any) -> Answer:  # noqa: A002 - LangChain's name
        """Answer one question; raises the ``ClientError`` of the client."""
        return self._call_with_config(self._ask, input, config, run_type="chain")

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **_: Any) -> Answer:  # noqa: A002 - LangChain's name
        """Answer one question without blocking."""
        return await self._acall_with_config(self._aask, input, config, run_type="chain")

    def _ask(self, question: Question) -> Answer:
        return self.client.query(**self._query(question))

    async def _aask(self, question: Question) -> Answer:
        if self.async_client is None:
            return await run_in_executor(None, self._ask, question)
        return await self.async_client.query(**self._query(question))

    def _query(self, question: Question) -> dict[str, Any]:
        given = {"question": question} if isinstance(question, str) else dict(question)
        return {**self.fields, **given}


def document_of(passage: Passage) -> Document:
    """Give a passage as a document of LangChain."""
    metadata = passage.model_dump(
        mode="json",
        include={
            *(
                "doc_id",
                "path",
                "title",
                "heading_path",
                "url",
                "anchor",
                "revision",
                "char_start",
                "char_end",
            ),
            *("line_start", "lang", "kind", "flags", "score"),
        },
    )
    return Document(id=passage.chunk_id, page_content=passage.text, metadata=metadata)


def _in_process(data_dir: str) -> Client:
    from kb_server.integrations.in_process import client_of  # noqa: PLC0415 - loads the whole server

    return client_of(data_dir)
