"""What the ``kb`` command hands to the evals: the product as a black box in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AsgiApp = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the product estimates confidence with, as its settings name it."""

    id: str
    """As the running product gives it in ``/readyz``."""
    content: dict[str, Any]
    """``provenance`` and ``kinds``, each with ``right``, ``in_scope`` and ``curve``."""
    max_risk: float


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A question with its answer as the product keeps it."""

    answer_id: str
    question: str
    answer: dict[str, Any]
    """The answer object as it was sent."""
    created_at: str
    """Moment with its zone, ISO 8601."""
    customer_id: str = ""
    before: Sequence[tuple[str, str]] = ()
    """Questions and answers before it in its conversation, oldest first."""
    rating: str = ""
    reason: str = ""
    comment: str = ""
    corrected_text: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """An application that can be asked without a network."""

    app: Callable[[Path | None], AsgiApp]
    """Builds the application over the index in a data folder; None takes the one of the settings."""
    data_dir: Callable[[Path | None], Path]
    """Says which data folder that is."""
    build: Callable[[Path | None], str]
    """Names code and settings: two processes with the same name give the same answers from the same index."""
    version: str
    """Release of the product."""
    ingest: Callable[[Path, Path], None]
    """Publishes the pages below the first folder into the second, a data folder; raises where it fails."""
    calibration: Callable[[], Calibration]
    """Reads what confidence is estimated with now."""
    configure: Callable[[Mapping[str, str | float]], list[str]]
    """Sets keys in the configuration that the product reads, and says in sentences what it did."""
    stored: Callable[[Path | None, str | None, str | None], list[StoredAnswer]]
    """Gives the answers of a conversation, or those rated ``up`` or ``down``, of a data folder's database."""
    published: Callable[[Path | None], str] = lambda _: ""
    """Names the version that is published there, of unchanging content; empty where that is not known."""
