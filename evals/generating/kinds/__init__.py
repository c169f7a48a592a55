"""The kinds of cases that are made of pages; each expects places by path and heading.

All choices come from a seed and the sorted pages, so the same index gives the same cases. What a case expects
is silver: the section that a question was made of answers it, and another one may do so as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from evals.generating.kinds.languages import across, twins
from evals.generating.kinds.made import Corpus, Made, drawn
from evals.generating.kinds.questions import asked_once, sections_as_questions
from evals.generating.kinds.removal import removed
from evals.generating.kinds.slips import noisy
from evals.generating.kinds.versions import of_versions
from evals.noise import NOISES

NOISE_KINDS = tuple(NOISES)
KINDS = ("heading", "faq", *NOISE_KINDS, "removed", "twin", "cross", "version")


def make(corpus: Corpus, kinds: Sequence[str], count: int) -> dict[str, list[Made]]:
    """Give up to ``count`` cases of each kind and language, by kind."""
    raw = sections_as_questions(corpus)
    every = list(asked_once(raw))
    plainly = {
        kind: drawn([item for item in every if f"gen:{kind}" in item.case.tags], count, corpus.rng(kind))
        for kind in ("heading", "faq")
    }
    base = [*plainly["heading"], *plainly["faq"]]
    makers: dict[str, Callable[[], list[Made]]] = {
        **{kind: partial(plainly.__getitem__, kind) for kind in plainly},
        **{kind: partial(noisy, kind, base, corpus, count) for kind in NOISE_KINDS},
        "removed": partial(removed, every, corpus, count),
        "twin": partial(twins, base, every, corpus, count),
        "cross": partial(across, base, corpus, count),
        "version": partial(of_versions, raw, corpus, count),
    }
    return {kind: makers[kind]() for kind in kinds}
