"""What identifies the shipped encoder: the files of all-MiniLM-L6-v2 as they were released.

Source: huggingface.co/sentence-transformers/all-MiniLM-L6-v2, ``sentence_bert_config.json`` for the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENCODER_ID = "all-MiniLM-L6-v2"
NAMES = frozenset({"minilm", ENCODER_ID, f"sentence-transformers/{ENCODER_ID}"})
"""What ``KB_ENCODER`` may call the shipped encoder."""
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
SHA256: Mapping[str, str] = MappingProxyType(
    {
        WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    }
)
REVISION = f"{SHA256[WEIGHTS][:16]}.1"
"""The number is raised when the same text would be given to the model in another way."""
WINDOW = 256
"""Tokens, [CLS] and [SEP] included."""
DIMENSION = 384
