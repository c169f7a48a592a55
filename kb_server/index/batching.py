"""Token sequences → padded batches, for every runtime that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def cut_to_window(ids: list[int], window: int) -> list[int]:
    """Give at most ``window`` token ids; the special one at the end stays.

    >>> cut_to_window([0, 7, 8, 9, 2], 3)
    [0, 7, 2]
    """
    return ids if len(ids) <= window else [*ids[: window - 1], ids[-1]]


def by_length(rows: Iterable[int], lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Group ``rows``, shortest first, so that a padded group stays within ``batch_tokens``.

    >>> by_length(range(3), [4, 1, 2], 4)
    [[1, 2], [0]]
    """
    batches: list[list[int]] = []
    for row in sorted(rows, key=lambda row: lengths[row]):
        if batches and (len(batches[-1]) + 1) * lengths[row] <= batch_tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def padded(
    sequences: Sequence[Sequence[int]], *, pad: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give token ids and mask, both (texts, longest)."""
    ids = np.full((len(sequences), max(map(len, sequences))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask
