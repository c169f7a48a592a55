"""Carry a question through: what was said before goes in, what is answered is kept once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pydantic import ValidationError

from kb_server.access.caller import Caller
from kb_server.access.rights import Owner, owner_of
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.conversations import repository
from kb_server.conversations.records import (
    NewTurn,
    StoredConversation,
    StoredTurn,
    new_conversation_id,
)
from kb_server.conversations.visibility import Seen, Visibility
from kb_server.dialogue.schemas import MAX_TURNS, HistoryTurn, TurnChoice, TurnCitation
from kb_server.dialogue.turns import Role
from kb_server.errors import IdempotencyError
from kb_server.store.database import Database, Transaction
from kb_server.store.engine import TakenError
from kb_server.store.idempotency import Attempt, attempt_of, earlier, remember
from kb_server.store.paging import Place

_QUERY = "query"
_REMEMBERED_TURNS = MAX_TURNS // 2
"""Questions of a conversation that a follow-up can lean on, each with its answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question between its arrival and its answer."""

    request: QueryRequest
    """With the history of its conversation."""
    audiences: frozenset[str] | None
    owner: Owner
    conversation_id: str | None
    begins: bool
    attempt: Attempt | None
    answered: Answer | None
    """The answer that the same request got before; nothing is to be done then."""


class ConversationService:
    """Keeps questions and answers."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        *,
        stores_answers: bool,
        forget: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Keep them in ``database``; outside of conversations only where ``stores_answers``.

        ``forget`` drops what is in memory of a conversation that is deleted.
        """
        self._forget = forget
        self._database = database
        self._visibility = visibility
        self._stores_answers = stores_answers

    async def begin(self, request: QueryRequest, caller: Caller, *, key: str | None = None) -> Asking:
        """Take up a question: find its conversation and what was said in it.

        ``key`` is its Idempotency-Key. Raises ``NotFoundError`` for a conversation that is not the caller's,
        ``InvalidRequestError`` for another's customer, ``IdempotencyError`` for a key that was used for
        another question, and ``StoreUnavailableError``.
        """
        owner = owner_of(caller, request.customer_id)
        asking = Asking(
            request=request,
            audiences=caller.audiences,
            owner=owner,
            conversation_id=new_conversation_id() if request.conversation else request.conversation_id,
            begins=request.conversation,
            attempt=_attempt(request, owner, key) if key else None,
            answered=None,
        )
        if asking.attempt is None and (asking.begins or asking.conversation_id is None):
            return asking
        stored, found, turns = await self._database.read(partial(_look_up, asking))
        if stored is not None:
            return replace(asking, answered=await self._again(stored, asking))
        if found is None:
            return asking
        seen = await self._visibility.look_over(turns, caller.audiences)
        return replace(
            asking,
            request=request.model_copy(update={"history": _history(seen)}),
            owner=Owner(caller.id, found.customer_id),
        )

    async def finish(self, asking: Asking, answer: Answer) -> Answer:
        """Keep the answer of a question, and give it as it is to be sent.

        The same request may have been answered meanwhile: then that answer counts. Raises ``NotFoundError``
        where the conversation was deleted meanwhile, and ``StoreUnavailableError``.
        """
        answer = answer.model_copy(update={"conversation_id": asking.conversation_id})
        if asking.conversation_id is None and not self._stores_answers:
            return answer
        turn = NewTurn(
            answer_id=answer.id,
            owner=asking.owner,
            conversation_id=asking.conversation_id,
            begins=asking.begins,
            question=asking.request.question,
            answer=answer.model_dump_json(),
            audiences=asking.audiences,
        )
        try:
            first = await self._database.write(partial(_keep, turn, asking.attempt), durable=False)
        except TakenError:
            first = await self._database.read(partial(_made, asking.attempt))
            if first is None:
                raise
        return answer if first is None else await self._again(first, asking)

    async def _again(self, turn: StoredTurn, asking: Asking) -> Answer:
        """Give the answer of an earlier try, unless its asker may no longer see it."""
        (seen,) = await self._visibility.look_over([turn], asking.audiences)
        try:
            return Answer.model_validate(seen.answer)
        except ValidationError as error:
            # It is kept back, or another kb-server wrote it.
            raise IdempotencyError(
                "The answer to the first try cannot be given any more.", remedy="Ask again with a new key."
            ) from error

    async def page(self, owner: Owner, *, limit: int, after: Place | None) -> list[StoredConversation]:
        """Give up to ``limit`` conversations of ``owner``, the one that was used last first."""
        return await self._database.read(partial(repository.page, owner=owner, limit=limit, after=after))

    async def read(
        self,
        conversation_id: str,
        owner: Owner,
        audiences: frozenset[str] | None,
        *,
        last: int,
        before: int | None,
    ) -> tuple[StoredConversation, list[Seen]]:
        """Give a conversation of ``owner`` with its last turns, as who carries ``audiences`` may see it.

        Raises ``NotFoundError``, ``StoreUnavailableError`` and the reason why no index is served.
        """

        def read(connection: Transaction) -> tuple[StoredConversation, list[StoredTurn]]:
            found = repository.find(connection, conversation_id, owner)
            return found, repository.turns(connection, found.id, last=last, before=before)

        found, turns = await self._database.read(read)
        return found, await self._visibility.look_over(turns, audiences)

    async def remove(self, conversation_id: str, owner: Owner) -> None:
        """Delete a conversation of ``owner`` for good; ``NotFoundError`` where there is none."""
        await self._database.write(partial(repository.remove, conversation_id=conversation_id, owner=owner))
        self._forget(conversation_id)
        await self._database.scrub(vacuum=False)


def _attempt(request: QueryRequest, owner: Owner, key: str) -> Attempt:
    # A question is the same whether its answer comes as a stream or not.
    body = request.model_dump_json(exclude={"stream"})
    return attempt_of(_QUERY, key, sender=(owner.caller_id, owner.customer_id), body=body)


def _look_up(
    asking: Asking, connection: Transaction
) -> tuple[StoredTurn | None, StoredConversation | None, Sequence[StoredTurn]]:
    """Give the answer of an earlier try, else the conversation and its last turns."""
    first = _made(asking.attempt, connection)
    if first is not None or asking.begins or asking.conversation_id is None:
        return first, None, ()
    found = repository.find(connection, asking.conversation_id, asking.owner)
    return None, found, repository.turns(connection, found.id, last=_REMEMBERED_TURNS)


def _keep(turn: NewTurn, attempt: Attempt | None, connection: Transaction) -> StoredTurn | None:
    """Store a turn; give the one of an earlier try in its place where there is one."""
    first = _made(attempt, connection)
    if first is not None:
        return first
    repository.add(connection, turn)
    if attempt is not None:
        remember(connection, attempt, turn_id=turn.answer_id)
    return None


def _made(attempt: Attempt | None, connection: Transaction) -> StoredTurn | None:
    made = earlier(connection, attempt) if attempt else None
    return repository.turn(connection, made.turn_id) if made and made.turn_id else None


def _history(seen: Sequence[Seen]) -> list[HistoryTurn]:
    """Give the turns as a client would send them; of an answer that is kept from the caller, nothing.

    They are not checked against the limits of a request: what the server has sent may be longer.
    """
    turns: list[HistoryTurn] = []
    for turn, answer, _ in seen:
        turns.append(_turn(Role.USER, turn.question, [], []))
        if answer is not None:
            cited = [
                TurnCitation.model_construct(doc_id=one["doc_id"], path="", heading_path=one["heading_path"])
                for one in answer["citations"]
            ]
            offered = [TurnChoice.model_construct(**choice) for choice in answer["choices"]]
            turns.append(_turn(Role.ASSISTANT, answer["text"], cited, offered))
    return turns


def _turn(role: Role, content: str, citations: list[TurnCitation], choices: list[TurnChoice]) -> HistoryTurn:
    return HistoryTurn.model_construct(role=role, content=content, citations=citations, choices=choices)
