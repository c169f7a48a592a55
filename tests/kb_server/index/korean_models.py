"""A small Korean encoder, made on the fly: random token vectors, a tokenizer trained on a few lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from kb_server.index.korean_encoder import write_korean_encoder
from kb_server.index.minilm import DIMENSION

LINES = (
    "API 키를 어떻게 발급하나요?",
    "이전 버전으로 되돌리려면 `kb rollback` 명령을 실행하세요.",
    "비밀번호를 바꾸려면 설정 화면을 여세요.",
    "Settings > Sync 메뉴에서 Obsidian Sync 요금제를 바꿉니다.",
)


def korean_model(folder: Path, *, seed: int = 0) -> Path:
    """Write a Korean encoder into ``folder``; another ``seed`` gives other vectors."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["[UNK]"], unk_token="[UNK]", show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((tokenizer.get_vocab_size(), DIMENSION)).astype(np.float32)
    vectors *= generator.uniform(0.1, 2, len(vectors)).astype(np.float32)[:, None]
    vectors[0] = 0  # an unknown sign says nothing
    write_korean_encoder(folder, tokenizer, vectors)
    return folder
