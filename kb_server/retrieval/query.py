"""What a search is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kb_server.index.records import FilterValue


class SearchMode(StrEnum):
    """Which stages rank; anything but ``hybrid`` is for looking into a result."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    DENSE = "dense"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question and how to look for it."""

    text: str
    """As it is searched; see ``Retriever.read``."""
    top_k: int = 8
    filters: Mapping[str, FilterValue] = field(default_factory=dict)
    mode: SearchMode = SearchMode.HYBRID
    expanded: Mapping[str, str] = field(default_factory=dict)
    """Words as typed that no row holds, and what ``text`` has in their place."""
