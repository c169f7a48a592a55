"""Request headers that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from kb_server.store.idempotency import MAX_KEY_CHARS

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=MAX_KEY_CHARS,
        pattern="^[ -~]+$",
        description="Any text of your own: the same request with the same key is carried out once only.",
    ),
]
