from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.errors import IndexDamagedError
from kb_server.index.vectors import exact_scores, open_vectors, write_vectors

from .sample_versions import unit_vectors


@pytest.mark.parametrize("count", [0, 1, 9000])
def test_vectors_are_mapped_as_they_were_written(tmp_path: Path, count: int) -> None:
    vectors, done = unit_vectors(count), []
    write_vectors(tmp_path / "v.npy", vectors, progress=lambda *step: done.append(step))

    mapped = open_vectors(tmp_path / "v.npy")
    assert np.array_equal(mapped, vectors)
    assert mapped.shape == (count, 16)
    assert not mapped.flags.writeable
    assert done[-1:] == ([(count, count)] if count else [])


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"x" * 1000])
def test_a_file_that_is_no_matrix_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.npy").write_bytes(content)

    with pytest.raises(IndexDamagedError, match=r"v\.npy"):
        open_vectors(tmp_path / "v.npy")


def test_a_matrix_of_another_kind_is_called_damaged(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.zeros(3))

    with pytest.raises(IndexDamagedError, match="float64"):
        open_vectors(tmp_path / "v.npy")


@given(visible=st.lists(st.booleans(), min_size=40, max_size=40), seed=st.integers(0, 9))
def test_scores_are_cosines_and_what_is_not_visible_has_none(visible: list[bool], seed: int) -> None:
    matrix, query = unit_vectors(40), unit_vectors(1, seed)[0]
    mask = np.array(visible)

    scores = exact_scores(matrix, query, mask)

    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores[mask], (matrix @ query)[mask], atol=1e-6)
    assert np.all(np.isneginf(scores[~mask]))
    np.testing.assert_allclose(exact_scores(matrix, query, None), matrix @ query, atol=1e-6)
