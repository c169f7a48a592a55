"""``kb eval run``: from options to an exit code."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.cases.schema import Case
from evals.cases.suite import Suite, load_suite
from evals.counting import counted
from evals.failures import (
    EXIT_FINDINGS,
    EXIT_INFRASTRUCTURE,
    EXIT_OK,
    BadSuiteError,
    RunFolderError,
    TargetError,
)
from evals.gating.names import check_names
from evals.metrics.model import Observation, observations
from evals.metrics.operations import operations
from evals.metrics.summary import case_values, scores, summary
from evals.options import RunOptions
from evals.product import Product
from evals.records.folder import (
    ADVISORY,
    CASES,
    OPERATIONS,
    RECORDS,
    RUN,
    SCORES,
    SUMMARY,
    only_one,
    read_json,
    write_json,
    write_lines,
)
from evals.records.model import SCHEMA, Record, dumps
from evals.running.asking import Asker, Asking
from evals.running.cache import AnswerCache
from evals.running.progress import progress_for
from evals.running.runner import Plan, run
from evals.running.selection import select
from evals.running.sessions import Elsewhere, Session, session
from evals.running.showing import show
from evals.scorers.plugins import Scorer, advisory, load_scorers, score
from evals.unreadable import why_not_read

_FILES = (RECORDS, RUN, CASES, SCORES, SUMMARY, OPERATIONS, ADVISORY)
_CACHE = Path("evals/answers.sqlite")


def run_command(options: RunOptions, product: Product) -> int:
    """Run a suite and give the exit code.

    0: every case was measured, whatever came out. 1: a case failed, and ``--fail-on-failures`` was given.
    3: more cases than the suite allows ended in an error. Raises ``EvalFailure`` for everything else.
    """
    suite = load_suite(options.suite)
    check_names(suite)
    chosen = select(suite, options.filters)
    scorers = load_scorers(suite.config.scorers, suite.folder)
    options.out.mkdir(parents=True, exist_ok=True)
    with only_one(options.out):
        written, observed = asyncio.run(_run(options, suite, chosen, product))
        if scorers:
            _advise(options.out, scorers, observed, seed=suite.config.run.seed)
    show(written, suite.name, options.out, as_json=options.as_json)
    return _exit_code(options, suite, written)


def _exit_code(options: RunOptions, suite: Suite, written: dict[str, Any]) -> int:
    verdicts = written["verdicts"]
    errors = sum(written["errors"].values())
    if errors > suite.config.run.max_error_rate * written["records"]:
        kinds = ", ".join(f"{kind}: {count}" for kind, count in written["errors"].items())
        sys.stderr.write(
            f"eval: {errors} of {counted(written['records'], 'record')} are errors ({kinds}); "
            f"the suite allows {suite.config.run.max_error_rate:.0%}.\n"
            "    They count as failed. The same command asks them again.\n"
        )
        return EXIT_INFRASTRUCTURE
    failed = verdicts["fail"] + verdicts["flaky"] + verdicts["error"]
    return EXIT_FINDINGS if failed and options.fail_on_failures else EXIT_OK


async def _run(
    options: RunOptions, suite: Suite, chosen: tuple[Case, ...], product: Product
) -> tuple[dict[str, Any], list[Observation]]:
    fields = suite.config.run
    plan = Plan(chosen, options.repeat or fields.repeat, options.concurrency or fields.concurrency)
    retries = fields.retries if options.retries is None else options.retries
    timeout = options.timeout_seconds or fields.timeout_seconds
    started, clock = datetime.now(UTC), time.perf_counter()
    async with session(
        options, _elsewhere(options), suite, product, retries=retries, timeout_seconds=timeout
    ) as opened:
        asking = Asking(_query_fields(options, suite), suite.config.query.filters)
        about = _description(options, suite, plan, opened, asking)
        _claim_folder(options, about)
        cache = _cache(options, product, opened)
        try:
            asker = Asker(opened.target, opened.checker, asking, cache)
            records = await run(plan, asker, options.out, progress_for())
        except OSError as error:
            raise TargetError(
                f"A record cannot be written to {options.out}: {why_not_read(error)}."
            ) from error
        finally:
            if cache is not None:
                cache.close()
    timing = {
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - clock, 3),
        "concurrency": plan.concurrency,
    }
    checker = opened.checker
    finished = {
        "complete": True,
        "suite_folder": suite.folder.as_posix(),
        "timing": timing,
        "missing_pages": None if checker is None else sorted(_missing(plan.cases, checker.paths)),
    }
    return _write(options.out, suite, plan, records, about | finished)


FOR_CALIBRATION = {"max_risk": 1.0, "explain": True}
"""Fields that show every answer that would be given, with what its confidence was estimated from."""


def _query_fields(options: RunOptions, suite: Suite) -> dict[str, Any]:
    fields = suite.config.query.model_dump(exclude={"filters"}, exclude_none=True)
    if not options.for_calibration:
        return fields
    if _elsewhere(options) is not None:
        raise BadSuiteError(
            "--for-calibration asks a kb-server, and --openai-url names another system.",
            remedy="Leave one of them out.",
        )
    return fields | FOR_CALIBRATION


def _elsewhere(options: RunOptions) -> Elsewhere | None:
    """Give the other system that is asked, if one is; raises ``BadSuiteError`` for half of its name."""
    if not options.openai_url and not options.model:
        return None
    if not options.openai_url or not options.model:
        raise BadSuiteError(
            "--openai-url and --model belong together.", remedy="Give both, or neither to ask kb-server."
        )
    return Elsewhere(options.openai_url, options.model, options.token)


def _description(
    options: RunOptions, suite: Suite, plan: Plan, opened: Session, asking: Asking
) -> dict[str, Any]:
    """Say what is measured, and how: what two runs that can be continued or compared have in common."""
    checker = opened.checker
    return {
        "schema": SCHEMA,
        "suite": {"name": suite.name, "description": suite.config.description},
        "selection": sorted(options.filters),
        "repeat": plan.repeat,
        "seed": suite.config.run.seed,
        "query": asking.as_dict(),
        "target": asdict(opened.target.identity),
        "checker": asdict(checker.identity) if checker is not None else None,
    }


def _missing(cases: Sequence[Case], served: AbstractSet[str]) -> set[str]:
    """Give the pages that cases name and that are not served."""
    return {path for case in cases for path in case.pages - served}


def _claim_folder(options: RunOptions, about: dict[str, Any]) -> None:
    """Take an empty folder, or one with the same run; raises ``RunFolderError`` where it holds another."""
    file = options.out / RUN
    if not file.exists() or options.overwrite:
        for name in _FILES:
            (options.out / name).unlink(missing_ok=True)
    else:
        there = read_json(file)
        different = [key for key, value in about.items() if there.get(key) != value]
        if different:
            what = ", ".join(_difference(there, about, key) for key in different)
            raise RunFolderError(
                f"{options.out} holds another run: {what}.",
                remedy="Name another --out, or add --overwrite to drop it.",
            )
    write_json(file, about | {"complete": False})


def _difference(there: dict[str, Any], about: dict[str, Any], key: str) -> str:
    old, new = there.get(key), about[key]
    if isinstance(old, dict) and isinstance(new, dict):
        return ", ".join(f"{key}.{part} differs" for part in new if old.get(part) != new[part])
    return f"{key} is {old!r} there and {new!r} now"


def _cache(options: RunOptions, product: Product, opened: Session) -> AnswerCache | None:
    """Open the cache: by default only where code and settings of the system are known."""
    known = bool(opened.target.identity.build)
    if not (known if options.cache is None else options.cache):
        return None
    return AnswerCache(product.data_dir(options.data_dir) / _CACHE)


def _write(
    folder: Path, suite: Suite, plan: Plan, records: list[Record], about: dict[str, Any]
) -> tuple[dict[str, Any], list[Observation]]:
    """Write what can be said of the records; the file that says that the run is complete comes last."""
    products = {case.id: suite.product_of(case) for case in plan.cases}
    observed = observations(plan.cases, records, products)
    values = case_values(observed)
    written = summary(observed, values, seed=suite.config.run.seed)
    written["suite"] = {
        "name": suite.name,
        "hash": suite.hash,
        "selected": len(plan.cases),
        "cases": len(suite.cases),
    }
    written["target"] = about["target"]
    versions = sorted({record.reply.index_version for record in records if record.reply})
    written["index_versions"] = versions
    cases = [
        dumps({**case.model_dump(exclude_defaults=True), "product": products[case.id]}) for case in plan.cases
    ]
    write_lines(folder / CASES, cases)
    write_lines(folder / SCORES, [dumps(line) for line in scores(observed, values)])
    write_json(folder / OPERATIONS, operations(records))
    write_json(folder / SUMMARY, written)
    write_json(folder / RUN, about)
    return written, observed


def _advise(folder: Path, scorers: dict[str, Scorer], observed: list[Observation], *, seed: int) -> None:
    """Write what the scorers of the suite say; a warning names those that failed."""
    scored = score(scorers, observed)
    write_json(folder / ADVISORY, advisory(scored, observed, seed=seed))
    for name, found in scored.items():
        if found.errors:
            sys.stderr.write(
                f"eval: the scorer {name!r} failed {counted(len(found.errors), 'time')}: {found.errors[0]}\n"
            )
