"""Start a Korean encoder from a multilingual one: its lowest layers, and the words that Korean needs.

The lower layers of such a model hold what its languages have in common, and its word table is mostly other
languages. Method: dropping upper layers before distillation (Sajjad et al. 2020, "On the Effect of Dropping
Layers of Pre-trained Transformer Models") and trimming the vocabulary to the languages at hand
(Abdaoui et al. 2020, "Load What You Need: Smaller Versions of Multilingual BERT").
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from kb_server.errors import SourceError
from kb_server.index.korean_module import KoreanModule
from kb_server.index.minilm import DIMENSION

LATIN_PIECES = 18_000
"""Word pieces without Hangul that are kept: the most frequent ones in the texts at hand."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_PRINTABLE = re.compile("▁?[\x21-\x7e]*")
_SPECIALS = 4
"""``<s> <pad> </s> <unk>`` come first in the vocabulary."""


def pupil_from(folder: Path, texts: Iterable[str], *, layers: int, window: int) -> KoreanModule:
    """Give an untaught Korean encoder from the first ``layers`` of the model in ``folder``.

    ``texts`` decide which Latin word pieces stay; all pieces with Hangul do. Raises ``SourceError`` where the
    folder holds no BERT of width 384 with a Unigram tokenizer (multilingual-e5-small is one).
    """
    config, described = _checked(folder, layers)
    whole = Tokenizer.from_str(json.dumps(described))
    kept = _kept_pieces([piece for piece, _ in described["model"]["vocab"]], whole, texts)
    config.num_hidden_layers = layers
    # It would list every dropped layer as a surprise.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the library is not typed
    bert = AutoModel.from_pretrained(folder, config=config, add_pooling_layer=False, local_files_only=True)
    words = bert.get_input_embeddings().weight.data[kept].float().clone()
    bert.set_input_embeddings(torch.nn.Embedding.from_pretrained(words, freeze=False))
    bert.config.vocab_size = len(kept)
    return KoreanModule(bert.float(), _trimmed(described, kept), window=window)


def _checked(folder: Path, layers: int) -> tuple[Any, dict[str, Any]]:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        described: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        found = (config.model_type, config.hidden_size, described["model"]["type"])
        specials = [piece for piece, _ in described["model"]["vocab"][:_SPECIALS]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{str(folder)!r} holds no model to start from: {error}.",
            remedy="Name the folder of a multilingual sentence encoder with --base, or leave it out.",
        ) from error
    if found != ("bert", DIMENSION, "Unigram") or specials != ["<s>", "<pad>", "</s>", "<unk>"]:
        raise SourceError(
            f"The model in {str(folder)!r} is {found} with the special tokens {specials}; a Korean encoder "
            f"starts from a BERT of width {DIMENSION} with a Unigram tokenizer and <s> <pad> </s> <unk>.",
            remedy="multilingual-e5-small is such a model; or leave --base out.",
        )
    if not 0 <= layers <= config.num_hidden_layers:
        raise SourceError(
            f"--layers {layers} is not between 0 and the {config.num_hidden_layers} of {str(folder)!r}.",
            remedy="6 layers are what the shipped encoder has.",
        )
    return config, described


def _kept_pieces(pieces: Sequence[str], whole: Tokenizer, texts: Iterable[str]) -> list[int]:
    """Give the places in the vocabulary that stay, in order."""
    counts: Counter[int] = Counter()
    for encoding in whole.encode_batch(list(texts), add_special_tokens=False):
        counts.update(encoding.ids)
    kept = set(range(_SPECIALS))
    latin = []
    for place, piece in enumerate(pieces):
        if _HANGUL.search(piece) or (len(piece.removeprefix("▁")) <= 1 and _PRINTABLE.fullmatch(piece)):
            kept.add(place)
        elif _PRINTABLE.fullmatch(piece):
            latin.append(place)
    # The vocabulary is in order of frequency in the base model's own texts: it decides between equals.
    latin.sort(key=lambda place: (-counts[place], place))
    return sorted(kept.union(latin[:LATIN_PIECES]))


def _trimmed(described: dict[str, Any], kept: Sequence[int]) -> Tokenizer:
    vocabulary = described["model"]["vocab"]
    names = {vocabulary[place][0] for place in kept}
    model = {**described["model"], "vocab": [vocabulary[place] for place in kept]}
    added = [token for token in described.get("added_tokens", []) if token["content"] in names]
    tokenizer = Tokenizer.from_str(json.dumps({**described, "model": model, "added_tokens": added}))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
