"""The terms of an index, sorted by their UTF-8 bytes: look-up, and the terms that lie near a misspelt one.

Looking for near terms scans those with the same beginning. What cannot be near is left out by
two numbers per term, its length and the set of its characters as bits; both are made when first needed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.remembering import Recent

_MAX_COMPARED = 32
"""Terms whose distance is computed in full; of more, the most frequent."""
_NOTES = 1 << 4
_KEPT_SPANS = 1 << 14
"""Terms that were looked up last, whose places are kept: about 4 MiB."""
_WIDTH_OF_ONE_EDIT = 2
"""Characters between the beginning and the end that two words share, one edit apart: a swap has two."""
_PAIR_BYTES = 6
"""Two Hangul syllables in UTF-8."""
_FIRST_HANGUL, _AFTER_HANGUL = "가".encode(), "\ud7b0".encode()


class NearTerm(NamedTuple):
    """A term of the index and how many rows hold it."""

    term: str
    frequency: int


class Vocabulary:
    """Read-only; any number of threads may look terms up at once."""

    def __init__(
        self, terms: NDArray[np.uint8], term_starts: NDArray[np.int64], posting_starts: NDArray[np.int64]
    ) -> None:
        """Take the arrays of a lexical index."""
        self._bytes = terms
        self._starts = term_starts
        self._terms = _view(terms)
        self._term_starts = _view(term_starts)
        self._postings = posting_starts
        self._posting_starts = _view(posting_starts)
        self._spans: Recent[str, tuple[int, int]] = Recent(_KEPT_SPANS)
        self.notes: Recent[Hashable, Any] = Recent(_NOTES)
        """What others have worked out of these terms, which never change."""

    def __len__(self) -> int:
        """Count the terms."""
        return len(self._term_starts) - 1

    def term(self, number: int) -> bytes:
        """Give the UTF-8 bytes of a term."""
        return bytes(self._terms[self._term_starts[number] : self._term_starts[number + 1]])

    def latin_words(self) -> Iterator[str]:
        """Give the terms of small Latin letters alone, in their order."""
        terms = (self.term(number) for number in range(self._first_from(b"a"), self._first_from(b"{")))
        return (str(term, "ascii") for term in terms if term.isalpha() and term.isascii())

    def span(self, term: str) -> tuple[int, int]:
        """Find the postings of ``term``: an empty span where no row holds it."""
        return self._spans.get(term, lambda: self._find_span(term))

    def _find_span(self, term: str) -> tuple[int, int]:
        wanted = term.encode("utf-8")
        number = self._first_from(wanted)
        if number == len(self) or self.term(number) != wanted:
            return 0, 0
        return self._posting_starts[number], self._posting_starts[number + 1]

    def frequency(self, term: str) -> int:
        """Count the rows that hold ``term``."""
        begin, end = self.span(term)
        return end - begin

    def knows_term(self, term: str) -> bool:
        """Tell whether any row holds ``term``."""
        return self.frequency(term) > 0

    def knows(self, terms: Iterable[str]) -> bool:
        """Tell whether any row holds any of ``terms``."""
        return any(map(self.knows_term, terms))

    def begins_a_term(self, beginning: str) -> bool:
        """Tell whether a term begins with ``beginning``."""
        wanted = beginning.encode("utf-8")
        number = self._first_from(wanted)
        return number < len(self) and self.term(number).startswith(wanted)

    def pair_frequencies(self, pairs: Sequence[str]) -> NDArray[np.int64]:
        """Count the rows that hold each of ``pairs``, two Hangul syllables each, shape (pairs,)."""
        codes, first = self._pairs
        wanted = np.array([_code(pair) for pair in pairs], dtype=np.int64)
        if not len(codes):
            return np.zeros(len(pairs), dtype=np.int64)
        at = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
        numbers = first[at]
        found = self._postings[numbers + 1] - self._postings[numbers]
        return np.where(codes[at] == wanted, found, 0)

    def near(self, term: str, distance: int) -> list[NearTerm]:
        """Give the terms at most ``distance`` edits away that begin with as many characters of ``term``.

        An edit drops, adds or replaces a character or swaps two neighbours.
        """
        encoded, beginning = term.encode("utf-8"), term[:distance].encode("utf-8")
        first = self._first_from(beginning)
        last = self._first_from(beginning[:-1] + bytes([beginning[-1] + 1]))
        lengths = np.diff(self._starts[first : last + 1])
        signature = np.bitwise_or.reduce(_BITS[np.frombuffer(encoded, dtype=np.uint8)])
        apart = np.bitwise_count(self._signatures[first:last] ^ signature)
        fits = (np.abs(lengths - len(encoded)) <= distance) & (apart <= 2 * distance)
        numbers = np.flatnonzero(fits) + first
        frequencies = self._postings[numbers + 1] - self._postings[numbers]
        likely = np.argsort(-frequencies, kind="stable")[:_MAX_COMPARED]
        found = []
        for number, frequency in zip(numbers[likely].tolist(), frequencies[likely].tolist(), strict=True):
            candidate = str(self.term(number), "utf-8")
            if edit_distance(term, candidate, limit=distance) <= distance:
                found.append(NearTerm(candidate, frequency))
        return found

    def only(self, kept: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Give the bytes of the ``kept`` terms, a mask by number, and where each begins, and their end."""
        lengths = np.diff(self._starts)
        starts = np.concatenate(([0], np.cumsum(lengths[kept])))
        return np.asarray(self._bytes)[np.repeat(kept, lengths)], starts

    @property
    def size(self) -> int:
        """Bytes of the terms."""
        return int(self._bytes.nbytes + self._starts.nbytes)

    def prepare(self) -> None:
        """Make what the first misspelt question would wait for."""
        _ = self._signatures, self._pairs

    def _first_from(self, wanted: bytes) -> int:
        return bisect_left(range(len(self)), wanted, key=self.term)

    @cached_property
    def _signatures(self) -> NDArray[np.uint32]:
        if not len(self):
            return np.empty(0, dtype=np.uint32)
        return np.bitwise_or.reduceat(_BITS[self._bytes], np.asarray(self._starts[:-1]))

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the codes of all pairs of syllables, ascending, and the number of each one's term."""
        first, last = self._first_from(_FIRST_HANGUL), self._first_from(_AFTER_HANGUL)
        numbers = np.flatnonzero(np.diff(self._starts[first : last + 1]) == _PAIR_BYTES) + first
        at = np.asarray(self._starts)[numbers][:, np.newaxis] + np.arange(_PAIR_BYTES)
        units = np.asarray(self._bytes)[at].astype(np.int64)
        left = ((units[:, 0] & 15) << 12) | ((units[:, 1] & 63) << 6) | (units[:, 2] & 63)
        right = ((units[:, 3] & 15) << 12) | ((units[:, 4] & 63) << 6) | (units[:, 5] & 63)
        return (left << 16) | right, numbers


def edit_distance(one: str, other: str, *, limit: int) -> int:
    """Count the edits between two words: dropped, added or replaced characters and swapped neighbours.

    Beyond ``limit`` any larger number will do.

    >>> edit_distance("password", "psaswrd", limit=2)
    2
    """
    one, other = _where_they_differ(one, other)
    if limit == 1 and max(len(one), len(other)) > _WIDTH_OF_ONE_EDIT:
        return limit + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, char in enumerate(one, start=1):
        current = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (char != wanted))
            swapped = row > 1 < column and char == other[column - 2] and one[row - 2] == wanted
            current.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, above = above, current
    return above[-1]


def _where_they_differ(one: str, other: str) -> tuple[str, str]:
    """Leave out the beginning and the end that two words share."""
    begin = _shared(one, other)
    one, other = one[begin:], other[begin:]
    end = _shared(one[::-1], other[::-1])
    return one[: len(one) - end], other[: len(other) - end]


def _shared(one: str, other: str) -> int:
    """Count the characters that both begin with."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _code(pair: str) -> int:
    return (ord(pair[0]) << 16) | ord(pair[1])


def _bits() -> NDArray[np.uint32]:
    """Give the bit of each byte: a letter's own, and one for each other class."""
    bits = np.full(256, 1 << 31, dtype=np.uint32)
    bits[np.arange(26) + ord("a")] = 1 << np.arange(26, dtype=np.uint32)
    bits[np.arange(10) + ord("0")] = 1 << 26 + np.arange(10, dtype=np.uint32) % 5
    return bits


_BITS = _bits()


def _view(array: NDArray[Any]) -> memoryview:
    """Give a view whose items are Python numbers: single look-ups cost a third of those in an array."""
    return memoryview(array)  # type: ignore[arg-type]  # numpy declares the buffer protocol from 3.12 on
