"""What of stored answers may still be shown: access labels change, pages are withdrawn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from kb_server.conversations.records import StoredTurn, covers
from kb_server.conversations.schemas import Standing
from kb_server.index.labels import may_see
from kb_server.index.records import Document
from kb_server.searching import Searching, View


class Seen(NamedTuple):
    """A stored turn as a caller may see it."""

    turn: StoredTurn
    answer: Mapping[str, Any] | None
    """The answer object; None where it is kept from the caller."""
    standing: Mapping[str, Standing]
    """What became of each cited page, by the citation's id."""


class Visibility:
    """Looks stored turns over before anyone sees them."""

    def __init__(self, searcher: Searching) -> None:
        """Compare with the version that ``searcher`` serves."""
        self._searcher = searcher

    async def look_over(self, turns: Sequence[StoredTurn], audiences: frozenset[str] | None) -> list[Seen]:
        """Say what who carries ``audiences`` (None: sees all) may see of ``turns`` now.

        An answer is kept from who does not see all that its asker saw, as it may speak of any of it, and
        where one of its pages has other labels by now. Raises the reason why no index is served.
        """
        return await self._searcher.on_current(None, partial(_look, turns, audiences))


def _look(turns: Sequence[StoredTurn], audiences: frozenset[str] | None, view: View) -> list[Seen]:
    documents = {document.doc_id: document for document in view.reader.documents()}
    return [_seen(turn, documents, audiences) for turn in turns]


def _seen(turn: StoredTurn, documents: Mapping[str, Document], audiences: frozenset[str] | None) -> Seen:
    answer: dict[str, Any] = json.loads(turn.answer)
    pages = [documents[doc_id] for doc_id in _pages(answer) if doc_id in documents]
    if not covers(audiences, turn.audiences) or not all(may_see(page, audiences) for page in pages):
        return Seen(turn, None, {})
    return Seen(turn, answer, {one["id"]: _standing(one, documents) for one in answer["citations"]})


def _pages(answer: Mapping[str, Any]) -> Iterator[str]:
    for place in (*answer["citations"], *answer["nearest"]):
        yield place["doc_id"]


def _standing(citation: Mapping[str, Any], documents: Mapping[str, Document]) -> Standing:
    document = documents.get(citation["doc_id"])
    if document is None:
        return Standing.SOURCE_WITHDRAWN
    return Standing.HOLDS if document.revision == citation["revision"] else Standing.SOURCE_CHANGED
