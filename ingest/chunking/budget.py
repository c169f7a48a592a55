"""How many tokens a text costs, asked as rarely as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kb_server.errors import EncoderError

MIN_LIMIT = 32
"""Tokens: a smaller window leaves no room for a heading and a sentence."""
MAX_CHARS_PER_TOKEN = 8
"""A run that a tokenizer takes for one unknown word (base64, minified code) is still long to read."""
CONTEXT_SHARE = 0.5
"""At most this part of the window goes to the context."""


class TokenBudget(Protocol):
    """The encoder's window: ``count`` gives the tokens the encoder would see, special tokens included."""

    @property
    def limit(self) -> int:
        """Give the window in tokens."""
        ...

    def count(self, text: str) -> int:
        """Count the tokens of ``text``."""
        ...


def encoder_input(context: str, text: str) -> str:
    r"""Join what the encoder reads of a chunk; the budget holds for this string.

    >>> encoder_input("Install > Linux", "Run the script.")
    'Install > Linux\nRun the script.'
    """
    return f"{context}\n{text}" if context else text


class Meter:
    """Measures texts against a budget, apart from the special tokens."""

    def __init__(self, budget: TokenBudget) -> None:
        """Refuse a window that cannot hold a heading and a sentence (EncoderError)."""
        if budget.limit < MIN_LIMIT:
            raise EncoderError(
                f"The encoder's window of {budget.limit} tokens is below the {MIN_LIMIT} that chunks need.",
                remedy="Choose another encoder with KB_ENCODER.",
            )
        self._budget = budget
        self._contexts: dict[tuple[str, ...], str] = {}
        self._overhead = budget.count("")
        self.limit = budget.limit
        self.room = budget.limit - self._overhead
        self.gap = max(budget.count("a\n\na") - 2 * budget.count("a") + self._overhead, 0)

    def tokens(self, text: str) -> int:
        """Count the tokens of ``text`` without special tokens; at least 1, and 1 per 8 characters."""
        return max(self._budget.count(text) - self._overhead, -(-len(text) // MAX_CHARS_PER_TOKEN), 1)

    def fits(self, context: str, text: str) -> bool:
        """Tell whether context and text stay within the window together."""
        return self._budget.count(encoder_input(context, text)) <= self.limit

    def context(self, titles: Sequence[str]) -> str:
        """Join titles from the top down, leaving out the middle ones where they crowd out the text."""
        key = tuple(title for title in titles if title)
        if key not in self._contexts:
            self._contexts[key] = self._fitting_context(key)
        return self._contexts[key]

    def _fitting_context(self, titles: tuple[str, ...]) -> str:
        allowed = int(self.room * CONTEXT_SHARE)
        kept = list(titles)
        while kept:
            context = " > ".join(kept)
            if self.tokens(context) <= allowed:
                return context
            if len(kept) == 1:
                return self._shortened(context, allowed)
            # The page's title and the nearest heading say most; the headings between them go first.
            kept.pop(1 if len(kept) > 2 else 0)  # noqa: PLR2004 - title and nearest heading
        return ""

    def _shortened(self, title: str, allowed: int) -> str:
        while title and self.tokens(title) > allowed:
            title = title[: len(title) // 2].rstrip()
        return title
