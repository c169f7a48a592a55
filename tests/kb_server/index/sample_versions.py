"""Small versions of the index, built for real, with random unit vectors in place of an encoder's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb_server.index.layout import DataLayout
from kb_server.index.manifest import FORMAT, Manifest
from kb_server.index.reader import IndexReader
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
from kb_server.index.writer import DocumentRecord, VersionHeader, build_version

DIMENSION = 16

ENGLISH = ("Install the server with make.", "Then run kb ingest.", "Ask it a question. 👍")
KOREAN = ("서버를 설치하세요.", "그다음 색인을 만드세요.", "질문을 하세요.")


def record(
    path: str,
    paragraphs: Sequence[str],
    *,
    title: str = "Title",
    lang: str = "en",
    metadata: Mapping[str, MetadataValue] | None = None,
) -> DocumentRecord:
    """A page with one chunk per paragraph."""
    text = "\n\n".join(paragraphs)
    doc_id, revision = doc_id_of(path), revision_of(text)
    chunks, start = [], 0
    for ordinal, paragraph in enumerate(paragraphs):
        chunks.append(
            Chunk(
                chunk_id=chunk_id_of(
                    doc_id=doc_id, text=paragraph, context=title, ordinal=ordinal, chunker="test"
                ),
                doc_id=doc_id,
                revision=revision,
                kind=ChunkKind.PROSE,
                heading_path=("Guide", title),
                anchor=f"part-{ordinal}",
                char_start=start,
                char_end=start + len(paragraph),
                context=title,
                lang=lang,
            )
        )
        start += len(paragraph) + 2
    starts = tuple(chunk.char_start for chunk in chunks)
    return DocumentRecord(
        document=Document(doc_id, path, title, lang, revision, dict(metadata or {})),
        revision=Revision(
            doc_id, revision, text, SourceMap(starts, tuple(3 * i + 1 for i in range(len(starts))))
        ),
        chunks=tuple(chunks),
        source_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


RECORDS = (
    record("en/install.md", ENGLISH, title="Install", metadata={"product": "cloud", "version": ("1", "2")}),
    record("ko/install.md", KOREAN, title="설치", lang="ko", metadata={"product": "클라우드", "type": "faq"}),
    record("en/empty.md", (), title="Empty", metadata={"audience": "writers"}),
    record("en/old.md", ("An old page.",), title="Old", metadata={"version": "1"}),
)


def unit_vectors(count: int, seed: int = 0, dimension: int = DIMENSION) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def vectors_of(records: Sequence[DocumentRecord]) -> NDArray[np.float32]:
    """One vector per chunk, which depends on the chunk's id alone."""
    ids = [chunk.chunk_id for item in records for chunk in item.chunks]
    return np.concatenate(
        [np.empty((0, DIMENSION), np.float32), *(unit_vectors(1, int(name[2:14], 16)) for name in ids)]
    )


def header(version: str, *, parent: str | None = None, encoder_revision: str = "r1") -> VersionHeader:
    return VersionHeader(
        version=version,
        parent=parent,
        encoder_id="test",
        encoder_revision=encoder_revision,
        dimension=DIMENSION,
        parser="p1",
        chunker="c1",
        tokenizer="t1",
        roots=("docs",),
    )


def build(
    target: Path,
    version: str = "v-1",
    records: Sequence[DocumentRecord] = RECORDS,
    *,
    parent: IndexReader | None = None,
    encoder_revision: str = "r1",
) -> Manifest:
    """Build a version in ``target``."""
    return build_version(
        target,
        records,
        vectors_of(records),
        header(version, parent=parent and parent.version, encoder_revision=encoder_revision),
        parent=parent,
        progress=lambda *_: None,
    )


def publish(
    root: Path,
    version: str = "v-1",
    records: Sequence[DocumentRecord] = RECORDS,
    *,
    parent: IndexReader | None = None,
) -> Manifest:
    """Build a version and publish it in the data folder ``root``."""
    layout = DataLayout(root)
    with layout.writer_lock():
        target = layout.new_temporary()
        manifest = build(target, version, records, parent=parent)
        layout.promote(target, version)
        layout.set_current(version)
    return manifest


def bare_version(root: Path, version: str, created_at: str = "2026-01-01T00:00:00+00:00") -> Path:
    """A folder with nothing but a manifest: all that the layout looks at."""
    directory = DataLayout(root).versions_dir / version
    directory.mkdir(parents=True)
    manifest = Manifest(
        format=FORMAT,
        version=version,
        parent=None,
        created_at=created_at,
        encoder_id="test",
        encoder_revision="r1",
        dimension=DIMENSION,
        parser="p1",
        chunker="c1",
        tokenizer="t1",
        documents=0,
        chunks=0,
        roots=("문서",),
        sources=(),
        files={},
    )
    manifest.write(directory)
    return directory
