"""Break the product in known ways and see which rule of a gate finds it: ``python -m evals.regressions``.

Each regression is a real build: a copy of the packages with a changed line, a setting, or changed pages. It
is run over the suite with ``kb eval run`` and held with ``kb eval gate`` against the suite's baseline. A
build that nothing was changed in is asked several times, no answer kept, and has to pass each time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from evals.failures import EXIT_FINDINGS, EXIT_INFRASTRUCTURE, EXIT_OK, EvalFailure
from evals.records.folder import write_json, write_text
from evals.regression_builds import REGRESSIONS, Build, Regression, made
from evals.server import EvalError, kb_eval

_RUN_SECONDS = 3600.0
_MEASURED = (EXIT_OK, EXIT_INFRASTRUCTURE)
"""Too many errors are a result here, and the gate says so."""
UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gate said of one build."""

    name: str
    about: str
    caught: bool
    failed: Mapping[str, str]
    """Details by rule, of those that failed."""


def gated(build: Build, out: Path, data_dir: Path, options: argparse.Namespace, **named: str) -> Gated:
    """Run the suite on a build and give what its gate says."""
    run = [str(build.suite), "--out", str(out), "--data-dir", str(data_dir), "--no-cache", "--overwrite"]
    for text in options.filter:
        run += ["--filter", text]
    kb = partial(kb_eval, seconds=_RUN_SECONDS, environment=build.environment)
    kb("run", *run, "--concurrency", str(options.concurrency), allowed=_MEASURED)
    gate = kb("gate", str(out), "--suite", str(build.suite), "--json", allowed=(EXIT_OK, EXIT_FINDINGS))
    rules = json.loads(gate.stdout)["rules"]
    failed = {rule["rule"]: rule["detail"] for rule in rules if not rule["passed"]}
    return Gated(named["name"], named["about"], gate.returncode == EXIT_FINDINGS, failed)


def measure(options: argparse.Namespace, work: Path) -> Iterator[Gated]:
    """Gate the unchanged build as often as wanted, then each regression."""
    data_dir = work / "data"
    build = made(None, options.suite, work / UNCHANGED)
    for turn in range(options.repeats):
        named = {"name": f"{UNCHANGED} {turn + 1}", "about": "Nothing was changed."}
        yield gated(build, work / "runs" / UNCHANGED, data_dir, options, **named)
    for regression in _chosen(options.only):
        folder = work / "builds" / regression.name.replace(" ", "-")
        build = made(regression, options.suite, folder)
        named = {"name": regression.name, "about": regression.about}
        yield gated(build, folder / "run", data_dir, options, **named)


def _chosen(names: Sequence[str] | None) -> list[Regression]:
    known = {regression.name: regression for regression in REGRESSIONS}
    for name in names or ():
        if name not in known:
            raise EvalError(f"{name!r} is no regression; there are: {', '.join(known)}.")
    return [each for each in REGRESSIONS if names is None or each.name in names]


def is_right(found: Gated) -> bool:
    """Tell whether the gate was right about a build."""
    return found.caught != found.name.startswith(UNCHANGED)


def table(found: Sequence[Gated]) -> str:
    """Give the outcomes as a table of Markdown."""
    lines = ["| build | what is wrong | gate | rules that fail |", "|---|---|---|---|"]
    for each in found:
        word = "fails" if each.caught else "open"
        mark = "" if is_right(each) else " **wrong**"
        rules = "; ".join(f"{rule}: {detail}" for rule, detail in each.failed.items())
        lines.append(f"| {each.name} | {each.about} | {word}{mark} | {rules} |")
    wrong = sum(not is_right(each) for each in found)
    return "\n".join([*lines, "", f"{len(found) - wrong} of {len(found)} builds are told rightly."]) + "\n"


def main() -> int:
    """Print what became of every build; 1 where the gate is wrong about one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="manual", help="a folder, or a name in evals/suites")
    parser.add_argument("--work", type=Path, help="keep builds, indexes and runs here")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="regressions to try; default: all")
    parser.add_argument("--repeats", type=int, default=20, help="how often the unchanged build is asked")
    parser.add_argument("--filter", action="append", default=[], help="as of kb eval run")
    parser.add_argument("--concurrency", type=int, default=4)
    options = parser.parse_args()
    found: list[Gated] = []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            for each in measure(options, work):
                found.append(each)
                print(f"{each.name}: {'fails' if each.caught else 'open'}", file=sys.stderr, flush=True)
                write_text(work / "regressions.md", table(found))
                write_json(work / "regressions.json", [asdict(one) for one in found])
    except (EvalError, EvalFailure) as error:
        print(f"evals: {error}", file=sys.stderr)
        return EXIT_INFRASTRUCTURE
    sys.stdout.write(table(found))
    return EXIT_OK if all(map(is_right, found)) else EXIT_FINDINGS


if __name__ == "__main__":
    sys.exit(main())
