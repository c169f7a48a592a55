"""``kb eval capture``: from stored answers to cases."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from evals.capturing.cases import REVIEW, case_of
from evals.cases.reading import read_cases
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK, BadSuiteError
from evals.options import CaptureOptions
from evals.product import Product
from evals.records.folder import write_lines

FILE = "captured.jsonl"


def capture_command(options: CaptureOptions, product: Product) -> int:
    """Add the cases that the folder does not have yet to its file; 1 where nothing fits.

    Raises ``BadSuiteError`` for options that name nothing, and for a file that holds something else.
    """
    if (options.conversation is None) == (options.thumb is None):
        raise BadSuiteError(
            "Either a conversation or --thumb says which answers to take.",
            remedy="Name the id of a conversation, or add --thumb down.",
        )
    if options.thumb not in {None, "up", "down"}:
        raise BadSuiteError(f"--thumb {options.thumb!r} is not up or down.", remedy="Write --thumb down.")
    since = _moment(options.since)
    stored = product.stored(options.data_dir, options.conversation, options.thumb)
    wanted = [each for each in stored if since is None or datetime.fromisoformat(each.created_at) >= since]
    there = _there(options.out / FILE)
    known = {json.loads(line)["id"] for line in there}
    made = {case.id: case for each in wanted if (case := case_of(each, options.mask)).id not in known}
    if made:
        options.out.mkdir(parents=True, exist_ok=True)
        write_lines(options.out / FILE, [*there, *(case.as_json() for case in made.values())])
    review = sum(REVIEW in case.tags for case in made.values())
    _show(options, len(wanted), len(made), review)
    return EXIT_OK if wanted else EXIT_FINDINGS


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSuiteError(
            f"--since {text!r} is not a date or moment.",
            remedy="Write it as 2026-11-20 or 2026-11-20T09:00+09:00.",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _there(file: Path) -> list[str]:
    if not file.exists():
        return []
    problems = read_cases(file, file.name).problems
    if problems:
        raise BadSuiteError(
            f"{file} cannot be added to: {problems[0]}", remedy="Mend it, or name another --out."
        )
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _show(options: CaptureOptions, found: int, made: int, review: int) -> None:
    file = options.out / FILE
    if options.as_json:
        content = {"file": str(file), "found": found, "captured": made, "needs_review": review}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
        return
    if not found:
        sys.stdout.write("No stored answer fits.\n")
        return
    sys.stdout.write(
        f"{file}: {counted(made, 'new case')} of {counted(found, 'answer')}, {review} to be reviewed\n"
    )
