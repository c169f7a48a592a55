"""Ingest, serve and ask the sets by which abstention is measured and calibrated."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.abstention_data import KOREAN_SET, CaseSet, across_languages, benchmark_set, docs_set
from evals.asking import Asker
from evals.docs_sets import SETS
from evals.judged import Judged, judge_cases
from evals.server import ingest, serving

BENCHMARK_SETS = ("emanual_abstain", KOREAN_SET, "clapnq_dev", "squad_v2_dev")
ALL_SETS = (*SETS, *BENCHMARK_SETS)
_MOST_QUESTIONS = {"squad_v2_dev": 1200}
"""Of a benchmark set, where no number is named."""
_OTHERS = 25
"""Questions about each other product that a docs set is asked, for the calibration."""
_HEADINGS = 50
"""Headings of each language that a docs set is asked, for the calibration."""


def judge_sets(
    data: Path,
    work: Path,
    names: Sequence[str],
    *,
    seed: int,
    mixed: bool,
    queries: int | None = None,
    risks: Sequence[float] = (),
    **settings: str,
) -> list[Judged]:
    """Ask all sets, of a benchmark set ``queries`` questions at random, and each question at ``risks`` too.

    ``mixed`` is for a fit: nothing is asked at the server's own setting, and hidden pages, other products and
    the other language are among the docs sets. ``settings`` are ``KB_*`` variables of the server.
    """
    judged: list[Judged] = []
    for name in names:
        parts = list(_case_sets(data, work, name, seed=seed, mixed=mixed, queries=queries))
        ingested = ingest(parts[0].corpus, work / name / "data")
        print(
            f"{name}: {ingested['chunks']} chunks, {sum(len(p.cases) for p in parts)} cases", file=sys.stderr
        )
        with serving(work / name / "data", **settings) as server, Asker(server.url) as asker:
            for part in parts:
                judged += judge_cases(asker, name, part.cases, at_setting=not mixed, risks=risks)
    return judged


def _case_sets(
    data: Path, work: Path, name: str, *, seed: int, mixed: bool, queries: int | None
) -> Iterator[CaseSet]:
    if name not in BENCHMARK_SETS:
        others, headings = (_OTHERS, _HEADINGS) if mixed else (0, 0)
        yield docs_set(data, name, hidden=mixed, others=others, headings=headings, seed=seed)
        if mixed:
            yield across_languages(docs_set(data, name, hidden=False))
    else:
        yield benchmark_set(data, name, work, count=queries or _MOST_QUESTIONS.get(name), seed=seed)
