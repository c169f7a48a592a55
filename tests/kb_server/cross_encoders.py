"""Cross-encoders, tiny and random, made on the fly."""

from __future__ import annotations

import string
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

_SIGNS = string.ascii_lowercase + string.digits
_WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_SIGNS, *map("##{}".format, _SIGNS))
_KOREAN = ("백업", "매일", "실행")


def cross_encoder(folder: Path, labels: tuple[str, ...]) -> Path:
    """Write a model into ``folder`` that gives a number for each of ``labels``; always the same weights."""
    words = (*_WORDS, *_KOREAN)
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder
