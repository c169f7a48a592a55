"""How sure an answer is, and from where on one is given.

A raw similarity means something else for every question and corpus. A logistic over several signals of the
search turns them into the chance that the answer is right, and a published curve turns the accepted share of
wrong answers into the lowest confidence that is answered. Both stand in ``confidence.json``, one pair for
each language of the question and one for questions that a page of the other language answers: there the
words of the question say nothing. That file is the seam of calibration: another one changes nothing else.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from kb_server.errors import BadInputError
from kb_server.index.language import ENGLISH
from kb_server.retrieval.results import SIGNALS

SHIPPED_CONFIDENCE = Path(__file__).with_name("confidence.json")
CROSS = "cross"
"""Names the fit for questions whose best page is in another language."""
DEFAULT_MAX_RISK = 0.2

_ID_CHARS = 12
_PACKED = 4
"""Models that are kept as bytes: a server has one."""
_BEYOND = 60.0
"""Past this ``exp`` only overflows."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of the risk-coverage curve: what an accepted share of wrong answers costs."""

    max_risk: float
    answer_from: float
    """Lowest confidence that is answered."""
    coverage: float
    """Share of the questions of the fit that were then answered."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A chance from signals; signals without a weight do not count."""

    intercept: float
    weights: Mapping[str, float]

    def chance(self, signals: Mapping[str, float]) -> float:
        """Give the chance, from 0 to 1."""
        z = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(min(z, _BEYOND), -_BEYOND)))


@dataclass(frozen=True, slots=True)
class LanguageConfidence:
    """How questions of one kind are judged."""

    right: Logistic
    """The chance that the answer is right."""
    in_scope: Logistic
    """The chance that the question is about something that the corpus deals with at all."""
    curve: Sequence[CurvePoint]
    """By ``max_risk``, ascending; ``answer_from`` never rises along it."""

    def answer_from(self, max_risk: float) -> float:
        """Give the lowest confidence that is answered where ``max_risk`` of the answers may be wrong.

        Between two points of the curve it is interpolated; below the first one only certainty is answered,
        beyond the last one everything is.
        """
        ends = (CurvePoint(0.0, 1.0, 0.0), *self.curve, CurvePoint(1.0, 0.0, 1.0))
        at = max(bisect_left(ends, max_risk, key=lambda point: point.max_risk), 1)
        before, after = ends[at - 1], ends[at]
        if after.max_risk == before.max_risk:
            return after.answer_from
        way = (max_risk - before.max_risk) / (after.max_risk - before.max_risk)
        # Rounding must not carry it below the next point, where more risk would then answer less.
        return max(before.answer_from + way * (after.answer_from - before.answer_from), after.answer_from)


@dataclass(frozen=True, slots=True, eq=False)
class ConfidenceModel:
    """How questions are judged, by kind, and where the numbers come from."""

    kinds: Mapping[str, LanguageConfidence]
    provenance: Mapping[str, Any]
    id: str = ""
    """Names the content of its file: two servers with the same id estimate alike."""

    def of(self, lang: str, *, cross: bool = False) -> LanguageConfidence:
        """Give the fit for questions in ``lang``; the English one for a language without its own.

        ``cross``: the best page is in another language than the question.
        """
        return self.kinds[CROSS] if cross else self.kinds.get(lang) or self.kinds[ENGLISH]

    def __reduce__(self) -> tuple[Callable[[bytes], ConfidenceModel], tuple[bytes]]:
        """Go to another process as bytes that each side makes and reads once, not with every question."""
        return _unpacked, (_packed(self),)


@lru_cache(maxsize=_PACKED)
def _packed(model: ConfidenceModel) -> bytes:
    return pickle.dumps((dict(model.kinds), dict(model.provenance), model.id))


@lru_cache(maxsize=_PACKED)
def _unpacked(packed: bytes) -> ConfidenceModel:
    return ConfidenceModel(*pickle.loads(packed))  # noqa: S301 - made by the function above


def load_confidence(path: Path = SHIPPED_CONFIDENCE) -> ConfidenceModel:
    """Read a confidence file; raise ``BadInputError`` naming the field that breaks a rule."""
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise _unusable(path, f"cannot be read: {error}") from error
    kinds = content.get("kinds") if isinstance(content, dict) else None
    if not isinstance(kinds, dict) or not {ENGLISH, CROSS} <= kinds.keys():
        raise _unusable(path, f"needs 'kinds' with at least {ENGLISH!r} and {CROSS!r}")
    provenance = content.get("provenance")
    if not isinstance(provenance, dict):
        raise _unusable(path, "needs 'provenance', an object that says where its numbers come from")
    read = {kind: _kind(path, kind, fields) for kind, fields in kinds.items()}
    return ConfidenceModel(read, provenance, hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS])


def confidence_of(path: Path | None) -> ConfidenceModel:
    """Give the model that a setting names; None takes the shipped one."""
    return shipped_confidence() if path is None else load_confidence(path)


@cache
def shipped_confidence() -> ConfidenceModel:
    """Give the model that comes with the server, read once."""
    return load_confidence()


def _kind(path: Path, kind: str, fields: Any) -> LanguageConfidence:
    names = ("right", "in_scope", "curve")
    if not isinstance(fields, dict) or set(fields) != set(names):
        raise _unusable(path, f"{kind!r} needs exactly these fields: {', '.join(names)}")
    return LanguageConfidence(
        right=_logistic(path, f"{kind}.right", fields["right"]),
        in_scope=_logistic(path, f"{kind}.in_scope", fields["in_scope"]),
        curve=_curve(path, f"{kind}.curve", fields["curve"]),
    )


def _logistic(path: Path, place: str, fields: Any) -> Logistic:
    if not isinstance(fields, dict) or set(fields) != {"intercept", "weights"}:
        raise _unusable(path, f"{place} needs exactly these fields: intercept, weights")
    weights = fields["weights"]
    if not isinstance(weights, dict) or not set(weights) <= set(SIGNALS):
        raise _unusable(path, f"{place}.weights may only name these signals: {', '.join(SIGNALS)}")
    for name, value in (("intercept", fields["intercept"]), *weights.items()):
        _check_number(path, f"{place}.{name}", value)
    return Logistic(fields["intercept"], weights)


def _curve(path: Path, place: str, points: Any) -> tuple[CurvePoint, ...]:
    names = set(CurvePoint.__dataclass_fields__)
    if not isinstance(points, list) or not points:
        raise _unusable(path, f"{place} needs a list of at least one point")
    for number, point in enumerate(points):
        if not isinstance(point, dict) or set(point) != names:
            raise _unusable(path, f"{place}[{number}] needs exactly these fields: {', '.join(sorted(names))}")
        for name, value in point.items():
            _check_number(path, f"{place}[{number}].{name}", value)
            if not 0 <= value <= 1:
                raise _unusable(path, f"{place}[{number}].{name} is {value!r}, not between 0 and 1")
    curve = tuple(CurvePoint(**point) for point in points)
    if any(a.max_risk >= b.max_risk or a.answer_from < b.answer_from for a, b in pairwise(curve)):
        raise _unusable(path, f"{place} must ascend in max_risk and never ascend in answer_from")
    return curve


def _check_number(path: Path, place: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _unusable(path, f"{place} is {value!r}, not a finite number")


def _unusable(path: Path, rule: str) -> BadInputError:
    return BadInputError(
        f"The confidence file {str(path)!r} {rule}.",
        remedy="Restore it, or fit it anew: kb eval calibrate RUN --out FILE",
    )
