"""Which sentences, items, rows and blocks the product weighs for a question, told by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.server import EvalError

Unit = Mapping[str, Any]
"""Its place, its text, its ``features``, and its ``score``, by which the best one is chosen."""


def weighed(data_dir: Path, questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the units that were weighed for each question, by its id; one that finds nothing is absent.

    A question is ``{"id", "question", "filters"}``; found are ``{"lang", "units"}``. Raises ``EvalError``.
    """
    done = subprocess.run(
        [sys.executable, "-m", "kb_server.weighed_units", "--data-dir", str(data_dir)],
        input="".join(json.dumps(question) + "\n" for question in questions),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EvalError(f"kb_server.weighed_units on {data_dir} failed: {done.stderr.strip()[-2000:]}")
    return {found["id"]: found for found in map(json.loads, done.stdout.splitlines())}
