"""One started search process, and this server's end of the sockets between the two."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from kb_server.search_process.messages import Begin, framed
from kb_server.settings import Settings

_END_SECONDS = 2.0
"""A process whose socket is closed ends at once; one that hangs is killed after this time."""
NOT_ITS_BUSINESS = (signal.SIGINT, signal.SIGTERM)
"""Sent to a whole group of processes, as by Ctrl+C: what they end is the server's to decide."""
IS_POSSIBLE = os.name == "posix"
"""Sockets are handed down as open files, which Windows does not do."""


class Child:
    """Lives until ``end``, or until this process ends, however it does."""

    def __init__(self, settings: Settings) -> None:
        """Start it; OSError where the system has no room for another process."""
        self.socket, theirs = socket.socketpair()
        with contextlib.ExitStack() as not_started:
            not_started.enter_context(self.socket)
            with theirs, _held_back(*NOT_ITS_BUSINESS):
                self._process = subprocess.Popen(
                    # -P: whatever lies in the working directory is no code of ours.
                    [sys.executable, "-P", "-m", "kb_server.search_process", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            not_started.pop_all()
        self._began = time.monotonic()
        # It may have ended already; reading tells.
        with contextlib.suppress(BrokenPipeError):
            self.socket.sendall(framed(Begin(settings)))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def seconds(self) -> float:
        """How long it has lived."""
        return time.monotonic() - self._began

    def kill(self) -> None:
        """End it in the middle of whatever it does, as one that hangs; ``end`` still has to be called."""
        self._process.kill()

    def end(self, *, at_once: bool = False) -> int:
        """Close the socket, by which it ends, and give its exit code, negative for a signal; waits for it.

        ``at_once``: nobody was served yet, and it is not waited for until it has loaded.
        """
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        try:
            return self._process.wait(0 if at_once else _END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self.socket.close()


@contextlib.contextmanager
def _held_back(*kinds: signal.Signals) -> Iterator[None]:
    """Let what is started now never see ``kinds``: it holds them back until it has said to ignore them.

    It imports for a second before it can say so. What comes here meanwhile is delivered at the end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, kinds)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
