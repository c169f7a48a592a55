"""BERT sentence encoders as ONNX graphs, written in a few milliseconds in standard operators.

A graph computes no weights: its tensors come from ``Tensors``, which points to the bytes of a released file
or hands over arrays. Mean pooling, an optional linear projection and unit length are part of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kb_server.index.weights import tensor_places

FLOAT = TensorProto.FLOAT
OPSET = 20
IR_VERSION = 9
INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"
EMBEDDING = "embedding"
WORDS = "embeddings.word_embeddings.weight"
PROJECTION = "projection.weight"
"""Linear map of the pooled vector (out, in); only in encoders that were taught another one's space."""

_EPSILON = 1e-12
_MASKED = np.float32(-3e38)
"""Added to the score of a padding position before softmax."""


@dataclass(frozen=True, slots=True)
class BertShape:
    """What the tensors do not say about themselves."""

    name: str
    layers: int
    heads: int
    width: int
    projection: bool = False

    @property
    def head_width(self) -> int:
        """Give the numbers per attention head."""
        return self.width // self.heads


class Tensors(Protocol):
    """Where the weights of a graph come from."""

    def tensor(self, name: str) -> Any:
        """Give the tensor ``name`` as an ONNX ``TensorProto``."""
        ...

    def rows(self, graph: Graph, name: str, indices: str, output: str) -> str:
        """Add the nodes that look up ``indices`` in the table ``name``; give the name of the result."""
        ...

    def product(self, graph: Graph, x: str, name: str) -> str:
        """Add the nodes that multiply ``x`` with the matrix ``name`` (out, in); name the result."""
        ...


class FileTensors:
    """Refer to the tensors of a safetensors file by their place, so that the runtime maps them itself."""

    def __init__(self, weights: Path) -> None:
        """Read the header of ``weights``."""
        self._header, self._data_start = tensor_places(weights)
        self._path = weights

    def tensor(self, name: str) -> Any:
        """Give the tensor ``name`` as a reference into the file."""
        entry = self._header[name]
        start, end = entry["data_offsets"]
        place = {
            "location": self._path.name,
            "offset": str(self._data_start + start),
            "length": str(end - start),
        }
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=entry["shape"], data_location=TensorProto.EXTERNAL
        )
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
        return tensor

    def rows(self, graph: Graph, name: str, indices: str, output: str) -> str:
        """Look up rows of floats."""
        return graph.node("Gather", [graph.weight(name), indices], output)

    def product(self, graph: Graph, x: str, name: str) -> str:
        """Multiply in float32."""
        return float_product(graph, x, name)

    def array(self, name: str) -> NDArray[np.float32]:
        """Give the tensor ``name`` as a read-only view of the file."""
        entry = self._header[name]
        start = self._data_start + entry["data_offsets"][0]
        return np.memmap(self._path, dtype="<f4", mode="r", offset=start, shape=tuple(entry["shape"]))


class ArrayTensors:
    """Hand over arrays; the int8 word table stays int8, since only the rows of a text are ever read."""

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], words: NDArray[np.int8], scales: NDArray[Any]
    ) -> None:
        """Keep float32 ``arrays`` by name, and ``words`` (tokens, width) with one scale per row."""
        self._arrays = arrays
        self._words = words
        self._scales = scales

    def array(self, name: str) -> NDArray[np.float32]:
        """Give the array ``name``."""
        return np.asarray(self._arrays[name], dtype=np.float32)

    def tensor(self, name: str) -> Any:
        """Give the array ``name`` as a tensor."""
        return numpy_helper.from_array(self._arrays[name], name)

    def rows(self, graph: Graph, name: str, indices: str, output: str) -> str:
        """Look up rows of int8 and bring them to scale."""
        table = graph.constant(name, self._words)
        whole = graph.node("Gather", [table, indices], f"{output}.whole")
        floats = graph.node("Cast", [whole], f"{output}.floats", to=TensorProto.FLOAT)
        scales = graph.constant(f"{name}.scales", self._scales.astype(np.float32).reshape(-1, 1))
        return graph.node("Mul", [floats, graph.node("Gather", [scales, indices], f"{output}.scale")], output)

    def product(self, graph: Graph, x: str, name: str) -> str:
        """Multiply in float32."""
        return float_product(graph, x, name)


class Graph:
    """Nodes and tensors in the order in which they are added; a node is named by its first output."""

    def __init__(self, tensors: Tensors) -> None:
        """Start an empty graph over ``tensors``."""
        self._source = tensors
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node and give the name of its output."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def split(self, op: str, x: str, outputs: Sequence[str]) -> None:
        """Add a node with several outputs."""
        self.nodes.append(helper.make_node(op, [x], outputs, name=outputs[0]))

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a tensor with the numbers ``value``."""
        self.tensors.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str) -> str:
        """Add a tensor of the model."""
        self.tensors.append(self._source.tensor(name))
        return name

    def linear(self, x: str, name: str) -> str:
        """Multiply with a matrix (out, in) and add a bias."""
        product = self.product(x, name)
        return self.node("Add", [product, self.weight(f"{name}.bias")], f"{name}.out")

    def product(self, x: str, name: str) -> str:
        """Multiply with a matrix (out, in)."""
        return self._source.product(self, x, name)

    def layer_norm(self, x: str, name: str) -> str:
        """Normalise the last axis."""
        inputs = [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=_EPSILON)


def float_product(graph: Graph, x: str, name: str) -> str:
    """Multiply ``x`` with the matrix ``name`` (out, in) in float32."""
    transposed = graph.node("Transpose", [graph.weight(f"{name}.weight")], f"{name}.transposed", perm=[1, 0])
    return graph.node("MatMul", [x, transposed], f"{name}.product")


def build_graph(tensors: Tensors, shape: BertShape) -> bytes:
    """Write the graph of a BERT of ``shape`` as a serialized ONNX model.

    Inputs ``input_ids`` and ``attention_mask``: int64 (texts, tokens), the mask 1 for tokens and 0 for
    padding. Output ``embedding``: float32 (texts, width), rows of unit length.
    """
    graph = Graph(tensors)
    mask = graph.node("Cast", [ATTENTION_MASK], "mask", to=TensorProto.FLOAT)
    for name, axes in (("head_axes", [1, 2]), ("width_axis", [2]), ("token_axis", [1])):
        graph.constant(name, np.array(axes, dtype=np.int64))
    padding = graph.node("Sub", [graph.constant("one", np.array(1, dtype=np.float32)), mask], "padding")
    graph.node("Mul", [padding, graph.constant("masked", np.array(_MASKED))], "padding_score")
    graph.node("Unsqueeze", ["padding_score", "head_axes"], "score_bias")
    graph.constant("split_heads", np.array([0, 0, shape.heads, shape.head_width], dtype=np.int64))
    graph.constant("join_heads", np.array([0, 0, shape.width], dtype=np.int64))
    graph.constant("scale", np.array(1 / math.sqrt(shape.head_width), dtype=np.float32))

    x = _embed(graph, tensors)
    for layer in range(shape.layers):
        prefix = f"encoder.layer.{layer}"
        x = _attend(graph, x, f"{prefix}.attention")
        x = _transform(graph, x, prefix)
    _pool(graph, x, mask, projection=shape.projection)
    return _serialize(graph, shape)


def _embed(graph: Graph, tensors: Tensors) -> str:
    """Add up word, position and type embeddings (one text: always type 0)."""
    first = graph.constant("first", np.array([0], dtype=np.int64))
    second = graph.constant("second", np.array([1], dtype=np.int64))
    length = graph.node("Shape", [INPUT_IDS], "length", start=1, end=2)
    words = tensors.rows(graph, WORDS, INPUT_IDS, "words")
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.node("Slice", [table, first, length, first], "positions")
    types = graph.weight("embeddings.token_type_embeddings.weight")
    kind = graph.node("Slice", [types, first, second, first], "type")
    placed = graph.node("Add", [words, positions], "placed")
    return graph.layer_norm(graph.node("Add", [placed, kind], "embedded"), "embeddings.LayerNorm")


def _attend(graph: Graph, x: str, prefix: str) -> str:
    """Add multi-head self-attention to ``x`` and normalise."""

    def heads(name: str, axes: list[int]) -> str:
        flat = graph.linear(x, f"{prefix}.self.{name}")
        split = graph.node("Reshape", [flat, "split_heads"], f"{flat}.split")
        return graph.node("Transpose", [split], f"{flat}.heads", perm=axes)

    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    products = graph.node("MatMul", [query, key], f"{prefix}.products")
    scaled = graph.node("Mul", [products, "scale"], f"{prefix}.scaled")
    scores = graph.node("Add", [scaled, "score_bias"], f"{prefix}.scores")
    shares = graph.node("Softmax", [scores], f"{prefix}.shares", axis=-1)
    mixed = graph.node("MatMul", [shares, value], f"{prefix}.mixed")
    ordered = graph.node("Transpose", [mixed], f"{prefix}.ordered", perm=[0, 2, 1, 3])
    joined = graph.node("Reshape", [ordered, "join_heads"], f"{prefix}.joined")
    output = graph.linear(joined, f"{prefix}.output.dense")
    return graph.layer_norm(
        graph.node("Add", [output, x], f"{prefix}.residual"), f"{prefix}.output.LayerNorm"
    )


def _transform(graph: Graph, x: str, prefix: str) -> str:
    """Add the two-layer transformation of each token to ``x`` and normalise."""
    wide = graph.node("Gelu", [graph.linear(x, f"{prefix}.intermediate.dense")], f"{prefix}.activated")
    output = graph.linear(wide, f"{prefix}.output.dense")
    return graph.layer_norm(
        graph.node("Add", [output, x], f"{prefix}.residual"), f"{prefix}.output.LayerNorm"
    )


def _pool(graph: Graph, x: str, mask: str, *, projection: bool) -> None:
    """Sum the tokens; unit length makes the sum equal to the mean."""
    weights = graph.node("Unsqueeze", [mask, "width_axis"], "token_weights")
    weighted = graph.node("Mul", [x, weights], "weighted")
    total = graph.node("ReduceSum", [weighted, "token_axis"], "total", keepdims=0)
    if projection:
        total = graph.product(total, PROJECTION.removesuffix(".weight"))
    graph.node("LpNormalization", [total], EMBEDDING, axis=1, p=2)


def _serialize(graph: Graph, shape: BertShape) -> bytes:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in (INPUT_IDS, ATTENTION_MASK)
    ]
    outputs = [helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["texts", shape.width])]
    body = helper.make_graph(graph.nodes, shape.name, inputs, outputs, graph.tensors)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    serialized: bytes = model.SerializeToString()
    return serialized
