"""``kb eval import``: from the files of another tool to a suite."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from evals.cases.problems import problems_of
from evals.cases.schema import Case
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK, BadSuiteError
from evals.generating.writing import claim, write_suite
from evals.importing.data_sets import beir, mtrag, ragas, squad
from evals.importing.imported import Imported
from evals.importing.promptfoo import promptfoo
from evals.options import ImportOptions
from evals.records.folder import write_text

FORMATS: Mapping[str, Callable[[Path], Imported]] = {
    "promptfoo": promptfoo,
    "ragas": ragas,
    "squad": squad,
    "beir": beir,
    "mtrag": mtrag,
}


def import_command(options: ImportOptions) -> int:
    """Write a suite, and say what had no place in it; 1, and no suite, where no case could be made.

    Raises ``BadSuiteError`` for a file of another layout, and ``RunFolderError`` for a folder that is taken.
    """
    reader = FORMATS.get(options.format)
    if reader is None:
        raise BadSuiteError(
            f"{options.format!r} is not a format.", remedy=f"Choose from {', '.join(FORMATS)}."
        )
    found = reader(options.file)
    cases = _valid(found)
    if not cases:
        _show(options, found, 0)
        return EXIT_FINDINGS
    claim(options.out, overwrite=options.overwrite)
    for path, text in found.pages.items():
        (options.out / "corpus").mkdir(exist_ok=True)
        write_text(options.out / "corpus" / path, text)
    settings = {"name": options.out.resolve().name, "corpus": "corpus" if found.pages else ""}
    write_suite(options.out, {"cases": cases}, settings, about=f"Made by kb eval import {options.format}.")
    _show(options, found, len(cases))
    return EXIT_OK


def _valid(found: Imported) -> list[Case]:
    cases: dict[str, Case] = {}
    for record in found.cases:
        try:
            case = Case.model_validate(record)
        except ValidationError as error:
            problem = problems_of(error, Case, "", "")[0]
            found.left_behind[f"cases that break a rule, such as {problem.message}"] += 1
            continue
        if case.id in cases:
            found.left_behind[f"cases whose id is taken, such as {case.id}"] += 1
        cases.setdefault(case.id, case)
    return list(cases.values())


def _show(options: ImportOptions, found: Imported, cases: int) -> None:
    if options.as_json:
        content = {"suite": str(options.out), "cases": cases, "pages": len(found.pages)}
        content |= {"left_behind": dict(found.left_behind.most_common())}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
        return
    for name, count in found.left_behind.most_common():
        sys.stdout.write(f"left behind, {counted(count, 'time')}: {name}\n")
    if not cases:
        sys.stdout.write(
            f"{options.file} holds no case in the layout of {options.format}: nothing was written.\n"
        )
        sys.stdout.write("    Check format and file.\n")
        return
    sys.stdout.write(f"{options.out}: {counted(cases, 'case')}, {counted(len(found.pages), 'page')}\n")
