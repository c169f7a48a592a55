"""A small Korean encoder, made on the fly: random weights, a tokenizer trained on a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from kb_server.index.bert_graph import PROJECTION, WORDS
from kb_server.index.korean_weights import write_korean_encoder
from kb_server.index.minilm import DIMENSION

LINES = (
    "API 키를 어떻게 발급하나요?",
    "이전 버전으로 되돌리려면 `kb rollback` 명령을 실행하세요.",
    "비밀번호를 바꾸려면 설정 화면을 여세요.",
    "Settings > Sync 메뉴에서 Obsidian Sync 요금제를 바꿉니다.",
)
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
LAYERS = 1
HEADS = 12
WINDOW = 32


def korean_model(folder: Path, *, seed: int = 0, rounded: bool = False, lines: Sequence[str] = LINES) -> Path:
    """Write a Korean encoder into ``folder``; another ``seed`` gives other vectors."""
    tokenizer = korean_tokenizer(lines)
    tensors = random_tensors(tokenizer.get_vocab_size(), seed=seed)
    write_korean_encoder(
        folder, tokenizer, tensors, layers=LAYERS, heads=HEADS, window=WINDOW, rounded=rounded
    )
    return folder


def korean_tokenizer(lines: Sequence[str] = LINES) -> Tokenizer:
    """Train a tokenizer on ``lines``; letters that stand in none of them are all the same to it."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def random_tensors(tokens: int, *, seed: int) -> dict[str, NDArray[np.float32]]:
    """Give the tensors of a transformer of ``LAYERS`` layers by their BERT names."""
    generator = np.random.default_rng(seed)
    wide = 4 * DIMENSION
    shapes: dict[str, tuple[int, ...]] = {
        WORDS: (tokens, DIMENSION),
        "embeddings.position_embeddings.weight": (WINDOW, DIMENSION),
        "embeddings.token_type_embeddings.weight": (2, DIMENSION),
        PROJECTION: (DIMENSION, DIMENSION),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        linear = {f"attention.self.{name}": (DIMENSION, DIMENSION) for name in ("query", "key", "value")}
        linear |= {"attention.output.dense": (DIMENSION, DIMENSION)}
        linear |= {"intermediate.dense": (wide, DIMENSION), "output.dense": (DIMENSION, wide)}
        for name, shape in linear.items():
            shapes |= {f"{prefix}.{name}.weight": shape, f"{prefix}.{name}.bias": shape[:1]}
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
    tensors = {
        name: (generator.standard_normal(shape) * 0.1).astype(np.float32) for name, shape in shapes.items()
    }
    for name in norms:
        tensors |= {
            f"{name}.weight": np.ones(DIMENSION, np.float32),
            f"{name}.bias": np.zeros(DIMENSION, np.float32),
        }
    return tensors
