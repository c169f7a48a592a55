"""Send what nobody foresaw: schemathesis makes requests from the OpenAPI document, and judges every response.

``python -m evals.fuzz`` serves the manual and runs all checks in all phases; exit code 1 where one fails.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.server import ingest, serving

CONFIG = Path(__file__).with_name("fuzz.toml")
CORPUS = Path(__file__).parents[1] / "corpus"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
_RUN_SECONDS = 1800


def fuzz(
    url: str, folder: Path, *, examples: int, seed: int, phases: Sequence[str] = PHASES
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against the server at ``url``, with up to ``examples`` random requests an operation.

    ``folder`` takes what it writes. The same ``seed`` sends the same requests.
    """
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(CONFIG),
            "run",
            f"{url}/openapi.json",
            f"--max-examples={examples}",
            f"--seed={seed}",
            f"--phases={','.join(phases)}",
            "--generation-database=none",
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )


def main() -> int:
    """Serve the manual, send, print the report."""
    parser = argparse.ArgumentParser(prog="python -m evals.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="random requests for each operation")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ingest(CORPUS, folder / "data")
        # Rates would hide what the routes themselves do.
        with serving(folder / "data", KB_MAX_CONCURRENCY="256") as server:
            done = fuzz(server.url, folder, examples=arguments.examples, seed=arguments.seed)
    print(done.stdout, done.stderr, sep="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
