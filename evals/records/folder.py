"""The folder of a run: lines that are on disk before the next case counts, and what a kill leaves behind."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.failures import RunFolderError
from evals.records.model import Record
from evals.unreadable import why_not_read

RECORDS = "records.jsonl"
RUN = "run.json"
CASES = "cases.jsonl"
SCORES = "scores.jsonl"
SUMMARY = "summary.json"
OPERATIONS = "operations.json"
ADVISORY = "advisory.json"
_LOCK = ".lock"


class Journal:
    """Appends records; lines that come together share one write to the disk."""

    def __init__(self, folder: Path) -> None:
        """Append to ``records.jsonl`` in ``folder``, behind a torn last line that a kill has left."""
        path = folder / RECORDS
        _cut_torn_line(path)
        self._file = path.open("ab")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing = False

    async def append(self, record: Record) -> None:
        """Give back once the record is on the disk."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record.as_json().encode() + b"\n", done))
        if not self._writing:
            self._writing = True
            try:
                while self._waiting:
                    await self._write_waiting()
            finally:
                self._writing = False
        await done

    async def _write_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await asyncio.to_thread(self._write, b"".join(line for line, _ in batch))
        except OSError as error:
            for _, done in batch:
                done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    def _write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cut_torn_line(path: Path) -> None:
    """Drop what follows the last line break: the line was not whole when the process died."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())


def read_records(folder: Path) -> list[Record]:
    """Read the records of a run, the last of each case and repeat; a torn last line is left aside.

    Raises ``RunFolderError`` that names the line of a record that cannot be read.
    """
    path = folder / RECORDS
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    found: dict[tuple[str, int], Record] = {}
    for number, line in enumerate(lines[:-1], start=1):
        try:
            record = Record.model_validate_json(line)
        except ValidationError as error:
            raise RunFolderError(
                f"{path}:{number} is not a record: {error.errors()[0]['msg']}.",
                remedy="It was changed by hand or comes from another release; run again into a new folder.",
            ) from error
        found[record.key] = record
    return list(found.values())


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old one or the new one, whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Replace a file of lines."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_json(path: Path, content: Any) -> None:
    """Replace a file with readable JSON whose keys are sorted."""
    write_text(
        path, json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    )


def read_json(path: Path) -> Any:
    """Read a file of a run, or raise ``RunFolderError`` that says what the folder lacks."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{path.parent} does not hold a finished run: {path.name} cannot be read: {why_not_read(error)}.",
            remedy="`kb eval run SUITE --out DIR` writes one.",
        ) from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raises ``RunFolderError`` while another one does."""
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunFolderError(
                f"Another process is writing to {folder}.", remedy="Wait for it, or name another --out."
            ) from error
        yield
