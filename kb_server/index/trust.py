"""What callers are told about how far a page can be trusted."""

from __future__ import annotations

from kb_server.index.records import Document, Revision, Span

LOW_TRUST = "low_trust"
_KEY = "trust"
_LOW = "low"


def trust_flags(document: Document, revision: Revision, span: Span) -> tuple[str, ...]:
    """Give the kinds of the flags inside ``span``, and ``low_trust`` for a page with ``trust: low``."""
    kinds = tuple(kind.value for kind in revision.flags_in(*span))
    return (*kinds, LOW_TRUST) if document.metadata.get(_KEY) == _LOW else kinds
