"""What every encoder can do, and what can be known of one before it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

UNLIMITED = 1_000_000
"""Window, in tokens, of an encoder that averages whatever it is given."""


class Encoder(Protocol):
    """Gives texts their place in a vector space."""

    @property
    def encoder_id(self) -> str:
        """Name the model, as the manifest of an index records it."""
        ...

    @property
    def revision(self) -> str:
        """Give the hash that changes whenever the same text could get another vector."""
        ...

    @property
    def dimension(self) -> int:
        """Give the length of a vector."""
        ...

    @property
    def window(self) -> int:
        """Give how many tokens the model sees of a text, special ones included."""
        ...

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` (``en``, ``ko``) carry their meaning."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count what ``text`` takes of the window, special tokens included."""
        ...

    def identity(self, text: str) -> tuple[str, str]:
        """Give id and revision of the encoder that reads ``text``: where both stay, its vector stays."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode passages as finite rows of unit length (n, dimension)."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions likewise; many models read a question in another way than a passage."""
        ...


class EncoderSource(Protocol):
    """An encoder that is named at once and loaded only when a text must be read."""

    @property
    def encoder_id(self) -> str:
        """Name the model."""
        ...

    @property
    def revision(self) -> str:
        """Give the revision of the encoder that ``load`` gives."""
        ...

    def load(self) -> Encoder:
        """Load the encoder; EncoderError where it is missing or damaged."""
        ...
