"""Keys as the command makes them."""

from __future__ import annotations

from typing import Any

from kb_server.access import repository
from kb_server.access.making import KeyWish, make
from kb_server.settings import Settings
from kb_server.store.once import at_once

QUESTION = {"question": "How long does a refund take?"}


def key_of(settings: Settings, **wish: Any) -> str:
    """Make a key, or the public id of a widget."""
    key, shown = make(KeyWish(name="test", **wish))
    at_once(settings, lambda connection: repository.add(connection, key))
    return shown


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
