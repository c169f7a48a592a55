"""From start to stop: who wants to know that the server was told to end."""

from __future__ import annotations

from collections.abc import Callable

from kb_server.errors import ShuttingDownError


class Lifecycle:
    """Says once, to everyone who asked, that the server stops; what it has begun it finishes."""

    def __init__(self) -> None:
        """Begin in service."""
        self._stopping = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_stopping(self) -> bool:
        """Whether the server was told to end."""
        return self._stopping

    def on_stopping(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called, on the event loop, when the server is told to end."""
        self._listeners.append(listener)

    def stop(self) -> None:
        """Tell everyone; a second time does nothing."""
        if self._stopping:
            return
        self._stopping = True
        for listener in self._listeners:
            listener()


def shutting_down() -> ShuttingDownError:
    """Give the error of a server that was told to end."""
    return ShuttingDownError("The server is shutting down.", remedy="Send the question to another server.")
