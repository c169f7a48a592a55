"""Measure what many cases cost once their answers are kept: ``python -m evals.scoring_speed manual``.

The cases of a suite are repeated under other names up to the wanted number, run once so that the answers are
kept, and then run again by the ``kb`` command, start and scoring included.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from evals.cases.suite import load_suite
from evals.failures import EvalFailure
from evals.processes import Cost, children_cost
from evals.records.folder import write_lines, write_text
from evals.server import EvalError, kb_eval

_RUN_SECONDS = 1800.0


def repeated(suite: str, count: int, folder: Path) -> Path:
    """Write a suite of ``count`` cases into ``folder``: those of ``suite`` again and again, with new ids."""
    source = load_suite(suite)
    names = [f"{number:05}" for number in range(count)]
    cases = [
        source.cases[at % len(source.cases)].model_copy(update={"id": name}) for at, name in enumerate(names)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "cases.jsonl", [case.as_json() for case in cases])
    config = f'name = "{source.name}"\n'
    if source.corpus is not None:
        config += f'corpus = "{source.corpus}"\n'
    write_text(folder / "suite.toml", config)
    return folder


def run_cost(suite: Path, out: Path, data_dir: Path) -> Cost:
    """Give what one run of the ``kb`` command costs; raises ``EvalError`` with its messages when it fails."""
    options = ("--out", str(out), "--data-dir", str(data_dir), "--json")
    with children_cost() as cost:
        kb_eval("run", str(suite), *options, seconds=_RUN_SECONDS)
    return cost


def main() -> int:
    """Print the seconds of a run that asks and of one whose answers are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", help="a folder, or a name in evals/suites")
    parser.add_argument("--cases", type=int, default=1000, help="how many cases to run")
    parser.add_argument("--work", type=Path, help="keep the index here, so that a second run need not encode")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch) / "data"
            suite = repeated(options.suite, options.cases, Path(scratch) / "suite")
            for name in ("asked", "kept"):
                cost = run_cost(suite, Path(scratch) / name, work)
                print(
                    f"{name:<6} {options.cases} cases: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of CPU"
                )
    except (EvalError, EvalFailure) as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
