"""Understand a reply such as *2* or *the first* to the question which of several readings was meant.

What was offered stands in the turn before: as the answer's ``choices``, or, in chats that pass on nothing but
text, as its numbered list. Such a list has no filters, so what it answered is asked once more.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from kb_server.answering.display import shown
from kb_server.answering.schemas import AnswerChoice, QueryRequest
from kb_server.dialogue.choosing import chosen
from kb_server.dialogue.schemas import HistoryTurn, TurnChoice
from kb_server.dialogue.turns import Role
from kb_server.text.phrases import PHRASES, Phrase

_OPENINGS = tuple(
    phrases[opening] for phrases in PHRASES.values() for opening in (Phrase.WHICH_ONE, Phrase.DID_YOU_MEAN)
)
_LISTED = re.compile(r"^\d+\. (.+)$", re.MULTILINE)

Offer = Callable[[QueryRequest], Awaitable[Sequence[AnswerChoice]]]
"""Gives the readings that a question is asked back with."""


class Picked(NamedTuple):
    """What a reply picks."""

    label: str
    """As the list shows it."""
    choice: TurnChoice | None
    """What it stands for, where the answer says so."""
    at: int
    """Place in the history of the question that was asked back."""


async def picked_request(request: QueryRequest, offer: Offer) -> QueryRequest | None:
    """Give what a reply stands for that picks one of several readings; None where it does not.

    So it is where the reading is no longer offered, as the docs have changed. Raises what ``offer`` raises.
    """
    pick = picked(request.question, request.history)
    if pick is None:
        return None
    choice = pick.choice or await _offered(pick, request, offer)
    if choice is None:
        return None
    filters = request.filters | choice.filters
    return request.model_copy(update={"question": choice.question, "filters": filters, "history": []})


async def _offered(pick: Picked, request: QueryRequest, offer: Offer) -> AnswerChoice | None:
    """Ask once more what was asked back, which may have been a reply to such a list itself."""
    asked = {"question": request.history[pick.at].content, "history": request.history[: pick.at]}
    earlier = request.model_copy(update=asked | {"suggest": False})
    choices = await offer(await picked_request(earlier, offer) or earlier)
    return next((choice for choice in choices if shown(choice.label) == pick.label), None)


def picked(reply: str, history: Sequence[HistoryTurn]) -> Picked | None:
    """Give what ``reply`` picks of the last list of readings; None where it picks nothing.

    Between the list and the reply there may be other replies to it, with their answers.
    """
    replies = [reply]
    for at in range(len(history) - 1, 0, -1):
        turn = history[at]
        if turn.role is Role.USER:
            replies.append(turn.content)
        elif labels := _labels(turn):
            return _picked(replies, labels, history, at)
    return None


def _picked(
    replies: Sequence[str], labels: Sequence[str], history: Sequence[HistoryTurn], at: int
) -> Picked | None:
    plain = [label.replace("\\", "") for label in labels]
    picks = [place for reply in replies if (place := chosen(reply, plain)) is not None]
    if len(picks) < len(replies) or history[at - 1].role is not Role.USER:
        return None
    choices = history[at].choices
    return Picked(labels[picks[0]], choices[picks[0]] if choices else None, at - 1)


def _labels(turn: HistoryTurn) -> list[str]:
    """Give the readings that an answer lists; none where it is another answer."""
    if turn.choices:
        return [choice.label for choice in turn.choices]
    text = turn.content.strip()
    return _LISTED.findall(text) if text.startswith(_OPENINGS) else []
