"""Tokens and money: what is sent, what may come back, what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb_server.generation.records import Consumption, Source
from kb_server.index.hangul_trace import hangul_tokens, without_hangul

_CHARS_PER_TOKEN = 4
_SYLLABLE_PAIRS = 2
_MILLION = 1_000_000


def estimate_tokens(text: str) -> int:
    """Estimate tokens without a vocabulary: four characters make one, a syllable of Hangul about one.

    >>> estimate_tokens("password"), estimate_tokens("비밀번호")
    (2, 5)
    """
    return math.ceil(len(without_hangul(text)) / _CHARS_PER_TOKEN) + _SYLLABLE_PAIRS * hangul_tokens(text)


def within_budget(sources: Sequence[tuple[int, Source]], tokens: int) -> list[tuple[int, Source]]:
    """Keep what fits, best source first; the one that does not is cut behind a piece, and ends the list."""
    kept: list[tuple[int, Source]] = []
    left = tokens
    for place, source in sources:
        fits = source
        while fits.pieces and estimate_tokens(fits.shown()) > left:
            fits = replace(fits, pieces=fits.pieces[:-1])
        if fits.pieces:
            kept.append((place, fits))
            left -= estimate_tokens(fits.shown())
        if fits is not source:
            break
    return kept


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; None where the operator has not said."""

    input_usd: float | None
    output_usd: float | None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Give the cost in US dollars.

        >>> Prices(2.0, 8.0).cost(1000, 100)
        0.0028
        """
        if self.input_usd is None or self.output_usd is None:
            return None
        return round((input_tokens * self.input_usd + output_tokens * self.output_usd) / _MILLION, 8)


@dataclass(slots=True)
class Meter:
    """Adds up what the calls for one question used."""

    model: str
    prices: Prices
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, input_tokens: int, output_tokens: int) -> None:
        """Count one call."""
        self.calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens

    def total(self) -> Consumption | None:
        """Give the sum; None where nothing was asked."""
        if not self.calls:
            return None
        cost = self.prices.cost(self.input_tokens, self.output_tokens)
        return Consumption(self.model, self.input_tokens, self.output_tokens, cost)
