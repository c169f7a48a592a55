"""A Korean encoder in PyTorch: what ``SentenceTransformer(FOLDER)`` loads, and what training starts from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.sentence_transformer.modules import InputModule
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from kb_server.index.batching import cut_to_window, padded
from kb_server.index.bert_graph import PROJECTION, WORDS
from kb_server.index.korean import KoreanConfig, KoreanSource
from kb_server.index.korean_weights import read_tokenizer, read_weights, write_korean_encoder
from kb_server.index.minilm import DIMENSION

PAD = 1


class KoreanModule(InputModule):  # type: ignore[misc]  # the library is not typed for us
    """BERT, mean pooling, a linear map into MiniLM's space, unit length."""

    def __init__(self, bert: Any, tokenizer: Tokenizer, *, window: int) -> None:
        """Join ``bert`` (a ``BertModel`` of width 384) with ``tokenizer``; the map starts as the identity."""
        super().__init__()
        self.bert = bert
        self.tokenizer = tokenizer
        self.window = window
        self.rounded = False
        """Whether it was taught with rounding; see ``KoreanConfig``."""
        self.projection = torch.nn.Linear(DIMENSION, DIMENSION, bias=False)
        torch.nn.init.eye_(self.projection.weight)

    @property
    def max_seq_length(self) -> int:
        """Give how many tokens are read of a text."""
        return self.window

    def get_embedding_dimension(self) -> int:
        """Give the length of a vector."""
        return DIMENSION

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Give token ids and mask of ``inputs``, each (texts, longest)."""
        texts = [(prompt or "") + str(text) for text in inputs]
        return self.padded([self.token_ids(text) for text in texts])

    def token_ids(self, text: str) -> list[int]:
        """Give the token ids of ``text``, cut to the window."""
        return cut_to_window(self.tokenizer.encode(text).ids, self.window)

    def all_token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the token ids of each of ``texts`` likewise, on all cores."""
        return [cut_to_window(found.ids, self.window) for found in self.tokenizer.encode_batch(list(texts))]

    def padded(self, sequences: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Give ``sequences`` of token ids as ids and mask, each (texts, longest)."""
        ids, mask = padded(sequences, pad=PAD)
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add ``sentence_embedding``, rows of unit length (texts, 384), to ``features``."""
        mask = features["attention_mask"]
        hidden = self.bert(input_ids=features["input_ids"], attention_mask=mask).last_hidden_state
        mean = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        features["sentence_embedding"] = torch.nn.functional.normalize(self.projection(mean), dim=1)
        return features

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Give all weights by their BERT names, as ``write_korean_encoder`` takes them."""
        state = {**self.bert.state_dict(), PROJECTION: self.projection.weight}
        return {
            name: tensor.detach().cpu().numpy().astype(np.float32)
            for name, tensor in state.items()
            if tensor.is_floating_point()
        }

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the encoder as int8 into ``output_path``."""
        config = self.bert.config
        write_korean_encoder(
            Path(output_path),
            self.tokenizer,
            self.tensors(),
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            window=self.window,
            rounded=self.rounded,
        )

    @classmethod
    def load(cls, model_name_or_path: str, *_: Any, **__: Any) -> Self:
        """Read the encoder in the folder ``model_name_or_path``."""
        folder = Path(model_name_or_path)
        config = KoreanSource(folder).config
        tensors = read_weights(folder, config).whole()
        module = cls(_bert(config, tensors), read_tokenizer(folder, config), window=config.window)
        module.rounded = config.rounded
        module.projection.weight.data.copy_(torch.from_numpy(tensors[PROJECTION]))
        return module


def _bert(config: KoreanConfig, tensors: dict[str, NDArray[np.float32]]) -> Any:
    words = tensors[WORDS]
    bert = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=DIMENSION,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=4 * DIMENSION,
            max_position_embeddings=len(tensors["embeddings.position_embeddings.weight"]),
            type_vocab_size=len(tensors["embeddings.token_type_embeddings.weight"]),
            pad_token_id=PAD,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ),
        add_pooling_layer=False,
    )
    state = {name: torch.from_numpy(array) for name, array in tensors.items() if name != PROJECTION}
    bert.load_state_dict(state, strict=False)
    return bert
