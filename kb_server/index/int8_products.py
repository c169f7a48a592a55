"""Matrix products in 8-bit integers: half the time of float32 for a text as short as a question.

The numbers of a text are rounded to 8 bits by their range in that text, those of a matrix to 7 bits by the
range of each output. Seven bits, because two products of eight overflow the 16-bit sums of processors
without VNNI: so every processor adds the same integers. A few channels have values far above the others and
would take the range for themselves; they are divided before rounding, and the matrix is multiplied instead
(Xiao et al. 2023, "SmoothQuant"), by powers of two, which change no number. An encoder that was taught with
this rounding (``ingest.training.rounding``) needs no such help.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import EncoderError
from kb_server.index.bert_graph import FLOAT, Graph, Tensors
from kb_server.index.weights import tensor_places, verified_file

SMOOTHING = Path(__file__).parent / "models" / "minilm" / "smoothing.safetensors"
"""Exponents of two by the name of the product's input, int8 (in)."""
SMOOTHING_SHA256 = "f0fd7a25d84ce31c066c8ee5d0000f452de439289300d5aaa8125ddf026cdf11"
_LARGEST = 63
_REINSTALL = "Reinstall kb-server."


def read_smoothing(path: Path = SMOOTHING) -> dict[str, NDArray[np.int8]]:
    """Verify and read the exponents; EncoderError where the file is missing or not the released one."""
    header, start = tensor_places(verified_file(path, SMOOTHING_SHA256, remedy=_REINSTALL))
    places = {name: entry["data_offsets"] for name, entry in header.items()}
    return {
        name: np.fromfile(path, dtype=np.int8, count=end - first, offset=start + first)
        for name, (first, end) in places.items()
    }


def smoothing_exponents(
    largest: NDArray[np.float32], matrices: list[NDArray[np.float32]], *, share: float = 0.75
) -> NDArray[np.int8]:
    """Give the exponents for an input whose channels reach ``largest`` (in), read by ``matrices`` (out, in).

    ``share`` is how much of the difficulty goes from the text to the matrices, 0 to 1.
    """
    heaviest = np.max([np.abs(matrix).max(axis=0) for matrix in matrices], axis=0)
    factor = np.maximum(largest, 1e-3) ** share / np.maximum(heaviest, 1e-5) ** (1 - share)
    return np.asarray(np.rint(np.log2(factor)), dtype=np.int8)


class ReadableTensors(Tensors, Protocol):
    """Tensors whose numbers can be read."""

    def array(self, name: str) -> NDArray[np.float32]:
        """Give the tensor ``name``."""
        ...


class Int8Tensors:
    """Other tensors, with their matrices rounded; for one graph only."""

    def __init__(self, tensors: ReadableTensors, smoothing: Mapping[str, NDArray[np.int8]] | None) -> None:
        """Take everything but the products from ``tensors``; ``smoothing`` is None where none is needed."""
        self._tensors = tensors
        self._smoothing = smoothing
        self._rounded: set[str] = set()

    def tensor(self, name: str) -> Any:
        """Give the tensor ``name`` as a reference into the file."""
        return self._tensors.tensor(name)

    def rows(self, graph: Graph, name: str, indices: str, output: str) -> str:
        """Look up rows of floats."""
        return self._tensors.rows(graph, name, indices, output)

    def product(self, graph: Graph, x: str, name: str) -> str:
        """Multiply integers, then bring them to scale."""
        matrix = self._tensors.array(f"{name}.weight")
        smooth = x
        if self._smoothing is not None:
            factor = self._factor(x, name)
            smooth = self._smooth(graph, x, factor)
            matrix = matrix * factor
        self._round_input(graph, x, smooth)
        scales = np.abs(matrix).max(axis=1) / np.float32(_LARGEST)
        whole = np.rint(matrix / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
        table = graph.constant(f"{name}.int8", np.ascontiguousarray(whole.T))
        integers = graph.node("MatMulInteger", [f"{x}.uint8", table, f"{x}.zero"], f"{name}.integers")
        floats = graph.node("Cast", [integers], f"{name}.floats", to=FLOAT)
        scale = graph.node("Mul", [f"{x}.scale", graph.constant(f"{name}.scales", scales)], f"{name}.scale")
        return graph.node("Mul", [floats, scale], f"{name}.product")

    def _factor(self, x: str, name: str) -> NDArray[np.float32]:
        if self._smoothing is None or x not in self._smoothing:
            raise EncoderError(f"No smoothing is known for the input {x!r} of {name!r}.", remedy=_REINSTALL)
        return np.ldexp(np.float32(1), self._smoothing[x].astype(np.int32)).astype(np.float32)

    def _smooth(self, graph: Graph, x: str, factor: NDArray[np.float32]) -> str:
        if x in self._rounded:
            return f"{x}.smooth"
        return graph.node("Mul", [x, graph.constant(f"{x}.smoothing", 1 / factor)], f"{x}.smooth")

    def _round_input(self, graph: Graph, x: str, smooth: str) -> None:
        """Round ``x`` once for all the products that read it."""
        if x not in self._rounded:
            self._rounded.add(x)
            graph.split("DynamicQuantizeLinear", smooth, [f"{x}.uint8", f"{x}.scale", f"{x}.zero"])
