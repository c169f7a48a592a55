"""What a server may listen on: everywhere with keys, on this machine alone without."""

from __future__ import annotations

import ipaddress
import logging

from kb_server.access import repository
from kb_server.errors import InvalidRequestError
from kb_server.settings import Settings
from kb_server.store.once import at_once

logger = logging.getLogger(__name__)


def prepared(settings: Settings, host: str) -> Settings:
    """Give the settings to serve on ``host`` with, and say on the log who may ask.

    Migrates the database. A server that other machines reach because there are keys goes on to ask for them
    whatever happens to the database.

    Raises ``InvalidRequestError`` for an address that other machines reach where nobody is asked for a key,
    unless the settings allow it, and ``StoreError`` without a database that can be used.
    """
    exist = at_once(settings, repository.any_exists)
    asks = exist or settings.require_keys or has_user_tokens(settings)
    if not (asks or is_loopback(host) or settings.allow_open_network):
        raise InvalidRequestError(
            f"The address {host!r} can be reached from other machines, and there is no key to ask for.",
            remedy=(
                "Make one with `kb keys create`, or serve on 127.0.0.1; where the network itself is closed, "
                "such as in a container, set KB_ALLOW_OPEN_NETWORK=true."
            ),
        )
    _say(asks=asks, exist=exist, is_local=is_loopback(host), settings=settings)
    return settings.model_copy(update={"require_keys": True}) if asks else settings


def has_user_tokens(settings: Settings) -> bool:
    """Tell whether user tokens are accepted."""
    return settings.jwt_secret is not None or settings.jwt_key_file is not None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _say(*, asks: bool, exist: bool, is_local: bool, settings: Settings) -> None:
    if not asks:
        reach = "this machine alone reaches it" if is_local else "whoever reaches this network reaches it"
        logger.warning("There are no keys: %s, and may ask everything and read every page.", reach)
    elif not exist and not has_user_tokens(settings):
        logger.warning("Keys are asked for, and there is none yet: `kb keys create` makes one.")
