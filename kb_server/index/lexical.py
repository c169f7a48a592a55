"""BM25 over postings in memory-mapped arrays: part of an immutable version, opened in milliseconds.

A folder of seven files. Terms are numbered in the order of their UTF-8 bytes, postings follow the terms,
and rows ascend within a term, so the bytes depend on the rows alone and not on how they were built:

``header.json``
    format, tokenizer and sizes
``terms.npy``, ``term_starts.npy``
    the UTF-8 bytes of all terms, and where each begins (one more start than terms)
``posting_starts.npy``, ``posting_rows.npy``, ``posting_counts.npy``
    where the postings of each term begin; the rows that hold it; how often each does
``lengths.npy``
    terms per row
"""

from __future__ import annotations

import json
import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import IndexDamagedError, IndexMismatchError
from kb_server.index.tokenization import TOKENIZER_VERSION, tokenize
from kb_server.index.vocabulary import Vocabulary

K1 = 1.2
"""How fast repetitions of a term stop counting."""
B = 0.75
"""How much long rows are held against themselves."""

_FORMAT = 1
_HEADER = "header.json"
_ARRAYS = {
    "terms": "u1",
    "term_starts": "<i8",
    "posting_starts": "<i8",
    "posting_rows": "<i4",
    "posting_counts": "u1",
    "lengths": "<i4",
}
_MAX_COUNT = 255  # more repetitions in one row no longer change a score visibly
_ROWS_PER_BLOCK = 4096  # bounds the memory of a build


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """The text of one chunk and its context (``title > headings``), which count alike."""

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """BM25 of every row for one query."""

    scores: NDArray[np.float32]
    """Shape (rows,); 0 for a row without any query term and for a row that is not visible."""
    upper_bound: float
    """What no row can exceed: (k1 + 1) times the sum of ``term_weights``; 0 for a query without terms."""
    term_weights: Mapping[str, float]
    """Inverse document frequency of each distinct query term, those that no row holds included."""


class _Postings(NamedTuple):
    """Which row holds which term how often, in any order."""

    terms: NDArray[np.int32]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]


def build_lexical(
    directory: Path, rows: Sequence[LexicalRow | int], *, parent: LexicalIndex | None = None
) -> None:
    """Write the index of ``rows`` into the new folder ``directory``.

    A number stands for that row of ``parent``, which is carried over without being tokenized; each row of
    the parent at most once. The files equal those of a build from the texts. ``IndexMismatchError`` when
    the parent was tokenized by another version.
    """
    vocabulary: defaultdict[str, int] = defaultdict()
    vocabulary.default_factory = vocabulary.__len__
    lengths = np.zeros(len(rows), dtype=np.int32)
    parts = _tokenized(rows, vocabulary, lengths)
    if any(isinstance(row, int) for row in rows):
        parts.append(_carried_over(rows, parent, vocabulary, lengths))
    terms = sorted(vocabulary)
    rank = np.empty(len(terms), dtype=np.int32)
    rank[[vocabulary[term] for term in terms]] = np.arange(len(terms), dtype=np.int32)
    directory.mkdir(parents=True)
    _write(directory, terms, _sorted_postings(parts, rank, len(rows)), lengths)


def _tokenized(
    rows: Sequence[LexicalRow | int], vocabulary: defaultdict[str, int], lengths: NDArray[np.int32]
) -> list[_Postings]:
    parts = []
    for first in range(0, len(rows), _ROWS_PER_BLOCK):
        ids = array("q")
        for number, row in enumerate(rows[first : first + _ROWS_PER_BLOCK], start=first):
            if isinstance(row, LexicalRow):
                tokens = tokenize(f"{row.context}\n{row.text}")
                ids.extend(map(vocabulary.__getitem__, tokens))
                lengths[number] = len(tokens)
        block = np.arange(first, min(first + _ROWS_PER_BLOCK, len(rows)))
        keys = np.asarray(ids) * len(rows) + np.repeat(block, lengths[block])
        pairs, counts = np.unique(keys, return_counts=True)
        terms, numbers = (half.astype(np.int32) for half in np.divmod(pairs, len(rows)))
        parts.append(_Postings(terms, numbers, np.minimum(counts, _MAX_COUNT).astype(np.uint8)))
    return parts


def _carried_over(
    rows: Sequence[LexicalRow | int],
    parent: LexicalIndex | None,
    vocabulary: defaultdict[str, int],
    lengths: NDArray[np.int32],
) -> _Postings:
    if parent is None:
        raise ValueError("rows given by number need the parent index that they are rows of")
    if parent.tokenizer != TOKENIZER_VERSION:
        raise IndexMismatchError(
            f"The parent's terms come from tokenizer {parent.tokenizer!r}, this is {TOKENIZER_VERSION!r}.",
            remedy="Build from the texts: kb ingest --force",
        )
    pairs = [(new, row) for new, row in enumerate(rows) if isinstance(row, int)]
    new, old = np.array(pairs, dtype=np.int64).T
    if old.min() < 0 or old.max() >= parent.row_count or len(np.unique(old)) != len(old):
        raise ValueError(f"carried-over rows must be distinct and within 0..{parent.row_count - 1}")
    lengths[new] = parent.lengths[old]
    new_of_old = np.full(parent.row_count, -1, dtype=np.int32)
    new_of_old[old] = new
    return parent.carry_over(new_of_old, vocabulary)


def _sorted_postings(parts: list[_Postings], rank: NDArray[np.int32], row_count: int) -> _Postings:
    terms = np.concatenate([np.empty(0, np.int32), *(rank[part.terms] for part in parts)])
    rows = np.concatenate([np.empty(0, np.int32), *(part.rows for part in parts)])
    counts = np.concatenate([np.empty(0, np.uint8), *(part.counts for part in parts)])
    parts.clear()  # the largest arrays of a build
    order = np.argsort(terms.astype(np.int64) * row_count + rows)
    return _Postings(terms[order], rows[order], counts[order])


def _write(directory: Path, terms: list[str], postings: _Postings, lengths: NDArray[np.int32]) -> None:
    encoded = [term.encode("utf-8") for term in terms]
    arrays = {
        "terms": np.asarray(bytearray().join(encoded)),
        "term_starts": np.cumsum([0, *map(len, encoded)]),
        "posting_starts": np.concatenate(([0], np.cumsum(np.bincount(postings.terms, minlength=len(terms))))),
        "posting_rows": postings.rows,
        "posting_counts": postings.counts,
        "lengths": lengths,
    }
    for name, dtype in _ARRAYS.items():
        np.save(directory / f"{name}.npy", arrays[name].astype(dtype, copy=False))
    header = {
        "format": _FORMAT,
        "tokenizer": TOKENIZER_VERSION,
        "rows": len(lengths),
        "terms": len(terms),
        "postings": len(postings.rows),
    }
    (directory / _HEADER).write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")


class LexicalIndex:
    """A read-only index; any number of threads may score at once."""

    def __init__(self, tokenizer: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the arrays of a folder; ``open`` reads and checks them."""
        self.tokenizer = tokenizer
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        """Terms per row."""
        self.row_count = len(self.lengths)
        self.vocabulary = Vocabulary(arrays["terms"], arrays["term_starts"], arrays["posting_starts"])
        """The terms of all rows."""
        self._posting_starts: NDArray[np.int64] = arrays["posting_starts"]
        self._rows: NDArray[np.int32] = arrays["posting_rows"]
        self._counts: NDArray[np.uint8] = arrays["posting_counts"]
        average = float(self.lengths.mean()) if self.lengths.any() else 1.0
        self._norms = K1 * (1 - B + B * self.lengths / average)

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Map the index in ``directory``; ``IndexDamagedError`` names a file that is missing or cut."""
        header = _read_header(directory / _HEADER)
        arrays = {name: _map_array(directory / f"{name}.npy", dtype) for name, dtype in _ARRAYS.items()}
        sizes = {
            "lengths": header["rows"],
            "term_starts": header["terms"] + 1,
            "posting_starts": header["terms"] + 1,
            "posting_rows": header["postings"],
            "posting_counts": header["postings"],
        }
        for name, size in sizes.items():
            if len(arrays[name]) != size:
                raise _damaged(directory / f"{name}.npy", f"has {len(arrays[name])} entries, not {size}")
        for name, target in (("term_starts", "terms"), ("posting_starts", "posting_rows")):
            starts = arrays[name]
            if starts[0] != 0 or starts[-1] != len(arrays[target]) or (np.diff(starts) < 1).any():
                raise _damaged(directory / f"{name}.npy", f"does not divide {target}.npy")
        return cls(str(header["tokenizer"]), arrays)

    def score(self, query: str, visible: NDArray[np.bool_] | None = None) -> LexicalScores:
        """Score every row for ``query``; ``visible``, shape (rows,), sets the others to 0.

        The statistics are those of all rows, so a mask never changes the score of a visible one.
        """
        scores = np.zeros(self.row_count)
        weights: dict[str, float] = {}
        for term in sorted(set(tokenize(query))):  # one order of addition: the same bits every time
            begin, end = self.vocabulary.span(term)
            weights[term] = self._weight(end - begin)
            rows = self._rows[begin:end]
            scores[rows] += weights[term] * self._saturation(rows, self._counts[begin:end])
        if visible is not None:
            scores[~visible] = 0.0
        return LexicalScores(scores.astype(np.float32), (K1 + 1) * sum(weights.values()), weights)

    def weighted(
        self, factors: Mapping[str, float], visible: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], float]:
        """Score every row for terms of which each counts ``factors[term]`` times as much as in ``score``.

        Gives the scores, shape (rows,), and what no row can exceed. Terms that no row holds add to neither.
        """
        scores = np.zeros(self.row_count)
        bound = 0.0
        for term in sorted(factors):
            begin, end = self.vocabulary.span(term)
            if begin < end:
                weight = factors[term] * self._weight(end - begin)
                rows = self._rows[begin:end]
                scores[rows] += weight * self._saturation(rows, self._counts[begin:end])
                bound += (K1 + 1) * weight
        if visible is not None:
            scores[~visible] = 0.0
        return scores.astype(np.float32), bound

    def idf(self, term: str) -> float:
        """Give the inverse document frequency of ``term``, also where no row holds it."""
        return self._weight(self.vocabulary.frequency(term))

    def explain(self, query: str, row: int) -> dict[str, float]:
        """Give what each query term that ``row`` holds adds to its score."""
        return self.explain_weighted(dict.fromkeys(tokenize(query), 1.0), row)

    def explain_weighted(self, factors: Mapping[str, float], row: int) -> dict[str, float]:
        """Give what each of the terms that ``row`` holds adds to its score in ``weighted``."""
        shares = {}
        for term in sorted(factors):
            begin, end = self.vocabulary.span(term)
            at = begin + int(np.searchsorted(self._rows[begin:end], row))
            if at < end and self._rows[at] == row:
                one = slice(at, at + 1)
                saturation = self._saturation(self._rows[one], self._counts[one])
                shares[term] = factors[term] * self._weight(end - begin) * float(saturation[0])
        return shares

    def row_frequency(self, term: str, visible: NDArray[np.bool_] | None = None) -> int:
        """Give the number of rows, or of ``visible`` ones, that hold ``term``."""
        begin, end = self.vocabulary.span(term)
        return end - begin if visible is None else int(np.count_nonzero(visible[self._rows[begin:end]]))

    def held(self, weights: Mapping[str, float], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the weight of the terms that each of ``rows`` holds, shape (rows,); a term counts once."""
        found = np.zeros(rows.size)
        wanted = rows.astype(np.int32)  # of the type of the postings, which would be copied otherwise
        for term, weight in weights.items():
            begin, end = self.vocabulary.span(term)
            if begin < end:
                places = begin + np.searchsorted(self._rows[begin:end], wanted)
                found += weight * (self._rows[np.minimum(places, end - 1)] == wanted)
        return found

    def rows_with(self, terms: Iterable[str]) -> NDArray[np.int64]:
        """Give the rows that hold every one of ``terms``, ascending; none where there are no terms."""
        spans = sorted(
            (self.vocabulary.span(term) for term in set(terms)), key=lambda span: span[1] - span[0]
        )
        if not spans:
            return np.empty(0, dtype=np.int64)
        rows = np.asarray(self._rows[slice(*spans[0])])
        for begin, end in spans[1:]:
            places = np.searchsorted(self._rows[begin:end], rows)
            rows = rows[self._rows[begin + np.minimum(places, end - begin - 1)] == rows]
        return rows.astype(np.int64)

    @property
    def weight_of_rare_term(self) -> float:
        """The weight of a term that a single row holds."""
        return self._weight(1)

    def narrowed(self, rows: NDArray[np.int64]) -> LexicalIndex:
        """Give the index of ``rows`` alone, ascending, which get the numbers from 0 on; held in memory.

        Terms, frequencies and lengths are those of an index that was built of these rows.
        """
        new_of_old = np.full(self.row_count, -1, dtype=np.int32)
        new_of_old[rows] = np.arange(len(rows), dtype=np.int32)
        new_rows = new_of_old[self._rows]
        kept = new_rows >= 0
        frequencies = np.diff(np.concatenate(([0], np.cumsum(kept)))[self._posting_starts])
        terms, starts = self.vocabulary.only(frequencies > 0)
        return LexicalIndex(
            self.tokenizer,
            {
                "terms": terms,
                "term_starts": starts,
                "posting_starts": np.concatenate(([0], np.cumsum(frequencies[frequencies > 0]))),
                "posting_rows": new_rows[kept],
                "posting_counts": np.asarray(self._counts)[kept],
                "lengths": np.asarray(self.lengths)[rows],
            },
        )

    @property
    def size(self) -> int:
        """Bytes of the postings and their terms."""
        arrays = (self._rows, self._counts, self._posting_starts, self.lengths)
        return sum(array.nbytes for array in arrays) + self.vocabulary.size

    def close(self) -> None:
        """Let go of the mapped files; the index cannot be used afterwards."""
        self.__dict__.clear()

    def carry_over(self, new_of_old: NDArray[np.int32], vocabulary: Mapping[str, int]) -> _Postings:
        """Give the postings of the rows with a new number (not -1), in the terms of ``vocabulary``."""
        new_rows = new_of_old[self._rows]
        kept = np.flatnonzero(new_rows >= 0)
        owners = np.searchsorted(self._posting_starts, kept, side="right") - 1
        old_terms, which = np.unique(owners, return_inverse=True)
        names = (str(self.vocabulary.term(number), "utf-8") for number in old_terms.tolist())
        terms = np.fromiter((vocabulary[name] for name in names), dtype=np.int32, count=len(old_terms))
        return _Postings(terms[which], new_rows[kept], self._counts[kept])

    def _weight(self, row_frequency: int) -> float:
        return math.log(1 + (self.row_count - row_frequency + 0.5) / (row_frequency + 0.5))

    def _saturation(self, rows: NDArray[np.int32], counts: NDArray[np.uint8]) -> NDArray[np.float64]:
        return (K1 + 1) * counts / (counts + self._norms[rows])


def _read_header(path: Path) -> dict[str, Any]:
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(header, dict) or header.keys() != {"format", "tokenizer", "rows", "terms", "postings"}:
        raise _damaged(path, "is not the header of a lexical index")
    if header["format"] != _FORMAT:
        raise IndexMismatchError(
            f"{path} has format {header['format']!r}, this version reads {_FORMAT}.",
            remedy="Build the index again: kb ingest --force",
        )
    return header


def _map_array(path: Path, dtype: str) -> NDArray[Any]:
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    if mapped.dtype != np.dtype(dtype) or mapped.ndim != 1:
        raise _damaged(path, f"holds {mapped.dtype} of shape {mapped.shape}, not a row of {dtype}")
    return np.asarray(mapped)


def _damaged(path: Path, reason: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"{path} is damaged: {reason}.", remedy="Go back (kb rollback) or build again (kb ingest --force)."
    )
