"""Ranked lists: folding passages to pages, fusing lists, and what each question got in them."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.server import EvalError

RRF_K = 60
POOL = "ALL"
"""Name of the set that pools the questions of all sets."""


def fold_to_pages(paths: Iterable[str]) -> list[str]:
    """Give each page once, at the rank of its best passage.

    >>> fold_to_pages(["b.md", "a.md", "b.md"])
    ['b.md', 'a.md']
    """
    return list(dict.fromkeys(paths))


def fuse_reciprocal_ranks(ranked_lists: Sequence[Sequence[str]], *, k: int = RRF_K) -> list[str]:
    """Fuse ranked lists by the sum of ``1 / (k + rank)`` (Cormack, Clarke and Buettcher 2009).

    Equal sums keep the order in which they were first seen, the first list first.

    >>> fuse_reciprocal_ranks([["a", "b"], ["b", "c"]])
    ['b', 'a', 'c']
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for ranked in ranked_lists:
        for rank, item in enumerate(ranked, start=1):
            scores[item] += 1 / (k + rank)
    return sorted(scores, key=lambda item: -scores[item])


@dataclass(frozen=True, slots=True)
class Row:
    """What the questions of one slice of a set got in one mode."""

    set: str
    slice: str
    mode: str
    values: Mapping[str, Mapping[str, float]]
    """Value by measure and question; a question without the measure's label is absent."""

    @property
    def n(self) -> int:
        """Give the number of questions."""
        return max((len(by_query) for by_query in self.values.values()), default=0)


def pooled(rows: Sequence[Row]) -> list[Row]:
    """Give a row per slice and mode over all sets, each question counting once."""
    merged: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for row in rows:
        total = merged.setdefault((row.slice, row.mode), {})
        for measure, by_query in row.values.items():
            named = {f"{row.set}/{query_id}": value for query_id, value in by_query.items()}
            total.setdefault(measure, {}).update(named)
    return [Row(POOL, slice_name, mode, values) for (slice_name, mode), values in merged.items()]


def cross_lingual(rows: Sequence[Row]) -> list[Row]:
    """Give the rows of both cross-lingual slices as rows of one slice, ``cross``."""
    return [dataclasses.replace(row, slice="cross") for row in rows if row.slice in {"ko-en", "en-ko"}]


def write_rows(path: Path, rows: Sequence[Row], **about: Any) -> None:
    """Write the value of every question, with ``about``: what was measured and how."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"about": about, "rows": [dataclasses.asdict(row) for row in rows]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def read_rows(path: Path) -> list[Row]:
    """Read what ``write_rows`` wrote, or raise ``EvalError`` that names the file."""
    try:
        return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvalError(f"{path} does not hold the rows of a measurement: {error!r}.") from error
