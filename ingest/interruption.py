"""End a run cleanly when the process is told to: SIGTERM counts like Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_SIGNAL_BASE = 128
"""Exit code of a process ended by signal n, as shells count: 130 for SIGINT, 143 for SIGTERM."""


class Interruption:
    """Remembers which signal ended the run."""

    def __init__(self) -> None:
        """Begin without a signal; a bare ``KeyboardInterrupt`` counts as SIGINT."""
        self._signal: int = signal.SIGINT

    @property
    def terminated(self) -> bool:
        """Say whether SIGTERM arrived, as opposed to Ctrl-C."""
        return self._signal == signal.SIGTERM

    @property
    def exit_code(self) -> int:
        """Give the exit code that tells the signal."""
        return EXIT_SIGNAL_BASE + self._signal

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Raise ``KeyboardInterrupt`` in the main thread; a second signal ends the process at once."""
        self._signal = number
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Turn SIGTERM into ``KeyboardInterrupt``, so that what is half built is removed on the way out."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGTERM, interruption.receive)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGTERM, before)
