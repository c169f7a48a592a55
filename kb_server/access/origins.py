"""Keep web pages of other sites from reaching the server through a browser on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from kb_server.errors import UntrustedOriginError
from kb_server.problems import printable
from kb_server.settings import Settings


class OriginCheck:
    """Accepts requests of programs, of pages from this machine, and of listed origins.

    A page can give its own name the address 127.0.0.1 ("DNS rebinding") and then call the server as its own
    site. It cannot hide the name, which browsers send as ``Origin`` and ``Host``.
    """

    def __init__(self, origins: Collection[str] = (), *, any_host: bool = False) -> None:
        """Trust ``origins`` such as ``https://docs.example.com``; ``any_host`` takes any ``Host``."""
        self._origins = frozenset(origins)
        self._hosts = frozenset(_host(origin) for origin in origins)
        self._any_host = any_host

    def __call__(self, headers: Headers) -> None:
        """Raise ``UntrustedOriginError`` unless both headers are trusted."""
        self.check_host(headers)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and not _is_loopback(_host(origin)):
            raise UntrustedOriginError(
                f"Pages of {printable(origin, limit=200)!r} may not call this server.",
                remedy="Call it from a program or a page of this machine; operators: KB_CORS_ORIGINS.",
            )

    def check_host(self, headers: Headers) -> None:
        """Raise ``UntrustedOriginError`` where a request names the server as nobody here would."""
        host = headers.get("host")
        if self._any_host or host is None:  # browsers always send it
            return
        name = _host(f"http://{host}")
        if not (name in self._hosts or _is_loopback(name) or _is_of_one_word(name)):
            raise UntrustedOriginError(
                f"The server is not known as {printable(host, limit=200)!r}.",
                remedy="Reach it as localhost, or through a proxy that says so; operators: KB_CORS_ORIGINS.",
            )


def origin_check(settings: Settings) -> OriginCheck:
    """Give the check that ``settings`` ask for; where a key is asked for, a foreign name is no danger."""
    any_host = settings.allow_open_network or settings.require_keys
    return OriginCheck(settings.cors_origins, any_host=any_host)


def _host(origin: str) -> str:
    """Give the name in an origin, empty where there is none.

    >>> _host("https://docs.example.com:8443"), _host("http://[::1]:8000"), _host("null"), _host("http://[")
    ('docs.example.com', '::1', '', '')
    """
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _is_of_one_word(name: str) -> bool:
    """Tell whether ``name`` is one that only the own network can resolve, such as that of a container.

    Nobody else can be given such a name: those of the public DNS have a dot. Digits alone spell an address.
    """
    return name.replace("-", "").isalnum() and not name.isdigit()


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
