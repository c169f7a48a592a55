"""All rows of one customer; each function is a part of one transaction."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from kb_server.customers.schemas import (
    CustomerErasure,
    CustomerExport,
    ExportedAnswer,
    ExportedConversation,
    ExportedFeedback,
)
from kb_server.store import erasures
from kb_server.store.tables import Conversation, Feedback, Turn


def export(connection: Connection, customer_id: str) -> CustomerExport:
    """Collect what is kept of a customer, oldest first."""
    return CustomerExport(
        customer_id=customer_id,
        exported_at=datetime.now(UTC),
        conversations=_conversations(connection, customer_id),
        answers=_answers(connection, customer_id),
        feedback=_feedback(connection, customer_id),
    )


def erase(connection: Connection, customer_id: str) -> CustomerErasure:
    """Delete what is kept of a customer, say how much it was, and let every server forget it."""
    # From the leaves to the root: what a cascade deletes is not counted.
    feedback, answers, conversations = (
        connection.execute(delete(table).where(table.customer_id == customer_id)).rowcount
        for table in (Feedback, Turn, Conversation)
    )
    erasures.record(connection, customer_id, of_customer=True)
    return CustomerErasure(
        customer_id=customer_id, conversations=conversations, answers=answers, feedback=feedback
    )


def _conversations(connection: Connection, customer_id: str) -> list[ExportedConversation]:
    rows = connection.execute(
        select(Conversation.id, Conversation.title, Conversation.created_at, Conversation.updated_at)
        .where(Conversation.customer_id == customer_id)
        .order_by(Conversation.created_at, Conversation.id)
    ).mappings()
    return [ExportedConversation(**row) for row in rows]


def _answers(connection: Connection, customer_id: str) -> list[ExportedAnswer]:
    rows = connection.execute(
        select(Turn.conversation_id, Turn.place, Turn.question, Turn.created_at, Turn.answer)
        .where(Turn.customer_id == customer_id)
        .order_by(Turn.created_at, Turn.id)
    ).mappings()
    return [ExportedAnswer(**{**row, "answer": json.loads(row["answer"])}) for row in rows]


def _feedback(connection: Connection, customer_id: str) -> list[ExportedFeedback]:
    rows = connection.execute(
        select(
            Feedback.id,
            Feedback.turn_id.label("answer_id"),
            Feedback.citation_id,
            Feedback.rating,
            Feedback.reason,
            Feedback.comment,
            Feedback.corrected_text,
            Feedback.created_at,
        )
        .where(Feedback.customer_id == customer_id)
        .order_by(Feedback.created_at, Feedback.id)
    ).mappings()
    return [ExportedFeedback(**{**row, "citation_id": row["citation_id"] or None}) for row in rows]
