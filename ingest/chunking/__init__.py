"""Cuts a parsed document into retrievable chunks along its structure.

Reading order: ``chunker`` (the whole path), ``sections`` (which sections share a chunk), ``pieces`` (what may
not be torn apart), ``cutting`` (how an over-long block is cut), ``packing`` (which pieces share a chunk),
``budget`` (tokens).
"""

from __future__ import annotations

from ingest.chunking.budget import TokenBudget, encoder_input
from ingest.chunking.chunker import CHUNKER_VERSION, MAX_CHUNKS, TooManyChunksError, chunk

__all__ = [
    "CHUNKER_VERSION",
    "MAX_CHUNKS",
    "TokenBudget",
    "TooManyChunksError",
    "chunk",
    "encoder_input",
]
