"""What goes to a language model for one question, and what comes back from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kb_server.index.records import Span


class Failure(StrEnum):
    """Why a model's answer cannot be shown."""

    TIMEOUT = "timeout"
    ERROR = "error"
    UNSUPPORTED = "unsupported"
    WRONG_LANGUAGE = "wrong_language"
    REFUSED = "refused"
    BUDGET = "budget"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, list item, table row or code block: the smallest thing that is cited."""

    span: Span
    headings: tuple[str, ...]
    """Title of the page and headings above it: evidence for names, never cited."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that the model may draw from."""

    text: str
    """The whole revision that it stands in."""
    lang: str
    pieces: tuple[Piece, ...]
    """In reading order."""
    is_clean: bool = True
    """Nothing on the page is flagged: the sentences next to a piece may be leant on as well."""

    def quote(self, piece: Piece) -> str:
        """Cut a piece out of the revision."""
        return piece.span.of(self.text)

    def shown(self) -> str:
        """Give the passage as the model reads it: its pieces, each below its headings."""
        lines: list[str] = []
        above: tuple[str, ...] = ()
        for piece in self.pieces:
            if piece.headings != above:
                above = piece.headings
                lines.append(" > ".join(above))
            lines.append(self.quote(piece))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Task:
    """A question and the passages that are sure to answer it, best first."""

    question: str
    lang: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as the model wrote it, with the ids that it named; nothing of it is believed yet."""

    text: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a source that carries a sentence."""

    source: int
    """Place among the sources of the task, from 0."""
    piece: Piece


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A sentence that its evidence supports."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Consumption:
    """What the model was used; the counts are estimates where the endpoint gives none."""

    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where no price is set."""


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of one task: sentences that hold, or the reason why there are none."""

    sentences: tuple[WrittenSentence, ...]
    failure: Failure | None
    is_partial: bool
    """A sentence was dropped that alone spoke of some word of the question."""
    consumption: Consumption | None
    """None where no model was asked."""
