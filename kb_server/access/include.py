"""Build what asks for keys; the check of user tokens is only loaded where it is set up."""

from __future__ import annotations

from kb_server.access.guard import Guard
from kb_server.settings import Settings
from kb_server.store.database import Database


def guard_of(settings: Settings, database: Database) -> Guard:
    """Give the guard of ``settings``; raises ``BadInputError`` for a file without a public key."""
    if settings.jwt_secret is None and settings.jwt_key_file is None:
        return Guard(database, settings, None)
    from kb_server.access.user_tokens import user_tokens

    return Guard(database, settings, user_tokens(settings))
