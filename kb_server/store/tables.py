"""The tables: keys, conversations, what was asked and answered, and what people think of it.

A repository of another package queries them; nothing else does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

ID_CHARS = 64
NAME_CHARS = 200
_HASH_CHARS = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give what is stored; ``value`` must know its zone."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> datetime | None:
        """Give the moment with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of all tables; every constraint has a name, so that a migration can drop it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        list[str]: JSON(none_as_null=True),
        dict[str, Any]: JSON(none_as_null=True),
    }


class ApiKey(Table):
    """A key that lets a program, or a widget in a web page, ask; the secret itself is nowhere."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """``key``, or ``widget`` for one that stands in web pages."""
    name: Mapped[str] = mapped_column(String(NAME_CHARS))
    secret_sha256: Mapped[str] = mapped_column(String(_HASH_CHARS))
    scopes: Mapped[list[str]]
    audiences: Mapped[list[str] | None]
    """Access labels that it may see; None: every page."""
    origins: Mapped[list[str]]
    """Origins of web pages that may use it; empty: any."""
    limits: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class SigningSecret(Table):
    """What the tokens of widgets are signed with; the newest signs, older ones are still recognised."""

    __tablename__ = "signing_secrets"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    secret: Mapped[str] = mapped_column(String(_HASH_CHARS))
    """32 random bytes in hex."""
    created_at: Mapped[datetime]


class Conversation(Table):
    """Questions that belong together; it is the caller's who began it."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(None, "owner", "updated_at", "id"),
        Index(None, "owner", "customer_id", "updated_at", "id"),
        Index(None, "updated_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    owner: Mapped[str] = mapped_column(String(NAME_CHARS))
    """``Caller.id`` of who began it."""
    customer_id: Mapped[str | None] = mapped_column(String(NAME_CHARS), index=True)
    title: Mapped[str] = mapped_column(Text)
    """The beginning of its first question."""
    turns: Mapped[int]
    """How many questions it has; the place of the next one."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Turn(Table):
    """A question and its answer as it was sent, in a conversation or alone."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("conversation_id", "place"),)

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    """The id of the answer."""
    owner: Mapped[str] = mapped_column(String(NAME_CHARS))
    customer_id: Mapped[str | None] = mapped_column(String(NAME_CHARS), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    place: Mapped[int | None]
    """Its place in the conversation, from 0."""
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    """The answer object as JSON, to the byte."""
    audiences: Mapped[list[str] | None]
    """Access labels that the asker could see; None: every page."""
    created_at: Mapped[datetime] = mapped_column(index=True)


class Feedback(Table):
    """What someone thinks of an answer, or of one of its citations."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("turn_id", "citation_id"), Index(None, "created_at", "id"))

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    citation_id: Mapped[str] = mapped_column(String(ID_CHARS))
    """Empty: the answer as a whole."""
    owner: Mapped[str] = mapped_column(String(NAME_CHARS))
    customer_id: Mapped[str | None] = mapped_column(String(NAME_CHARS), index=True)
    rating: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(NAME_CHARS))
    comment: Mapped[str] = mapped_column(Text)
    corrected_text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class IdempotencyRecord(Table):
    """What a request with an Idempotency-Key has made, so that its repetition makes nothing more."""

    __tablename__ = "idempotency_records"

    owner: Mapped[str] = mapped_column(String(NAME_CHARS), primary_key=True)
    operation: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(NAME_CHARS), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(_HASH_CHARS))
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), index=True)
    feedback_id: Mapped[str | None] = mapped_column(ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Erasure(Table):
    """A customer or a conversation that was erased lately; see ``store.erasures``."""

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    name_sha256: Mapped[str] = mapped_column(String(_HASH_CHARS))
    """Hash of the id above and the name."""
    of_customer: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(index=True)
