"""Disturb an ingest at many operations, in every way, and print what survived.

python -m tests.crash.enumerate --points 60 [--seed 1] [--jobs 2]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

from . import harness
from .points import decisive, sample
from .shim import FAULTS, Fault, Target


def choose(found: tuple[Target, ...], points: int, *, seed: int) -> list[Fault]:
    """Take the operations around the publish in every mode, then others of all kinds, the modes in turn."""
    faults = [Fault(mode, target) for target in decisive(found) for mode in FAULTS]
    others = sample(found, max(points - len(faults), 0), seed=seed)
    faults += [Fault(mode, target) for target, mode in zip(others, cycle(FAULTS), strict=False)]
    return list(dict.fromkeys(faults))


def disturb_all(
    scenario: harness.Scenario, faults: list[Fault], folder: Path, jobs: int
) -> Iterator[harness.Outcome | harness.BrokenPromiseError]:
    """Work through ``faults``; a broken promise is an outcome too."""

    def disturb(numbered: tuple[int, Fault]) -> harness.Outcome | harness.BrokenPromiseError:
        place = folder / f"point-{numbered[0]:04}"
        place.mkdir()
        try:
            return harness.disturb(scenario, numbered[1], place)
        except harness.BrokenPromiseError as error:
            return error

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(disturb, enumerate(faults))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def main() -> int:
    """Run the enumeration; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=60, help="how many points (at least the decisive ones)")
    parser.add_argument("--seed", type=int, default=1, help="which of the other operations are sampled")
    parser.add_argument("--jobs", type=int, default=2, help="points at a time")
    given = parser.parse_args()
    broken: list[harness.BrokenPromiseError] = []
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kb-crash-") as name:
        folder = Path(name).resolve()
        scenario = harness.prepare(folder)
        faults = choose(scenario.targets, given.points, seed=given.seed)
        _say(f"{len(scenario.targets)} operations, {len(faults)} points, seed {given.seed}")
        for outcome in disturb_all(scenario, faults, folder, given.jobs):
            if isinstance(outcome, harness.BrokenPromiseError):
                broken.append(outcome)
                _say(f"BROKEN  {outcome}")
                continue
            counts[f"{outcome.fault.mode.value}: {outcome.survived}"] += 1
            ending = f"exit {outcome.exit_code:>3}  {outcome.survived}"
            missed = "" if outcome.reached else "  (not reached)"
            _say(f"{outcome.fault.mode.value:<6}  {ending}  {outcome.fault.target}{missed}")
    _say(f"{sum(counts.values())} points whole, {len(broken)} broken; {dict(sorted(counts.items()))}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
