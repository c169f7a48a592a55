"""A connection that breaks: a relay in front of a server which cuts off replies."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_BLOCK = 65536
_SECONDS = 30


@dataclass
class Relay:
    """Relays connections; reply ``i`` is cut behind its ``cuts[i]``-th empty line, later ones are whole."""

    url: str
    cuts: list[int]
    requests: list[bytes] = field(default_factory=list)
    """First line and headers of what was sent, connection by connection."""

    def pass_on(self, client: socket.socket, upstream: tuple[str, int]) -> None:
        """Relay one request and its reply, then close."""
        with client, socket.create_connection(upstream, timeout=_SECONDS) as server:
            client.settimeout(_SECONDS)
            request = client.recv(_BLOCK)
            head, _, body = request.partition(b"\r\n\r\n")
            self.requests.append(head)
            length = int(
                next(
                    (line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:")),
                    b"0",
                )
            )
            while len(body) < length:
                body += client.recv(_BLOCK)
            server.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"\r\n\r\n" + body)
            left = self.cuts[len(self.requests) - 1] if len(self.requests) <= len(self.cuts) else None
            while reply := server.recv(_BLOCK):
                if left is not None:
                    *ended, _ = (pieces := reply.split(b"\n\n"))
                    if len(ended) >= left:
                        client.sendall(b"".join(piece + b"\n\n" for piece in pieces[:left]))
                        return
                    left -= len(ended)
                client.sendall(reply)


@contextlib.contextmanager
def breaking(url: str, cuts: list[int]) -> Iterator[Relay]:
    """Relay to the server at ``url`` and cut the first replies off."""
    parts = urlsplit(url)
    upstream = (str(parts.hostname), int(parts.port or 0))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(f"http://127.0.0.1:{listener.getsockname()[1]}", cuts)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with contextlib.suppress(OSError):
                        relay.pass_on(client, upstream)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=_SECONDS)
