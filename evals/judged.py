"""Ask cases over HTTP and label every answer right or wrong.

Each case is asked where any risk is accepted, which shows the answer that would be given and the signals
behind its confidence, and for a measurement once more at the server's own setting and at named risks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evals.abstention_data import ANSWERABLE, Case
from evals.abstention_measures import Values
from evals.asking import Asker

_GIVEN = ("answered", "partial")
_SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with what the server made of it."""

    set: str
    case_id: str
    kind: str
    fold: str
    lang: str
    """As the server detected it."""
    cross: bool
    """The best page is in another language than the question."""
    drafted: bool
    """An answer would be given where any risk is accepted; not so for small talk and questions back."""
    confidence: float
    """0 where nothing is drafted."""
    right: bool
    """The drafted answer cites a right page and, where the set has gold answers, holds one."""
    given: bool
    """The server answers at its own setting; only known where it was asked so."""
    reason: str
    in_scope: float
    signals: Mapping[str, float]
    given_at: Mapping[str, bool] = field(default_factory=dict)
    """Whether the server answers where so much risk is accepted, such as ``0.1``; where it was asked so."""

    @property
    def is_answerable(self) -> bool:
        """Tell whether a page that the server sees answers the question."""
        return self.kind == ANSWERABLE


def judge_cases(
    asker: Asker, name: str, cases: Sequence[Case], *, at_setting: bool, risks: Sequence[float] = ()
) -> list[Judged]:
    """Ask all cases of one set, ``at_setting`` once more at the server's own setting, and at ``risks``."""
    bodies = {
        case.case_id: {"question": case.text, "filters": dict(case.filters), "suggest": False}
        for case in cases
    }
    bold = asker.answers({key: {**body, "max_risk": 1.0, "explain": True} for key, body in bodies.items()})
    usual = asker.answers(bodies) if at_setting else bold
    asked = {risk: {key: {**body, "max_risk": risk} for key, body in bodies.items()} for risk in risks}
    at = {str(risk): asker.answers(each) for risk, each in asked.items()}
    return [
        _judged(
            name,
            case,
            bold[case.case_id],
            usual[case.case_id],
            {risk: _is_given(answers[case.case_id]) for risk, answers in at.items()},
        )
        for case in cases
    ]


def _judged(
    name: str, case: Case, bold: Mapping[str, Any], usual: Mapping[str, Any], given_at: Mapping[str, bool]
) -> Judged:
    explanation = bold["explanation"] or {"signals": {}, "in_scope": 0.0}
    drafted = _is_given(bold)
    return Judged(
        set=name,
        case_id=case.case_id,
        kind=case.kind,
        fold=case.fold,
        lang=bold["language"],
        cross=bool(explanation["signals"].get("cross")),
        drafted=drafted,
        confidence=bold["confidence"] if drafted else 0.0,
        right=drafted and is_right(case, bold),
        given=_is_given(usual),
        reason=usual["reason"],
        in_scope=explanation["in_scope"],
        signals=explanation["signals"],
        given_at=given_at,
    )


def _is_given(answer: Mapping[str, Any]) -> bool:
    return answer["status"] in _GIVEN and answer["reason"] != _SMALL_TALK


def is_right(case: Case, answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer cites a right page and holds one of the gold answers, where there are any."""
    cited = any(citation["path"] in case.pages for citation in answer["citations"])
    text = _plain(answer["text"])
    return cited and (not case.answers or any(_plain(gold) in text for gold in case.answers))


def _plain(text: str) -> str:
    """Drop what canonical text escapes, and case."""
    return " ".join(re.sub(r"\\(.)", r"\1", text).split()).casefold()


def arrays(judged: Sequence[Judged]) -> tuple[Values, Values]:
    """Give rightness and confidence, shape (n,) each."""
    return (
        np.array([each.right for each in judged], dtype=np.float64),
        np.array([each.confidence for each in judged], dtype=np.float64),
    )


def write_judged(path: Path, judged: Iterable[Judged]) -> None:
    """Write one case a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(each), ensure_ascii=False) for each in judged)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
