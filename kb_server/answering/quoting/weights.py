"""How much each feature of a unit counts: ``weights.json``, fitted by ``python -m evals.units``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from kb_server.answering.quoting.features import FEATURES

SHIPPED_WEIGHTS = Path(__file__).with_name("weights.json")


@cache
def shipped_weights() -> tuple[float, ...]:
    """Give the weights in the order of ``FEATURES``, read once."""
    weights = json.loads(SHIPPED_WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return tuple(float(weights[name]) for name in FEATURES)
