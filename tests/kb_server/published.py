"""Publish small versions the way an ingest does, without reading files."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from kb_server.index.embedding import Encoder
from kb_server.index.language import detect_language
from kb_server.index.layout import DataLayout
from kb_server.index.records import (
    Chunk,
    ChunkKind,
    Document,
    MetadataValue,
    Revision,
    SourceMap,
    chunk_id_of,
    doc_id_of,
    revision_of,
)
from kb_server.index.testing import HashEncoder
from kb_server.index.tokenization import TOKENIZER_VERSION
from kb_server.index.writer import DocumentRecord, VersionHeader, build_version


@dataclass(frozen=True)
class Page:
    """A page of one section per paragraph."""

    title: str
    text: str
    metadata: Mapping[str, MetadataValue] = field(default_factory=lambda: {"product": "kb"})


PAGES = {
    "en/operations.md": Page(
        "Operations",
        "Run `kb rollback` to roll back to the earlier version. A running server follows within a second.\n\n"
        "The server polls for a new version of the index and serves it without a restart.",
    ),
    "ko/operations.md": Page(
        "운영",
        "이전 버전으로 되돌리려면 `kb rollback` 명령을 실행하세요. 실행 중인 서버는 1초 안에 따라갑니다.\n\n"
        "서버는 새 버전을 확인하고 다시 시작하지 않고 제공합니다.",
    ),
    "en/settings.md": Page(
        "Settings",
        "KB_DATA_DIR names the data folder of the index.\n\nKB_PORT is the port to listen on, 8000.",
    ),
    "ko/settings.md": Page(
        "설정",
        "KB_DATA_DIR은 색인의 데이터 폴더를 정합니다.\n\nKB_PORT는 서버의 포트이며 기본값은 8000입니다.",
    ),
    "en/glossary.md": Page(
        "Glossary", "A revision is the text of a page at one time. 👍 Emoji are one character."
    ),
}


def publish(
    data_dir: Path,
    pages: Mapping[str, Page],
    encoder: Encoder | None = None,
    *,
    tokenizer: str = TOKENIZER_VERSION,
) -> str:
    """Publish a version of ``pages``; its name is the hash of their content."""
    layout, encoder = DataLayout(data_dir), encoder or HashEncoder()
    records = [record_of(path, page) for path, page in pages.items()]
    digest = hashlib.sha256(repr([sorted(pages.items()), encoder.revision]).encode()).hexdigest()[:16]
    header = VersionHeader(
        version=f"v-{digest}",
        parent=layout.current(),
        encoder_id=encoder.encoder_id,
        encoder_revision=encoder.revision,
        dimension=encoder.dimension,
        parser="test",
        chunker="test",
        tokenizer=tokenizer,
        roots=("docs",),
    )
    vectors = encoder.encode([_embedded(record, chunk) for record in records for chunk in record.chunks])
    with layout.writer_lock():
        target = layout.new_temporary()
        build_version(target, records, vectors, header, parent=None, progress=lambda *_: None)
        layout.promote(target, header.version)
        layout.set_current(header.version)
    return header.version


def record_of(path: str, page: Page) -> DocumentRecord:
    text = f"## {page.title}\n\n{page.text}"
    doc_id, revision = doc_id_of(path), revision_of(text)
    lang = str(page.metadata.get("lang", detect_language(text)))
    lines = [match.start() for match in re.finditer(r"^", text, re.MULTILINE)]
    source_map = SourceMap(tuple(lines), tuple(range(1, len(lines) + 1)))
    chunks = tuple(
        Chunk(
            chunk_id=chunk_id_of(
                doc_id=doc_id, text=match.group(), context=page.title, ordinal=0, chunker="test"
            ),
            doc_id=doc_id,
            revision=revision,
            kind=ChunkKind.PROSE,
            heading_path=(page.title,),
            anchor="top",
            char_start=match.start(),
            char_end=match.end(),
            context=page.title,
            lang=lang,
        )
        for match in re.finditer(r"^(?!## ).+$", text, re.MULTILINE)
    )
    return DocumentRecord(
        document=Document(doc_id, path, page.title, lang, revision, dict(page.metadata)),
        revision=Revision(doc_id, revision, text, source_map),
        chunks=chunks,
        source_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _embedded(record: DocumentRecord, chunk: Chunk) -> str:
    return f"{chunk.context}\n{record.revision.text[chunk.char_start : chunk.char_end]}"


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Start the application in this process and give a client."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, question: str, **more: Any) -> dict[str, Any]:
    """Give the answer to ``question``."""
    response = await client.post("/v1/query", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def wait_until_ready(client: httpx.AsyncClient, *, seconds: float = 60) -> httpx.Response:
    """Ask /readyz until it says yes."""
    return await _wait(client, lambda response: response.status_code == 200, seconds)


async def wait_for_version(client: httpx.AsyncClient, version: str, *, seconds: float = 60) -> None:
    """Ask /readyz until ``version`` is served."""
    await _wait(client, lambda response: response.json().get("version") == version, seconds)


async def wait_for_code(client: httpx.AsyncClient, code: str, *, seconds: float = 60) -> httpx.Response:
    """Ask /readyz until it gives the reason ``code``."""
    return await _wait(client, lambda response: _reason(response) == code, seconds)


def _reason(response: httpx.Response) -> str | None:
    body = response.json()
    code: str | None = body.get("code") or (body.get("degraded") or {}).get("code")
    return code


async def _wait(
    client: httpx.AsyncClient, done: Callable[[httpx.Response], bool], seconds: float
) -> httpx.Response:
    async with asyncio.timeout(seconds):
        while True:
            response = await client.get("/readyz")
            if done(response):
                return response
            await asyncio.sleep(0.02)
