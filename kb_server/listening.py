"""The socket that the server listens on, made before anything is loaded or started."""

from __future__ import annotations

import contextlib
import os
import socket

from kb_server.errors import ListenError
from kb_server.settings import Settings

BACKLOG = 256
"""Connections that wait until they are taken."""
_OTHER_FILES = 256
"""Open files that are no connections: the index, the database, a language model."""
_ANY_ADDRESS = {"": "0.0.0.0", "*": "0.0.0.0"}  # noqa: S104 - refused without allow_open_network


def host_of(settings: Settings) -> str:
    """Give the address to listen on."""
    return _ANY_ADDRESS.get(settings.host, settings.host)


def listener_of(settings: Settings) -> socket.socket:
    """Listen, so that a taken port is told at once; raises ``ListenError``. Must be closed."""
    host, port = host_of(settings), settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Listening now and not later: two servers may bind the same free port, but only one may listen.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    listener.set_inheritable(False)
    return listener


def allow_connections(count: int) -> None:
    """Let this process open ``count`` connections beside its files, as far as the system allows.

    Many systems begin with 1,024 files and allow far more to who asks; a server at its limit takes nobody in.
    """
    if os.name != "posix":
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cannot_listen(host: str, port: int, error: Exception) -> ListenError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ListenError(
        f"Cannot listen on {host}:{port}: {reason}.",
        remedy="Stop the program that has the port, or give another one: `kb serve --port 8001`, KB_PORT.",
    )
