"""Bring a built version to the readers: space, verification in a fresh process, rename, CURRENT."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from kb_server.errors import KbError, PublishError, VerificationError
from kb_server.index.layout import DataLayout
from kb_server.index.writer import DocumentRecord

Check = Callable[[Path, int], None]
"""Checks a version folder with that many chunks; raises ``VerificationError``."""

SPACE_FACTOR = 3
"""Free bytes demanded per estimated byte: the version, its journals, the embedding cache."""
SPACE_FLOOR = 4 << 20
BYTES_PER_VALUE = 12
"""Of a vector: the matrix, Chroma's copy, the cache's copy."""
BYTES_PER_CHUNK = 2048
BYTES_PER_CHARACTER = 6
VERIFY_SECONDS = 120.0
VERIFY_SECONDS_PER_CHUNK = 0.01


def check_space(layout: DataLayout, records: Sequence[DocumentRecord], *, dimension: int) -> None:
    """Refuse to begin (``PublishError``) where about three times the new version does not fit on the disk."""
    chunks = sum(len(record.chunks) for record in records)
    characters = sum(len(record.revision.text) for record in records)
    estimate = chunks * (BYTES_PER_VALUE * dimension + BYTES_PER_CHUNK) + BYTES_PER_CHARACTER * characters
    needed = SPACE_FACTOR * estimate + SPACE_FLOOR
    free = shutil.disk_usage(layout.root).free
    if free < needed:
        raise PublishError(
            f"{_megabytes(free)} are free below {str(layout.root)!r}, the new version needs up to "
            f"{_megabytes(needed)}.",
            remedy="Free some space or set KB_DATA_DIR to a folder on another disk; "
            "the published version is untouched.",
        )


def _megabytes(size: int) -> str:
    """Give a size for people.

    >>> _megabytes(5_400_000)
    '5.1 MiB'
    """
    return f"{size / (1 << 20):.1f} MiB"


@contextmanager
def temporary_version(layout: DataLayout) -> Iterator[Path]:
    """Give an empty folder to build in; what is left of it at the end is removed.

    Every error of the file system or of SQLite becomes a ``PublishError``: nothing is tried twice, because
    after a failed write nobody knows what is on the disk.
    """
    temporary = layout.new_temporary()
    try:
        yield temporary
    except (OSError, sqlite3.Error) as error:
        raise PublishError(
            f"Cannot write the new version below {str(layout.versions_dir)!r}: {error}.",
            remedy="Check free space and permissions, then run `kb ingest` again; "
            "the published version is untouched.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def fresh_process() -> Iterator[Check]:
    """Give a check that reads a version from disk in a process of its own, as any reader will find it.

    The process is started at once: it imports its libraries while the version is still being built.
    """
    command = [sys.executable, "-m", "kb_server.index.verification", "-"]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise VerificationError(
            f"Cannot start the process that checks a version: {error}.",
            remedy="Run `kb ingest` again when the machine has memory and processes to spare.",
        ) from error
    try:
        yield partial(_check_in, process)
    finally:
        process.kill()
        process.communicate()


def _check_in(process: subprocess.Popen[str], directory: Path, chunks: int) -> None:
    limit = VERIFY_SECONDS + chunks * VERIFY_SECONDS_PER_CHUNK
    try:
        output, _ = process.communicate(f"{directory.resolve()}\n", timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise VerificationError(
            f"The check of {directory.name} took longer than {limit:.0f} s.",
            remedy="Run `kb ingest` again when the machine is less busy.",
        ) from error
    if process.returncode != 0:
        raise VerificationError(
            f"The check of {directory.name} failed: {_reason(output, process.returncode)}.",
            remedy="Run `kb ingest` again; the published version is untouched.",
        )


def _reason(output: str, code: int) -> str:
    """Read the problems out of a report; of a check that crashed, the last lines are all there is.

    >>> _reason('{"problems": ["3 vectors, the manifest says 4"]}', 1)
    '3 vectors, the manifest says 4'
    >>> _reason("Segmentation fault", -11)
    'it ended with code -11: Segmentation fault'
    """
    lines = output.strip().splitlines()
    try:
        return "; ".join(json.loads(lines[-1])["problems"])
    except (LookupError, ValueError, TypeError):
        return f"it ended with code {code}: {' '.join(lines[-5:])}"


def prune(layout: DataLayout, kept: int, *, note: Callable[[str], None]) -> None:
    """Remove the oldest versions beyond ``kept``.

    This cannot undo a publish: its failure is noted, and the next ingest tries again.
    """
    try:
        layout.prune(kept)
    except (OSError, KbError) as error:
        note(f"An old version could not be removed: {error}")
