"""What a reader may see of an answer before it is finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kb_server.answering.answer import Citation, PagePointer
from kb_server.answering.schemas import AnswerCitation, NearestPage


class Listener(Protocol):
    """Is told, on the event loop, how far an answer is."""

    def found(self, pages: Sequence[NearestPage]) -> None:
        """Take the pages that the answer draws from or comes near; told once, as soon as they are known."""

    def wrote(self, text: str, citations: Sequence[Citation]) -> None:
        """Take the text so far with its citations; whatever is told later begins with it."""


class Silence:
    """Listens to nothing."""

    def found(self, pages: Sequence[NearestPage]) -> None:
        """Drop the pages."""

    def wrote(self, text: str, citations: Sequence[Citation]) -> None:
        """Drop the text."""


SILENCE = Silence()


def citation_of(citation: Citation) -> AnswerCitation:
    """Give a citation as it is sent."""
    return AnswerCitation.model_validate(citation, from_attributes=True)


def pages_of(places: Sequence[Citation | PagePointer]) -> list[NearestPage]:
    """Give the pages of ``places`` as they are sent, each once, at its first place."""
    pages: dict[str, NearestPage] = {}
    for place in places:
        fields = {name: getattr(place, name) for name in NearestPage.model_fields}
        pages.setdefault(place.doc_id, NearestPage.model_validate(fields))
    return list(pages.values())
