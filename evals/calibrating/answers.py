"""What a run says of confidence: answer by answer, how sure it was and whether it was right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.comparing.sides import FinishedRun, read_run
from evals.failures import BadSuiteError
from evals.metrics.answer import rightness
from evals.records.model import Record
from evals.running.command import FOR_CALIBRATION

CROSS = "cross"
"""Names answers whose best passage is in another language than the question."""
_SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer that can be judged."""

    case_id: str
    cluster: str
    """Cases of one cluster are fitted on together or not at all."""
    kind: str
    """Language of the question, or ``cross``."""
    right: bool
    confidence: float
    weight: float


def read_runs(folders: Sequence[Path], calibration: str) -> list[FinishedRun]:
    """Read runs that were made for calibration, with ``calibration`` in force.

    Raises ``BadSuiteError`` for one that was not, and for runs that share a case.
    """
    runs = [read_run(folder) for folder in folders]
    for run in runs:
        _check(run, calibration)
    seen: dict[tuple[str, str], Path] = {}
    for run in runs:
        for item in run.observed:
            key = (run.side.suite, item.case.id)
            if key in seen:
                raise BadSuiteError(
                    f"{run.folder} and {seen[key]} both hold {item.case.id!r} of {run.side.suite!r}.",
                    remedy="Name one run of each suite: an answer counts once.",
                )
            seen[key] = run.folder
    return runs


def _check(run: FinishedRun, calibration: str) -> None:
    fields = run.about["query"]["fields"]
    if any(fields.get(name) != value for name, value in FOR_CALIBRATION.items()):
        raise BadSuiteError(
            f"{run.folder} holds only the answers that were given: what was refused is not known.",
            remedy="Run the suite again with --for-calibration, which accepts any risk.",
        )
    made_with = run.about["target"].get("calibration", "")
    if made_with != calibration:
        raise BadSuiteError(
            f"{run.folder} was made with the confidence {made_with or 'of another release'}, "
            f"and {calibration} is in force here.",
            remedy="Run the suite again with the settings that are to be calibrated.",
        )


def judged_of(runs: Sequence[FinishedRun], kinds: Sequence[str]) -> list[Judged]:
    """Give every answer whose case says what is right, by suite and case; small talk is none.

    ``kinds`` are those of the confidence file: other languages are judged as English.
    """
    found = [judged for run in runs for judged in _of_run(run, kinds)]
    return sorted(found, key=lambda each: (each.cluster, each.case_id))


def _of_run(run: FinishedRun, kinds: Sequence[str]) -> Iterator[Judged]:
    for item in run.observed:
        for record in item.records:
            right = rightness(item.case, record)
            reply = record.reply
            if right is None or reply is None or reply.confidence is None or reply.reason == _SMALL_TALK:
                continue
            yield Judged(
                case_id=item.case.id,
                cluster=f"{run.side.suite}/{item.cluster}",
                kind=_kind(record, kinds),
                right=right,
                confidence=reply.confidence,
                weight=item.case.weight / len(item.records),
            )


def _kind(record: Record, kinds: Sequence[str]) -> str:
    reply = record.reply
    if reply is None or reply.signals.get("cross"):
        return CROSS
    return reply.language if reply.language in kinds else "en"
