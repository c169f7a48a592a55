"""The matrix of a version: one unit-length float32 vector per row, mapped into memory and scanned whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from kb_server.index.manifest import damaged

VECTORS_NAME = "vectors.npy"

_ROWS_PER_WRITE = 4096
# Below this share of visible rows, gathering them costs less than the scan of all: at 10k, 50k and 200k
# rows the lines cross between 25 % and 35 %.
_GATHER_SHARE = 0.25


def write_vectors(path: Path, vectors: NDArray[np.float32], *, progress: Callable[[int, int], None]) -> None:
    """Write the (n, d) ``vectors`` to a new .npy file.

    Plain writes and not a mapped file, where a full disk would kill the process instead of raising.
    """
    with path.open("wb") as file:
        npy.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": tuple(vectors.shape)}
        )
        for start in range(0, len(vectors), _ROWS_PER_WRITE):
            block = np.ascontiguousarray(vectors[start : start + _ROWS_PER_WRITE], dtype="<f4")
            file.write(block.tobytes())
            progress(start + len(block), len(vectors))


def open_vectors(path: Path) -> NDArray[np.float32]:
    """Map a matrix that ``write_vectors`` wrote, read-only; ``IndexDamagedError`` where it is not one."""
    try:
        matrix: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if matrix.ndim != 2 or matrix.dtype != np.float32:  # noqa: PLR2004 - rows and columns
        raise damaged(path, f"it holds {matrix.dtype} of shape {matrix.shape}, not float32 rows")
    return matrix


def exact_scores(
    matrix: NDArray[np.float32], vector: NDArray[np.float32], visible: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """Give the cosine of ``vector``, of unit length, with each row; -inf where ``visible`` is False."""
    pin_blas_threads()
    if visible is None:
        return np.asarray(matrix @ vector)
    scores = np.full(len(matrix), -np.inf, dtype=np.float32)
    rows = np.flatnonzero(visible)
    if len(rows) < _GATHER_SHARE * len(matrix):
        scores[rows] = matrix[rows] @ vector
    else:
        np.copyto(scores, matrix @ vector, where=visible)
    return scores


@cache
def pin_blas_threads() -> None:
    """Let this process multiply on one thread: a second one spins, waiting for memory and its peers."""
    threadpool_limits(limits=1, user_api="blas")
