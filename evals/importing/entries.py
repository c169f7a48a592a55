"""Objects of a data set that know where they stand, so that what is wrong with one can be found.

Reading a field that is missing, or of another kind, raises ``BadSuiteError`` with file, line, value and rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from evals.failures import BadSuiteError
from evals.unreadable import why_not_json, why_not_read

REMEDY = "Mend the file, or name the format that it has."
_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One object; ``place`` is its file, its line or its path in the file."""

    fields: dict[str, Any]
    place: str

    def has(self, name: str) -> bool:
        """Tell whether a field is there and says something."""
        return self.fields.get(name) not in (None, "", [], {})

    def text(self, *names: str) -> str:
        """Give the first of the fields that says something, which is a text or a number."""
        name = next((each for each in names if self.has(each)), "")
        if not name:
            self.refuse(f"{_either(names)} is missing; there are: {', '.join(self.fields) or 'no fields'}")
        return self._text(self.fields[name], name)

    def text_or(self, name: str, default: str = "") -> str:
        """Give a text, or the default where the field says nothing."""
        return self.text(name) if self.has(name) else default

    def texts(self, name: str) -> list[str]:
        """Give a list of texts; a single text counts as one, a missing field as none."""
        if not self.has(name):
            return []
        value = self.fields[name]
        items = value if isinstance(value, list) else [value]
        return [self._text(item, name) for item in items]

    def objects(self, name: str, *, required: bool = False) -> list[Entry]:
        """Give a list of objects; a missing field counts as none unless it is required."""
        if required and name not in self.fields:
            self.text(name)
        value = self.fields.get(name) or []
        if not isinstance(value, list):
            self.refuse(f"`{name}` must be a list of objects, not {_shown(value)}")
        return [entry_of(item, f"{self.place}, {name}[{at}]") for at, item in enumerate(value)]

    def object(self, name: str) -> Entry:
        """Give an object; a missing field counts as one without fields."""
        return entry_of(self.fields.get(name) or {}, f"{self.place}, {name}")

    def number(self, name: str) -> int:
        """Give a whole number, also one that is spelt as a text."""
        text = self.text(name)
        if not text.removeprefix("-").isdecimal():
            self.refuse(f"`{name}` must be a whole number, not {_shown(text)}")
        return int(text)

    def _text(self, value: Any, name: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.refuse(f"`{name}` must be text, not {_shown(value)}")
        return str(value)

    def refuse(self, what: str) -> NoReturn:
        """Raise ``BadSuiteError`` about this object."""
        raise BadSuiteError(f"{self.place}: {what}.", remedy=REMEDY)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def entry_of(value: Any, place: str) -> Entry:
    """Take a value as an object; raises ``BadSuiteError`` for anything else."""
    if not isinstance(value, dict):
        raise BadSuiteError(f"{place} must be an object, not {_shown(value)}.", remedy=REMEDY)
    return Entry(value, place)


def entries(file: Path) -> Iterator[Entry]:
    """Read objects from JSON Lines, or from one JSON list."""
    text = read(file)
    if text.lstrip().startswith("["):
        yield from (entry_of(item, f"{file}, [{at}]") for at, item in enumerate(json_of(text, file)))
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield entry_of(json_of(line, file, first_line=number), f"{file}:{number}")


def json_of(text: str, file: Path, *, first_line: int = 1) -> Any:
    """Read JSON that begins in a line of a file."""
    try:
        return json.loads(text)
    except ValueError as error:
        line, reason = why_not_json(error, first_line=first_line)
        raise BadSuiteError(f"{file}:{line}: {reason}.", remedy=REMEDY) from error


def read(file: Path) -> str:
    """Read a text file."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadSuiteError(
            f"{file} cannot be read: {why_not_read(error)}.", remedy="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise BadSuiteError(f"{file} cannot be read: {why_not_read(error)}.", remedy=REMEDY) from error
