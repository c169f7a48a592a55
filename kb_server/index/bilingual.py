"""The shipped encoder: English through MiniLM, Korean through an encoder that was taught MiniLM's space.

Both sides give vectors of one space, so a Korean question finds an English page and the other way round.
Method: Reimers & Gurevych 2020, "Making Monolingual Sentence Embeddings Multilingual", with the English
side left as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import EncoderError
from kb_server.index.encoder import Encoder, EncoderSource
from kb_server.index.language import KOREAN, KOREAN_SHARE, detect_language, has_hangul, language_asked

ENCODER_ID = "builtin"
_REVISION_CHARACTERS = 16


def is_korean(text: str) -> bool:
    """Tell which side reads a passage: the rule that also names the language of a chunk.

    >>> is_korean("Settings > Sync 메뉴에서 Obsidian Sync 요금제를 바꿉니다.")
    True
    >>> is_korean("Open the menu 설정 and choose the plan that you want to pay for.")
    False
    """
    return detect_language(text) == KOREAN


@dataclass(frozen=True)
class BilingualSource:
    """Both sides, named at once and loaded only when a text must be read."""

    english: EncoderSource
    korean: EncoderSource
    encoder_id: str = ENCODER_ID

    @cached_property
    def revision(self) -> str:
        """Give the hash of both revisions and of the rule that chooses between them."""
        parts = (self.english.revision, self.korean.revision, str(KOREAN_SHARE))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_REVISION_CHARACTERS]

    def load(self) -> BilingualEncoder:
        """Load both sides; EncoderError where one is missing or damaged."""
        return BilingualEncoder(self.english.load(), self.korean.load(), revision=self.revision)


class BilingualEncoder:
    """Sends each text to the side that reads it."""

    encoder_id = ENCODER_ID

    def __init__(self, english: Encoder, korean: Encoder, *, revision: str) -> None:
        """Join two encoders of one space; EncoderError where their dimensions differ."""
        if english.dimension != korean.dimension:
            raise EncoderError(
                f"The English side has {english.dimension} dimensions, the Korean side {korean.dimension}; "
                "both must share one space.",
                remedy="Set KB_KOREAN_ENCODER to an encoder that was trained for this English one.",
            )
        self._english = english
        self._korean = korean
        self.revision = revision
        self.dimension = english.dimension
        self.window = english.window

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` carry their meaning."""
        return self._english.reads(lang) or self._korean.reads(lang)

    def count_tokens(self, text: str) -> int:
        """Count what ``text`` takes of the window: on the Korean side its share of that side's window.

        A part of a chunk may be read by another side than the whole, so text with Hangul is counted by both.
        """
        count = self._english.count_tokens(text)
        if not has_hangul(text):
            return count
        return max(count, -(-self._korean.count_tokens(text) * self.window // self._korean.window))

    def identity(self, text: str) -> tuple[str, str]:
        """Name the side that reads ``text``: new Korean weights leave the English vectors as they are."""
        return self._side(text).identity(text)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode passages as rows of unit length (n, dimension), each by its side."""
        return self._encode(texts, queries=False)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions as rows of unit length (n, dimension), each by its side."""
        return self._encode(texts, queries=True)

    def _side(self, text: str) -> Encoder:
        return self._korean if is_korean(text) else self._english

    def _asked_side(self, text: str) -> Encoder:
        return self._korean if language_asked(text) == KOREAN else self._english

    def _encode(self, texts: Sequence[str], *, queries: bool) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        sides = [self._asked_side(text) if queries else self._side(text) for text in texts]
        for side in (self._english, self._korean):
            rows = [row for row, chosen in enumerate(sides) if chosen is side]
            if rows:
                encode = side.encode_queries if queries else side.encode
                vectors[rows] = encode([texts[row] for row in rows])
        return vectors
