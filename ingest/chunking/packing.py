"""Which neighbouring pieces share a chunk: the cheapest segmentation, found by dynamic programming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

from ingest.chunking.pieces import Piece

OVERSIZE_COST = 4.0
"""Above the target size a token costs this much more than one below it."""
ALWAYS_TRIED = 2
"""Pieces: a block and the sentence that introduces it, of whatever size."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Packing:
    """Sizes in tokens: ``room`` is the hard limit, ``target`` the size that retrieves best."""

    room: int
    target: int
    gap: int
    """Tokens of the blank line between two pieces."""

    def pack(self, pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
        """Cut ``pieces`` into runs, as even and as near the target as the boundaries allow.

        Each piece must fit into the room. Linear in the number of pieces: a run never grows beyond twice the
        target, except that one boundary inside it is always considered.
        """
        sums = [0, *accumulate(piece.tokens + self.gap for piece in pieces)]
        best = [0.0]
        cuts = [0]
        for end in range(1, len(pieces) + 1):
            cost, start = self._cheapest(pieces, sums, best, end)
            best.append(cost)
            cuts.append(start)
        yield from _runs(pieces, cuts)

    def _cheapest(
        self, pieces: Sequence[Piece], sums: Sequence[int], best: Sequence[float], end: int
    ) -> tuple[float, int]:
        """Give the lowest cost of the pieces before ``end``, and where the last of their runs begins."""
        cost, cheapest = inf, end - 1
        for start in range(end - 1, -1, -1):
            first = pieces[start]
            size = sums[end] - sums[start] - self.gap
            length = end - start
            if (length > 1 and size > self.room) or (length > ALWAYS_TRIED and size > 2 * self.target):
                break
            if length > 1 and size + first.header_tokens > self.room:
                continue
            total = best[start] + self._misfit(size) + (first.boundary if start else 0.0)
            # Equal costs go to the larger chunk; the margin is for sums that only rounding tells apart.
            if total <= cost + ROUNDING:
                cost, cheapest = total, start
        return cost, cheapest

    def _misfit(self, size: int) -> float:
        share = (size - self.target) / self.target
        return share * share * (OVERSIZE_COST if share > 0 else 1.0)


def _runs(pieces: Sequence[Piece], cuts: Sequence[int]) -> Iterator[Sequence[Piece]]:
    edges = [len(pieces)]
    while edges[-1] > 0:
        edges.append(cuts[edges[-1]])
    edges.reverse()
    for start, end in pairwise(edges):
        yield pieces[start:end]
