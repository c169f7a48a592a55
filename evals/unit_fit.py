"""The weights of features under which units that answer are likeliest to be chosen, as a softmax chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from evals.abstention_measures import Values

RIDGE = 40.0
_SCALE_RIDGE = 0.01
_MOST = 200
"""Questions that a set counts in one language, however many it has."""
GOOD = 0.55
"""Share of the best gold from which on a unit counts as found."""
BY_HAND = {
    "own": 1.0,
    "heading": 0.8,
    "context": 0.3,
    "elsewhere": 0.4,
    "before": 0.1,
    "defines": 0.7,
    "prior": 0.4,
    "position": 0.03,
    "adrift": -0.15,
}
"""Weights set by hand, towards which the fit is drawn; others are .1 for the kind asked for and else 0."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The units that were weighed for one question, of which at least one is gold."""

    set: str
    lang: str
    names: tuple[str, ...]
    """Of the features."""
    x: Values
    """Features, shape (units, features)."""
    gold: Values
    """How much each unit is worth, at most 1, shape (units,)."""
    counts: float = 1.0
    fitted: bool = True
    """Whether the fit may see it; else it is only judged."""


def by_hand(names: Sequence[str]) -> Values:
    """Give the weights set by hand, shape (features,)."""
    return np.array([BY_HAND.get(name, 0.1 if name.startswith("says_") else 0.0) for name in names])


def fit(lessons: Sequence[Lesson], prior: Values) -> Values:
    """Give the weights, shape (features,), on the scale of ``prior``."""
    scored = [lesson.x @ prior[:, None] for lesson in lessons]
    scale = max(float(_likeliest(scored, lessons, _SCALE_RIDGE, np.zeros(1))[0]), 1.0)
    found = _likeliest([lesson.x for lesson in lessons], lessons, RIDGE, prior * scale)
    return np.asarray(found / scale)


def _likeliest(xs: Sequence[Values], lessons: Sequence[Lesson], ridge: float, towards: Values) -> Values:
    stacked = np.concatenate(xs)
    spread = stacked.std(axis=0) + 1e-6
    x = stacked / spread
    gold = np.concatenate([lesson.gold / lesson.gold.max() for lesson in lessons])
    starts = np.cumsum([0, *(len(each) for each in xs)])[:-1]
    owner = np.repeat(np.arange(len(xs)), [len(each) for each in xs])
    counts = _counts(lessons)
    centre = towards * spread

    def loss(w: Values) -> tuple[float, Values]:
        score = x @ w
        odds = np.exp(score - np.maximum.reduceat(score, starts)[owner])
        total = np.add.reduceat(odds, starts)
        right = np.add.reduceat(odds * gold, starts) + 1e-9
        slope = (odds / total[owner] - odds * gold / right[owner]) * counts[owner]
        away = w - centre
        return (
            float(-(counts * np.log(right / total)).sum() + ridge * (away**2).sum() / 2),
            x.T @ slope + ridge * away,
        )

    found: Values = minimize(loss, centre, jac=True, method="L-BFGS-B").x
    return np.asarray(found / spread)


def _counts(lessons: Sequence[Lesson]) -> Values:
    groups = Counter((lesson.set, lesson.lang) for lesson in lessons)
    counts = np.array(
        [lesson.counts * min(1.0, _MOST / groups[lesson.set, lesson.lang]) for lesson in lessons]
    )
    return np.asarray(counts / counts.mean())


def found(lesson: Lesson, weights: Values, among: int) -> float:
    """Give 1.0 where one of the ``among`` units that score best is as good as gold."""
    best = np.argsort(-(lesson.x @ weights), kind="stable")[:among]
    return float(lesson.gold[best].max() >= GOOD * lesson.gold.max())


def judged(
    lessons: Sequence[Lesson], prior: Values, apart: Mapping[str, str]
) -> dict[tuple[str, str], list[tuple[float, ...]]]:
    """Judge by set and language: first and first three, by hand and fitted.

    ``apart`` names for each set what is left out of the fit that judges it; a set without one is judged on
    the lessons that no fit sees.
    """
    values: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for out in sorted({*apart.values(), ""}):
        weights = fit([x for x in lessons if x.fitted and (not out or apart.get(x.set) != out)], prior)
        for lesson in lessons:
            if apart.get(lesson.set, "") == out and (out or not lesson.fitted):
                values.setdefault((lesson.set, lesson.lang), []).append(
                    tuple(found(lesson, w, n) for n in (1, 3) for w in (prior, weights))
                )
    return values
