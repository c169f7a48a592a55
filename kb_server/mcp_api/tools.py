"""The three tools: what assistants are told about them, and how a call is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from kb_server.access.caller import Caller
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.chat.service import ChatService
from kb_server.documents.excerpts import DocumentExcerpt, Stretch
from kb_server.documents.service import DocumentService
from kb_server.mcp_api.rendering import answer_text, excerpt_text, passages_text
from kb_server.mcp_api.schemas import AskDocs, ReadDocument, SearchDocs
from kb_server.requests import RequestBody
from kb_server.search.schemas import SearchRequest, SearchResponse
from kb_server.search.service import SearchService
from kb_server.validation import invalid_arguments

ArgumentsT = TypeVar("ArgumentsT", bound=RequestBody)
ResultT = TypeVar("ResultT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gives: the same as text for a model and as an object for a program."""

    text: str
    structured: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DocsTool(Generic[ArgumentsT, ResultT]):
    """One tool of the server."""

    name: str
    title: str
    description: str
    arguments: type[ArgumentsT]
    result: type[ResultT]
    work: Callable[[ArgumentsT, Caller], Awaitable[ResultT]]
    render: Callable[[ResultT], str]

    async def call(self, arguments: Mapping[str, Any], caller: Caller) -> Result:
        """Carry out a call for ``caller``; raises ``InvalidRequestError`` or what the service raises."""
        try:
            parsed = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            remedy = f"The input schema of {self.name} describes every argument."
            raise invalid_arguments(error, remedy=remedy) from error
        found = await self.work(parsed, caller)
        return Result(self.render(found), found.model_dump(mode="json"))

    @property
    def input_schema(self) -> dict[str, Any]:
        """Give the JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    @property
    def output_schema(self) -> dict[str, Any]:
        """Give the JSON schema of the object."""
        return self.result.model_json_schema(mode="serialization")


def docs_tools(
    search: SearchService, chat: ChatService, documents: DocumentService
) -> dict[str, DocsTool[Any, Any]]:
    """Build the tools over the services that the HTTP API uses, by name."""

    async def search_docs(arguments: SearchDocs, caller: Caller) -> SearchResponse:
        request = SearchRequest.model_validate(arguments.model_dump())
        return await search.search(request, audiences=caller.audiences)

    async def ask_docs(arguments: AskDocs, caller: Caller) -> Answer:
        return await chat.ask(QueryRequest.model_validate(arguments.model_dump()), caller)

    async def read_document(arguments: ReadDocument, caller: Caller) -> DocumentExcerpt:
        stretch = Stretch(arguments.line_start, arguments.line_end, arguments.char_start)
        return await documents.excerpt(
            arguments.document, arguments.revision, stretch, audiences=caller.audiences
        )

    tools: list[DocsTool[Any, Any]] = [
        DocsTool(
            name="search_docs",
            title="Search the docs",
            description=(
                "Find the passages of the product documentation that fit a query best, by words and by "
                "meaning, in English and Korean. Gives each passage word for word with page, heading, source "
                "lines and character offsets. Use it to explore, or to gather material for an answer of your "
                "own; cite path and lines."
            ),
            arguments=SearchDocs,
            result=SearchResponse,
            work=search_docs,
            render=passages_text,
        ),
        DocsTool(
            name="ask_docs",
            title="Ask the docs",
            description=(
                "Answer one question from the product documentation, in English or Korean. Every sentence of "
                "the answer carries citations such as [1], listed below it with page, lines and quote. Where "
                "the docs do not answer, it says so and names the next step instead of guessing."
            ),
            arguments=AskDocs,
            result=Answer,
            work=ask_docs,
            render=answer_text,
        ),
        DocsTool(
            name="read_document",
            title="Read a page of the docs",
            description=(
                "Read a page of the product documentation by its path or doc_id, whole or some lines of it, "
                "with the line numbers of its source file. Use it for what stands around a passage or "
                "citation. Long pages come in parts: send next_char back as char_start."
            ),
            arguments=ReadDocument,
            result=DocumentExcerpt,
            work=read_document,
            render=excerpt_text,
        ),
    ]
    return {tool.name: tool for tool in tools}
