"""``kb eval lint``: from options to an exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from evals.cases.problems import Problem
from evals.cases.suite import Reading, read_suite, refuse_empty
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK, TargetError
from evals.gating.names import gate_problems
from evals.linting.rules import lint_cases
from evals.linting.stale import lint_places
from evals.options import LintOptions
from evals.product import Product
from evals.running.calling import CallError
from evals.running.kb_server import KbServer
from evals.running.sessions import kb_session

_RETRIES = 3
_TIMEOUT_SECONDS = 60.0


def lint_command(options: LintOptions, product: Product) -> int:
    """Print what is wrong with a suite; 1 where something is.

    Raises ``EvalFailure`` where the suite has no case, or it or the index cannot be read at all.
    """
    reading = read_suite(options.suite)
    if not reading.problems:
        refuse_empty(reading.suite)
    found = [*reading.problems, *gate_problems(reading.suite, whole=not reading.problems)]
    found += lint_cases(reading.suite.cases, reading.places)
    if not options.offline:
        found += asyncio.run(_stale(options, reading, product))
    found.sort(key=_order)
    if options.as_json:
        about = {"suite": reading.suite.name, "cases": len(reading.suite.cases)}
        content = about | {"problems": [problem.as_dict() for problem in found]}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    else:
        for problem in found:
            sys.stdout.write(f"{problem}\n")
        ending = "no problems" if not found else counted(len(found), "problem")
        sys.stdout.write(f"{reading.suite.name}: {counted(len(reading.suite.cases), 'case')}, {ending}\n")
    return EXIT_FINDINGS if found else EXIT_OK


def _order(problem: Problem) -> tuple[str, int, str]:
    file, _, line = problem.place.partition(":")
    return file, int(line) if line.isdigit() else 0, problem.code


async def _stale(options: LintOptions, reading: Reading, product: Product) -> list[Problem]:
    suite = reading.suite
    opened = kb_session(options, suite, product, retries=_RETRIES, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        async with opened as server:
            return await lint_places(suite.cases, reading.places, _ServedDocs(server))
    except CallError as error:
        raise TargetError(f"The pages cannot be listed: {error}.") from error


class _ServedDocs:
    """The pages of a kb-server."""

    def __init__(self, server: KbServer) -> None:
        self._server = server

    async def pages(self) -> list[dict[str, Any]]:
        return await self._server.pages()

    async def text(self, page: Mapping[str, Any]) -> str:
        return await self._server.revision(page["doc_id"], page["revision"]) or ""

    async def has_section(self, path: str, anchor: str) -> bool:
        return await self._server.has_section(path, anchor)
