"""What is wrong with a case: where, which rule, and what was probably meant."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding; ``code`` is stable, the message names the value and the rule."""

    place: str
    """``file:line``."""
    case: str
    """Id of the case, empty where it has none."""
    code: str
    message: str

    def __str__(self) -> str:
        """Give the finding as one line."""
        case = f" [{self.case}]" if self.case else ""
        return f"{self.place}{case} {self.code}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """Give the finding for JSON."""
        return asdict(self)


def problems_of(
    error: ValidationError, model: type[BaseModel], place: str, case: str, *, of: str = "a case"
) -> list[Problem]:
    """Say which fields ``of`` what break which rule; an unknown key comes with the key probably meant."""
    found = []
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            name = str(item["loc"][-1])
            meant = did_you_mean(name, _keys(model, item["loc"][:-1]))
            message = f"{path!r} is not a key of {of}.{meant}"
            found.append(Problem(place, case, "unknown_key", message))
        else:
            rule = item["msg"].removeprefix("Value error, ")
            found.append(
                Problem(place, case, "bad_value", f"{path + ': ' if path else ''}{rule}{_given(item)}.")
            )
    return found


def did_you_mean(name: str, known: Sequence[str], *, cutoff: float = 0.6) -> str:
    """Name the closest of the known words, if one is close.

    >>> did_you_mean("contain", ["contains", "regex"])
    ' Did you mean contains?'
    """
    close = difflib.get_close_matches(name, known, 1, cutoff=cutoff)
    return f" Did you mean {close[0]}?" if close else ""


def _given(item: Any) -> str:
    value = item["input"]
    if isinstance(value, dict | list) or item["type"] == "missing":
        return ""
    shown = repr(value)
    return f", not {shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + '…'}"


def _keys(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """Give the keys of the part of a model that ``path`` leads to."""
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int) or current is None:
            continue
        field = current.model_fields.get(part)
        current = next(_models(field.annotation), None) if field else None
    return list(current.model_fields) if current else []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) in {list, typing.Annotated, typing.Union, types.UnionType}:
        for part in typing.get_args(annotation):
            yield from _models(part)
