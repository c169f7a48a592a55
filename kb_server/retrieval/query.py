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
class Background:
    """What the turns before a question mean for it; helps to rank, and is no part of the question."""

    follows_up: bool = False
    """Whether the question leans on what was said before; else nothing below but the last changes it."""
    words: tuple[str, ...] = ()
    """Words of earlier turns that join the search by words, as they were typed."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """The search terms of ``words``, each with its weight against one of the question's own."""
    asked: tuple[str, ...] = ()
    """The questions before it, latest first, back to the last one that stands alone."""
    of: Mapping[str, str] = field(default_factory=dict)
    """What was spoken of or chosen before, by field of the front matter: one product of several."""
    topic_switched: bool = False
    """Whether the question shares no word with the turns before it and stands alone."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question and how to look for it."""

    text: str
    """As it is searched; see ``Retriever.read``."""
    top_k: int = 8
    filters: Mapping[str, FilterValue] = field(default_factory=dict)
    audiences: frozenset[str] | None = frozenset()
    """Access labels whose pages may be seen beside the public ones; None: every page."""
    mode: SearchMode = SearchMode.HYBRID
    expanded: Mapping[str, str] = field(default_factory=dict)
    """Words as typed that no row holds, and what ``text`` has in their place."""
    lang: str = ""
    """Language of the asker where ``text`` no longer shows it; else that of ``text``."""
    background: Background | None = None
    """None where nothing was said before."""
    chosen: Mapping[str, FilterValue] = field(default_factory=dict)
    """The filters of the reading that was chosen earlier in the conversation, if any."""
    meaning: str = ""
    """What is compared by meaning, where that is more than ``text``: a question that leans on earlier ones is
    put behind the last one that stands alone."""

    @property
    def follows_up(self) -> bool:
        """Tell whether the question leans on what was said before it."""
        return self.background is not None and self.background.follows_up
