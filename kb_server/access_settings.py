"""The settings that say who may ask, from where, and how often."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

RATE = r"^[1-9]\d{0,8}/(second|minute|hour|day)$"


def _is_rate(value: str) -> str:
    if not re.fullmatch(RATE, value):
        raise ValueError("must be a number with /second, /minute, /hour or /day, such as 600/minute")
    return value


Rate = Annotated[str, AfterValidator(_is_rate)]
"""So many requests in such a time: ``60/minute``."""
_MIN_SECRET_BYTES = 32
Listed = Annotated[tuple[str, ...], NoDecode]
"""Texts that a variable names with commas between them, and a file as a list."""


class AccessSettings(BaseSettings):
    """Keys, tokens, origins and rates."""

    require_keys: bool = False
    """Ask for a key even before there is one; once a key was made, one is always asked for."""
    jwt_secret: SecretStr | None = None
    """What user tokens are signed with (HS256), 32 bytes or more; never shown, logged or stored."""
    jwt_key_file: Path | None = None
    """File with the public key, or the JWKS, that user tokens are checked with."""
    jwt_issuer: str | None = None
    """What the ``iss`` of user tokens must be; None: anything."""
    jwt_audience: str = "kb-server"
    """What the ``aud`` of user tokens must name."""
    widget_token_seconds: Annotated[int, Field(ge=60, le=3600)] = 600
    """How long a widget's token lasts before the page asks for the next one."""
    rate_limit: Rate = "6000/minute"
    """Requests of each key."""
    person_rate_limit: Rate = "60/minute"
    """Requests of each visitor of a widget, and of each user token."""
    ip_rate_limit: Rate = "600/minute"
    """Requests from each address that come without a key, refused ones included."""
    trusted_proxies: Listed = ()
    """Addresses or networks of the proxies whose X-Forwarded-For is believed."""
    cors_origins: Listed = ()
    """Origins of web pages, besides those of widgets, that browsers let read the answers."""

    @field_validator("trusted_proxies", "cors_origins", mode="before")
    @classmethod
    def _with_commas(cls, value: Any) -> Any:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            try:
                ipaddress.ip_network(item)
            except ValueError as error:
                remedy = "write it like 10.0.0.0/8 or 127.0.0.1"
                raise ValueError(f"{item!r} is no address or network: {remedy}") from error
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(origin_of, value))

    @field_validator("jwt_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < _MIN_SECRET_BYTES:
            raise ValueError(f"must have {_MIN_SECRET_BYTES} bytes or more")
        return value

    def proxy_networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Give ``trusted_proxies`` as networks."""
        return [ipaddress.ip_network(item) for item in self.trusted_proxies]


def origin_of(text: str) -> str:
    """Give an origin as browsers write it; ``ValueError`` for what is none, the wildcard included.

    >>> origin_of("https://Shop.example:443/")
    'https://shop.example'
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(f"{text!r} is no origin: write it like https://shop.example, without a path")
    if parts.query or parts.fragment or parts.username or "*" in parts.netloc:
        raise ValueError(f"{text!r} is no origin: write it like https://shop.example, without a wildcard")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
