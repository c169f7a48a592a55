"""``kb eval calibrate``: from runs to a confidence file that the product reads."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.calibrating.answers import judged_of, read_runs
from evals.calibrating.fitting import Fit, fit_kind, refitted
from evals.calibrating.reporting import markdown, told, view
from evals.comparing.sides import FinishedRun
from evals.counting import counted
from evals.failures import EXIT_OK, BadSuiteError
from evals.options import CalibrateOptions
from evals.product import Calibration, Product
from evals.records.folder import write_text
from evals.reporting.html import calibration_html

_ID_CHARS = 12


def calibrate_command(options: CalibrateOptions, product: Product) -> int:
    """Fit, write the file and set it in the configuration.

    Raises ``BadSuiteError`` where no kind has answers enough, and for runs that cannot be used.
    """
    now = product.calibration()
    max_risk = now.max_risk if options.max_risk is None else options.max_risk
    runs = read_runs(options.runs, now.id)
    fits = _fits(runs, now, max_risk)
    if all(fit.outcome == "kept" for fit in fits):
        reasons = "; ".join(f"{fit.kind}: {fit.why}" for fit in fits)
        raise BadSuiteError(
            f"No kind of question can be calibrated on these runs. {reasons}.",
            remedy="Ask more questions, a fifth of them without an answer: `kb eval gen` makes some.",
        )
    text = json.dumps(_file(now, runs, fits, max_risk), ensure_ascii=False, indent=1) + "\n"
    content = _content(now, runs, fits, max_risk, text)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(options.out, text)
    _write_reports(options, content, fits)
    said = _apply(options, product)
    _show(options, content, fits, said)
    return EXIT_OK


def _fits(runs: Sequence[FinishedRun], now: Calibration, max_risk: float) -> list[Fit]:
    kinds = now.content["kinds"]
    answers = judged_of(runs, list(kinds))
    return [
        fit_kind(kind, [each for each in answers if each.kind == kind], fields, max_risk)
        for kind, fields in kinds.items()
    ]


def _file(
    now: Calibration, runs: Sequence[FinishedRun], fits: Sequence[Fit], max_risk: float
) -> dict[str, Any]:
    about = {
        "command": "kb eval calibrate",
        "from": now.id,
        "max_risk": max_risk,
        "runs": [_about_run(run) for run in runs],
        "fit": {fit.kind: fit.as_dict() for fit in fits},
        "before": now.content["provenance"],
    }
    kinds = {fit.kind: refitted(now.content["kinds"][fit.kind], fit) for fit in fits}
    return {"provenance": about, "kinds": kinds}


def _about_run(run: FinishedRun) -> dict[str, Any]:
    target = run.about["target"]
    names = ("index_version", "corpus_hash", "encoder", "server_version")
    return {
        "suite": run.side.suite,
        "suite_hash": run.side.suite_hash,
        "cases": len(run.side.cases),
        **{name: target[name] for name in names},
    }


def _content(
    now: Calibration, runs: Sequence[FinishedRun], fits: Sequence[Fit], max_risk: float, text: str
) -> dict[str, Any]:
    return {
        "suites": sorted({run.side.suite for run in runs}),
        "runs": [str(run.folder) for run in runs],
        "from": now.id,
        "id": hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS],
        "max_risk": max_risk,
        "kinds": {fit.kind: fit.as_dict() for fit in fits},
    }


def _write_reports(options: CalibrateOptions, content: dict[str, Any], fits: Sequence[Fit]) -> None:
    reports: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (options.markdown, lambda: markdown(content, fits)),
        (options.html, lambda: calibration_html(view(content, fits))),
    )
    for file, write in reports:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, write())


def _apply(options: CalibrateOptions, product: Product) -> list[str]:
    if not options.apply:
        return ["The configuration is as it was; name the file in KB_CONFIDENCE_FILE to use it."]
    values: dict[str, str | float] = {"confidence_file": options.out.as_posix()}
    if options.max_risk is not None:
        values["max_risk"] = options.max_risk
    return product.configure(values)


def _show(
    options: CalibrateOptions, content: dict[str, Any], fits: Sequence[Fit], said: Sequence[str]
) -> None:
    if options.as_json:
        told_all = content | {"file": str(options.out), "configuration": list(said)}
        sys.stdout.write(json.dumps(told_all, ensure_ascii=False) + "\n")
        return
    for line in _lines(fits):
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"\n{options.out}: confidence {content['id']}, in place of {content['from']}\n")
    for line in said:
        sys.stdout.write(f"{line}\n")


def _lines(fits: Sequence[Fit]) -> Iterator[str]:
    for fit in fits:
        yield f"{fit.kind}: {fit.outcome}, {counted(fit.answers, 'answer')}, {fit.right} right" + (
            f"; {fit.why}" if fit.why else ""
        )
        for name, measured in (("before", fit.before), ("held out", fit.after)):
            if measured is not None:
                yield (
                    f"  {name:<9} log loss {measured.log_loss:.3f}, calibration error {measured.ece:.3f}; "
                    f"answers from {measured.answer_from:.3f}: {measured.coverage:.0%} given, "
                    f"wrong {told(measured, 'risk')}"
                )
