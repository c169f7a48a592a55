"""Give every chunk its vector: from the served version, from the cache, and only then from the encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.chunking import TokenBudget, encoder_input
from kb_server.index.embedding import Encoder, EncoderSource
from kb_server.index.embedding_cache import CachedEncoder
from kb_server.index.reader import IndexReader
from kb_server.index.writer import DocumentRecord

CHUNKS_PER_STEP = 128
"""Chunks between two signs of progress; each step is kept in the cache, whatever happens to the next."""


class ChunkEncoder:
    """Encodes each chunk at most once, and loads the encoder only when it must."""

    def __init__(self, source: EncoderSource, cache_path: Path, served: IndexReader | None) -> None:
        """Take vectors from ``served``, a version by the same encoder, then from the file ``cache_path``."""
        self._source = source
        self._cache_path = cache_path
        self._served = served

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder itself, loaded now if it was not yet."""
        return self._source.load()

    @property
    def encoded(self) -> int:
        """Count the chunks that the encoder really had to read."""
        return self._cached.encoded if "_cached" in self.__dict__ else 0

    def vectors(
        self, records: Sequence[DocumentRecord], *, progress: Callable[[int, int], None]
    ) -> NDArray[np.float32]:
        """Give the (n, d) vectors of all chunks of ``records``, row by row."""
        known = self._known_rows()
        chunk_ids = [chunk.chunk_id for record in records for chunk in record.chunks]
        missing = [row for row, chunk_id in enumerate(chunk_ids) if chunk_id not in known]
        vectors = np.empty((len(chunk_ids), self.dimension), dtype=np.float32)
        if self._served is not None and known:
            present = [row for row, chunk_id in enumerate(chunk_ids) if chunk_id in known]
            vectors[present] = self._served.vectors[[known[chunk_ids[row]] for row in present]]
        texts = _texts(records, missing)
        for start in range(0, len(missing), CHUNKS_PER_STEP):
            progress(start, len(missing))
            step = slice(start, start + CHUNKS_PER_STEP)
            vectors[missing[step]] = self._cached.encode(texts[step])
        if missing:
            progress(len(missing), len(missing))
        return vectors

    @property
    def budget(self) -> TokenBudget:
        """Give the encoder's window to the chunker."""
        return self._budget

    @property
    def dimension(self) -> int:
        """Give the length of the vectors."""
        if self._served is not None:
            return self._served.manifest.dimension
        return self.encoder.dimension

    def close(self) -> None:
        """Close the cache."""
        if "_cached" in self.__dict__:
            self._cached.close()

    @cached_property
    def _cached(self) -> CachedEncoder:
        return CachedEncoder(self.encoder, self._cache_path)

    def _known_rows(self) -> Mapping[str, int]:
        """Map the chunk ids of the served version to its rows: one id, one text, one vector."""
        if self._served is None:
            return {}
        return {chunk_id: row for row, chunk_id in enumerate(self._served.chunk_ids())}

    @cached_property
    def _budget(self) -> TokenBudget:
        return EncoderWindow(self.encoder)


@dataclass(frozen=True, slots=True)
class EncoderWindow:
    """An encoder, as the chunker sees it."""

    encoder: Encoder

    @property
    def limit(self) -> int:
        """Give the window in tokens."""
        return self.encoder.window

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special ones included."""
        return self.encoder.count_tokens(text)


def _texts(records: Sequence[DocumentRecord], rows: Sequence[int]) -> list[str]:
    """Give what the encoder reads of the chunks in ``rows`` (ascending)."""
    wanted = set(rows)
    texts, row = [], 0
    for record in records:
        for chunk in record.chunks:
            if row in wanted:
                text = record.revision.text[chunk.char_start : chunk.char_end]
                texts.append(encoder_input(chunk.context, text))
            row += 1
    return texts
