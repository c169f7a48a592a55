"""The services of the server on the published index, in this process: for the ``kb`` command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.answering.service import AnsweringService, answering_service
from kb_server.errors import InvalidRequestError
from kb_server.generation.writer import Writer, writer_of
from kb_server.grounding.checkers import checker_of
from kb_server.index.layout import DataLayout
from kb_server.live_index import live_index_of
from kb_server.search.schemas import SearchRequest, SearchResponse
from kb_server.search.service import SearchService
from kb_server.searcher import Searcher
from kb_server.settings import Settings
from kb_server.verification.schemas import VerifyRequest, VerifyResponse
from kb_server.verification.service import VerificationService

Body = TypeVar("Body", bound=BaseModel)


def search(settings: Settings, fields: Mapping[str, Any]) -> SearchResponse:
    """Give what ``POST /v1/search`` gives for a body of ``fields``."""
    request = _request(SearchRequest, fields)
    with local_searcher(settings) as searcher:
        return asyncio.run(SearchService(searcher).search(request, audiences=None))


def ask(settings: Settings, fields: Mapping[str, Any]) -> Answer:
    """Give what ``POST /v1/query`` gives for a body of ``fields``."""
    request = _request(QueryRequest, fields)
    writer = writer_of(settings, checker_of(settings)) if settings.llm else None
    with local_searcher(settings) as searcher:
        return asyncio.run(_answered(answering_service(searcher, settings, writer), request, writer))


async def _answered(service: AnsweringService, request: QueryRequest, writer: Writer | None) -> Answer:
    try:
        return await service.answer(request, audiences=None)
    finally:
        if writer is not None:
            await writer.aclose()


def verify(settings: Settings, file: Path) -> VerifyResponse:
    """Give what ``POST /v1/verify`` gives for the answer, or the body, in ``file``."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidRequestError(
            f"{str(file)!r} cannot be read as JSON: {error}.", remedy="Name a file with one JSON object."
        ) from error
    is_answer = isinstance(fields, dict) and "generator" in fields
    request = _request(VerifyRequest, {"answer": fields} if is_answer else fields)
    with local_searcher(settings) as searcher:
        service = VerificationService(searcher, DataLayout(settings.data_dir), check=checker_of(settings))
        return asyncio.run(service.verify(request, audiences=None))


def _request(body: type[Body], fields: Any) -> Body:
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        rules = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise InvalidRequestError(f"{rules}.", remedy="`kb --help` shows what each command takes.") from error


@contextmanager
def local_searcher(settings: Settings) -> Iterator[Searcher]:
    """Search the published index until the block ends."""
    live = live_index_of(settings)
    searcher = Searcher(live)
    try:
        live.load()
        yield searcher
    finally:
        searcher.close()
        live.close()
