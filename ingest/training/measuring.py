"""What a Korean encoder has learned, measured on pages that it was not taught."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.training.course import Lessons

CANDIDATES = 1000
"""Texts that each one is looked for among: the figure would fall with a larger held-out set otherwise."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1 of held-out texts that were found first among at most ``CANDIDATES``."""

    segments: int
    """Held-out segments that were measured."""
    sections: int
    """Held-out sections that were measured."""
    translation: float
    """Korean segments whose English half was nearest."""
    english_section: float
    """Korean headings whose section was nearest among the English ones."""
    korean_section: float
    """Korean headings whose section was nearest among the Korean ones."""

    def as_dict(self) -> dict[str, float | None]:
        """Give the figures by name, rounded to a tenth of a per cent; None for what was not measured."""
        return {name: None if math.isnan(value) else round(value, 3) for name, value in asdict(self).items()}


def measure(encode: Encode, held_out: Lessons) -> Figures:
    """Measure ``encode`` (Korean texts → unit vectors) on ``held_out``; nan where nothing was held out."""
    segments = list(held_out.segments[:CANDIDATES])
    sections = list(held_out.sections[:CANDIDATES])
    headings = encode(held_out.headings[:CANDIDATES]) if sections else np.zeros((0, 1), dtype=np.float32)
    return Figures(
        segments=len(segments),
        sections=len(sections),
        translation=_found_first(encode(segments), held_out.segment_targets) if segments else float("nan"),
        english_section=_found_first(headings, held_out.section_targets) if sections else float("nan"),
        korean_section=_found_first(headings, encode(sections)) if sections else float("nan"),
    )


def _found_first(queries: NDArray[np.float32], targets: NDArray[np.float32]) -> float:
    """Give the share of rows of ``queries`` that are nearest to the same row of ``targets``."""
    likeness = queries @ targets[: len(queries)].T
    return float(np.mean(np.argmax(likeness, axis=1) == np.arange(len(queries))))
