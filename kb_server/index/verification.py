"""Check a version before it is published, and any time after: ``python -m kb_server.index.verification DIR``.

Runs in a process of its own, which sees what is on the disk and not what the writer has in memory; a store
so broken that Chroma crashes takes only this process along. Nothing is written to the version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import KbError
from kb_server.index.catalog import CATALOG_NAME, Catalog
from kb_server.index.dense import STORE_NAME, DenseStore, load_chroma
from kb_server.index.integrity import check_version
from kb_server.index.lexical import LexicalIndex
from kb_server.index.manifest import Manifest
from kb_server.index.reader import LEXICAL_NAME
from kb_server.index.records import revision_of
from kb_server.index.vectors import VECTORS_NAME, open_vectors, pin_blas_threads

EXACT_PROBES = 200
STORE_SHARE = 0.99
"""Share of rows that Chroma, which searches approximately, has to find by their own vector."""

_UNIT_TOLERANCE = 1e-3
_SAME_SCORE = 1e-5
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What a version was found to be; it is sound when there are no problems."""

    version: str
    documents: int
    chunks: int
    probes: int
    """Rows that were looked up by their own vector."""
    exact_hits: int
    store_hits: int
    problems: tuple[str, ...]


def verify_version(directory: Path) -> VerificationReport:
    """Check hashes, counts, texts and vectors of the version in ``directory``, and look for sampled rows.

    Every kind of damage is a problem in the report; nothing is raised for it.
    """
    try:
        manifest = check_version(directory)
        check = _Check(directory, manifest)
        problems = list(check.problems())
    except KbError as error:
        return VerificationReport(directory.name, 0, 0, 0, 0, 0, (error.message,))
    return VerificationReport(
        version=manifest.version,
        documents=manifest.documents,
        chunks=manifest.chunks,
        probes=len(check.probes),
        exact_hits=check.exact_hits,
        store_hits=check.store_hits,
        problems=tuple(problems),
    )


class _Check:
    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._directory = directory
        self._manifest = manifest
        self._vectors = open_vectors(directory / VECTORS_NAME)
        count = min(EXACT_PROBES, len(self._vectors))
        rng = np.random.default_rng(list(manifest.version.encode("utf-8")))
        self.probes: NDArray[np.int64] = np.sort(rng.choice(len(self._vectors), count, replace=False))
        self.exact_hits = 0
        self.store_hits = 0

    def problems(self) -> Iterator[str]:
        with closing(Catalog(self._directory / CATALOG_NAME)) as catalog:
            yield from self._counts(catalog)
            yield from self._texts(catalog)
            ids = catalog.chunk_ids()
        yield from self._units()
        if len(ids) == len(self._vectors):
            yield from self._searches(ids)

    def _counts(self, catalog: Catalog) -> Iterator[str]:
        manifest = self._manifest
        lexical = LexicalIndex.open(self._directory / LEXICAL_NAME).row_count
        counts = (
            ("documents in the catalog", len(catalog.documents), manifest.documents),
            ("chunks in the catalog", len(catalog.row_documents), manifest.chunks),
            ("vectors", len(self._vectors), manifest.chunks),
            ("values per vector", self._vectors.shape[1], manifest.dimension),
            ("lexical rows", lexical, manifest.chunks),
        )
        for noun, count, wanted in counts:
            if count != wanted:
                yield f"{count} {noun}, the manifest says {wanted}"

    def _texts(self, catalog: Catalog) -> Iterator[str]:
        for entry in self._manifest.sources:
            record = catalog.record(entry.doc_id)
            text = record.revision.text
            if not revision_of(text) == record.revision.revision == entry.revision:
                yield f"the text of {entry.path!r} is not its revision {entry.revision}"
            texts = catalog.texts(catalog.rows_of([chunk.chunk_id for chunk in record.chunks]))
            for chunk, stored in zip(record.chunks, texts, strict=True):
                if not stored or stored != text[chunk.char_start : chunk.char_end]:
                    yield f"chunk {chunk.chunk_id} is not its span of {entry.path!r}"

    def _units(self) -> Iterator[str]:
        for start in range(0, len(self._vectors), _BLOCK):
            lengths = np.linalg.norm(self._vectors[start : start + _BLOCK], axis=1)
            # The comparison is false for NaN too.
            bad = np.flatnonzero(~(np.abs(lengths - 1) <= _UNIT_TOLERANCE))
            if len(bad):
                yield f"the vector of row {start + bad[0]} has length {lengths[bad[0]]}, not 1"
                return

    def _searches(self, ids: list[str]) -> Iterator[str]:
        """Look for sampled rows by their own vectors; a row with an equal vector counts as found too."""
        rows = {chunk_id: row for row, chunk_id in enumerate(ids)}
        queries = np.array(self._vectors[self.probes])
        own = np.einsum("ij,ij->i", queries, queries)
        self.exact_hits = int(np.sum(own >= self._best_scores(queries) - _SAME_SCORE))
        if self.exact_hits < len(queries):
            missed = len(queries) - self.exact_hits
            yield f"{missed} of {len(queries)} rows are not nearest to their own vector"
        with closing(DenseStore(self._directory / STORE_NAME)) as store:
            if store.ids() != rows.keys():
                yield "Chroma holds other chunks than the catalog"
                return
            found = store.nearest(queries, 1) if len(queries) else []
        hits = [
            bool(nearest) and float(query @ self._vectors[rows[nearest[0]]]) >= score - _SAME_SCORE
            for query, score, nearest in zip(queries, own, found, strict=True)
        ]
        self.store_hits = int(sum(hits))
        if self.store_hits < STORE_SHARE * len(queries):
            yield f"Chroma finds only {self.store_hits} of {len(queries)} rows by their own vector"

    def _best_scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        pin_blas_threads()
        best = np.full(len(queries), -np.inf, dtype=np.float32)
        for start in range(0, len(self._vectors), _BLOCK):
            scores = self._vectors[start : start + _BLOCK] @ queries.T
            np.maximum(best, scores.max(axis=0), out=best)
        return best


def main(arguments: list[str]) -> int:
    """Verify the folder named by the one argument, or by the first line of stdin for ``-``.

    Prints the report as one line of JSON; the exit code is 0 when the version is sound, else 1. A caller
    that passes ``-`` can start the process early: the libraries are loaded before the line is read.
    """
    (name,) = arguments
    if name == "-":
        load_chroma()
        name = sys.stdin.readline().rstrip("\n")
    report = verify_version(Path(name))
    sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
