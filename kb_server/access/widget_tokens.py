"""Short-lived tokens for widgets in web pages, bound to the origin of the page.

``kbt_<secret id>_<payload>.<mac>``: nothing in it is secret, and nothing of it leads to a key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime

PREFIX = "kbt_"
_TOKEN = re.compile(r"kbt_([0-9a-f]{12})_([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Secret:
    """What tokens are signed with."""

    id: str
    value: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """What a token says."""

    site: str
    origin: str
    visitor: str
    expires: int
    """Seconds since 1970."""


def issue(ticket: Pass, secret: Secret) -> str:
    """Give the token that says ``ticket``."""
    payload = _encoded(json.dumps(asdict(ticket), separators=(",", ":")).encode())
    return f"{PREFIX}{secret.id}_{payload}.{_mac(secret, payload)}"


def secret_id(token: str) -> str | None:
    """Give the id of the secret that a token claims to be signed with; None for what is no token."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def read(token: str, secret: Secret) -> Pass | None:
    """Give what a token says; None unless ``secret`` has signed it. Its time may be over."""
    found = _TOKEN.fullmatch(token)
    if found is None or not hmac.compare_digest(found[3], _mac(secret, found[2])):
        return None
    try:
        return Pass(**json.loads(base64.urlsafe_b64decode(found[2] + "==")))
    except (ValueError, TypeError, binascii.Error):
        return None


def _mac(secret: Secret, payload: str) -> str:
    message = f"{PREFIX}{secret.id}_{payload}".encode()
    return _encoded(hmac.digest(secret.value, message, hashlib.sha256))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
