"""Understand a reply such as *2* or *the first* to the question which of several readings was meant.

What was offered stands in the turn before: as the answer's ``choices``, or, in chats that pass on nothing but
text, as its numbered list. Such a list has no filters, so what it answered is asked once more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from kb_server.answering.answer import Action, ComposedAnswer, NextStep
from kb_server.answering.display import shown
from kb_server.answering.offering.asking_back import asked_for_more, offered_in
from kb_server.answering.schemas import AnswerChoice, QueryRequest
from kb_server.answering.talking import GENERATOR
from kb_server.dialogue.choosing import chosen
from kb_server.dialogue.schemas import HistoryTurn, TurnChoice
from kb_server.dialogue.turns import Role
from kb_server.index.facets import FACETS
from kb_server.index.records import FilterValue
from kb_server.requests import filter_values
from kb_server.text.phrases import Phrase, phrase

Offer = Callable[[QueryRequest], Awaitable[Sequence[AnswerChoice]]]
"""Gives the readings that a question is asked back with."""


class Picked(NamedTuple):
    """What a reply picks."""

    labels: tuple[str, ...]
    """As the list shows them; none where the reply turns all of them down."""
    choices: tuple[TurnChoice, ...] | None
    """What they stand for, where the answer says so."""
    at: int
    """Place in the history of the question that was asked back."""


async def picked_requests(request: QueryRequest, offer: Offer) -> tuple[QueryRequest, ...] | None:
    """Give what a reply stands for that picks readings, nothing where it picks none; None for another reply.

    So is it where a reading is no longer offered, as the docs have changed. Raises what ``offer`` raises.
    """
    pick = picked(request.question, request.history)
    if pick is None:
        return None
    choices = pick.choices if pick.choices is not None else await _offered(pick, request, offer)
    if choices is None:
        return None
    return tuple(
        request.model_copy(
            update={"question": choice.question, "filters": request.filters | choice.filters, "history": []}
        )
        for choice in choices
    )


async def with_pick(request: QueryRequest, offer: Offer) -> tuple[QueryRequest, Mapping[str, FilterValue]]:
    """Put the question that the last pick in the history stood for in its place, and give its filters.

    The history stays as it is where nothing was picked, or several readings at once. Raises what ``offer``
    raises.
    """
    for at in range(len(request.history) - 1, 1, -1):
        turn = request.history[at]
        if turn.role is not Role.USER or picked(turn.content, request.history[:at]) is None:
            continue
        earlier = {"question": turn.content, "history": request.history[:at], "suggest": False}
        meant = await picked_requests(request.model_copy(update=earlier), offer)
        if meant is None or len(meant) != 1:
            break
        told = turn.model_copy(update={"content": meant[0].question})
        history = [*request.history[:at], told, *request.history[at + 1 :]]
        return request.model_copy(update={"history": history}), filter_values(meant[0].filters)
    return request, {}


def none_picked(lang: str) -> ComposedAnswer:
    """Ask for more who takes none of the readings."""
    step = NextStep(Action.REPHRASE, phrase(Phrase.REPHRASE, lang))
    return asked_for_more(phrase(Phrase.NONE_OF_THEM, lang), step, lang, generator=GENERATOR)


def label_of(picked: QueryRequest, filters: Mapping[str, object]) -> str:
    """Name one of several picked readings, by what it narrows where all ask the same."""
    named = [str(value) for key, value in picked.filters.items() if key in FACETS and key not in filters]
    return named[0] if named else picked.question


async def _offered(pick: Picked, request: QueryRequest, offer: Offer) -> Sequence[AnswerChoice] | None:
    """Ask once more what was asked back, which may have been a reply to such a list itself."""
    if not pick.labels:
        return ()
    asked = {"question": request.history[pick.at].content, "history": request.history[: pick.at]}
    earlier = request.model_copy(update=asked | {"suggest": False})
    meant = await picked_requests(earlier, offer)
    choices = {shown(choice.label): choice for choice in await offer(meant[0] if meant else earlier)}
    if not all(label in choices for label in pick.labels):
        return None
    return [choices[label] for label in pick.labels]


def picked(reply: str, history: Sequence[HistoryTurn]) -> Picked | None:
    """Give what ``reply`` picks of the last list of readings; None where it is no reply to one.

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
    picks = [places for reply in replies if (places := chosen(reply, plain)) is not None]
    if len(picks) < len(replies) or history[at - 1].role is not Role.USER:
        return None
    choices = history[at].choices
    return Picked(
        tuple(labels[place] for place in picks[0]),
        tuple(choices[place] for place in picks[0]) if choices else None,
        at - 1,
    )


def _labels(turn: HistoryTurn) -> list[str]:
    """Give the readings that an answer lists; none where it is another answer."""
    return [choice.label for choice in turn.choices] or offered_in(turn.content)
