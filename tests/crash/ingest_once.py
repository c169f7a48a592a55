"""Run one ingest with the hash encoder, as a process of its own: what the crash tests kill.

python tests/crash/ingest_once.py CORPUS DATA_DIR [--hang-at FILE] [--die-in-batch N] [--watch]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import encoding
from ingest.commands import run_with
from kb_server.errors import KbError
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

HANG_SECONDS = 600.0


class TroubledEncoder(HashEncoder):
    """A hash encoder that hangs once it was asked, or dies half way."""

    def __init__(self, *, hang_at: Path | None, die_in_batch: int) -> None:
        super().__init__()
        self._hang_at = hang_at
        self._batches_left = die_in_batch

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._hang_at is not None:
            self._hang_at.touch()
            time.sleep(HANG_SECONDS)
        self._batches_left -= 1
        if self._batches_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts)


class TroubledSource:
    """Loads the troubled encoder, under the hash encoder's name."""

    def __init__(self, encoder: TroubledEncoder) -> None:
        self._encoder = encoder
        self.encoder_id = encoder.encoder_id
        self.revision = encoder.revision

    def load(self) -> TroubledEncoder:
        return self._encoder


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--hang-at", type=Path, help="file to create, then hang, when texts are encoded")
    parser.add_argument("--die-in-batch", type=int, default=0)
    parser.add_argument("--watch", action="store_true")
    given = parser.parse_args()
    settings = Settings(data_dir=given.data_dir, kept_versions=1)
    source = TroubledSource(TroubledEncoder(hang_at=given.hang_at, die_in_batch=given.die_in_batch))
    encoding.CHUNKS_PER_STEP = 4
    try:
        return run_with(source, [given.corpus], settings, as_json=True, watch=given.watch)
    except KbError as error:
        sys.stderr.write(f"kb: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
