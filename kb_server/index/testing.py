"""An encoder for tests: no weights, no wait, the same vectors on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_TOKEN = re.compile(r"\w+")


class HashEncoder:
    """Encode a text as the sum of random directions, one for each of its words: shared words are near.

    >>> close, far = HashEncoder().encode(["reset the password", "요금제를 바꿉니다"]) @ HashEncoder().encode(
    ...     ["password reset"]
    ... ).T
    >>> bool(close > 0.7 > far)
    True
    """

    def __init__(self, *, dimension: int = 64, window: int = 256) -> None:
        """Give vectors of ``dimension`` numbers and claim to read ``window`` tokens."""
        self.encoder_id = "hash"
        self.revision = f"hash-{dimension}"
        self.dimension = dimension
        self.window = window

    def reads(self, lang: str) -> bool:
        """Tell that it reads every ``lang``, as words are only hashed."""
        return bool(lang)

    def count_tokens(self, text: str) -> int:
        """Count the words of ``text``, and two for start and end as real encoders have them."""
        return len(_TOKEN.findall(text)) + 2

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions like any other text."""
        return self.encode(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for token in _TOKEN.findall(text.casefold()) or [""]:
                vectors[row] += self._direction(token)
            vectors[row] /= np.linalg.norm(vectors[row])
        return vectors

    def _direction(self, token: str) -> NDArray[np.float32]:
        """Hash ``token`` into ``dimension`` bytes, read as numbers around 0; none is 0."""
        digest = hashlib.shake_128(token.encode()).digest(self.dimension)
        return np.frombuffer(digest, dtype=np.uint8).astype(np.float32) - np.float32(127.5)
