"""A suite as a folder: ``suite.toml`` and one file of cases for each kind."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.cases.schema import Case
from evals.cases.suite import CONFIG
from evals.failures import RunFolderError
from evals.records.folder import write_lines, write_text


def claim(folder: Path, *, overwrite: bool) -> None:
    """Take an empty or new folder; with ``overwrite``, drop the files of cases and the configuration in it.

    Raises ``RunFolderError`` where the folder holds something.
    """
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    if there and not overwrite:
        raise RunFolderError(
            f"{folder} is not empty: it holds {there[0].name}.",
            remedy="Name a new folder, or add --overwrite to drop the cases that it holds.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in there:
        if file.is_file() and (file.suffix == ".jsonl" or file.name == CONFIG):
            file.unlink()


def write_suite(
    folder: Path, files: Mapping[str, Sequence[Case]], settings: Mapping[str, object], *, about: str
) -> None:
    """Write the cases by the name of their file, without its ending, and ``settings`` as ``suite.toml``."""
    for name, cases in files.items():
        if cases:
            write_lines(folder / f"{name}.jsonl", [case.as_json() for case in cases])
    lines = [f"# {about}", *(f"{key} = {_toml(value)}" for key, value in settings.items() if value)]
    write_text(folder / CONFIG, "\n".join(lines) + "\n")


def relative(path: Path, folder: Path) -> str:
    """Give a path as ``suite.toml`` in ``folder`` names it."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _toml(value: object) -> str:
    """Spell a text or a list of texts: a JSON string is a basic string of TOML, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
