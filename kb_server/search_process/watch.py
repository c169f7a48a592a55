"""Tells a search process that hangs from one that is only busy, or asleep together with this one."""

from __future__ import annotations

from kb_server.settings import Settings

TICK_SECONDS = 0.5
"""How often the server looks. Time counts in looks, each of them as this much at most: while the machine
slept, or this process was not let work, the other one could say nothing either."""
BEAT_SECONDS = 1.0
"""A process that serves says something at least this often."""
SILENT_SECONDS = 15.0
_LOADING_SECONDS = 120.0
"""Until it serves it imports and loads, which may hold its interpreter for long."""
_STUCK_TIMES = 2
"""How many whole time limits of a request pass without any answer before it counts as stuck."""
_ENCODER_TRIES = 2
"""How often an endpoint that encodes is asked before its question fails."""


class Watch:
    """What one process has said since it was started, counted in looks of ``TICK_SECONDS``."""

    def __init__(self, *, silent_seconds: float = SILENT_SECONDS, request_seconds: float) -> None:
        """Allow a silence of ``silent_seconds``, and some times ``request_seconds`` without an answer.

        Not less of the latter than of the former: with a time limit below a look, one would be too many.
        """
        self._silent_seconds = silent_seconds
        self._stuck_seconds = max(_STUCK_TIMES * request_seconds, silent_seconds)
        self._serves = False
        self._silent = 0
        self._stuck = 0

    @classmethod
    def of(cls, settings: Settings, silent_seconds: float) -> Watch:
        """Watch a process that serves ``settings``."""
        encoding = _ENCODER_TRIES * settings.encoder_timeout_seconds
        return cls(
            silent_seconds=silent_seconds, request_seconds=max(settings.request_timeout_seconds, encoding)
        )

    def heard(self, *, serves: bool) -> None:
        """Note that it said something, and whether it serves by now."""
        self._silent = 0
        self._serves = self._serves or serves

    def answered(self) -> None:
        """Note that it answered something."""
        self._silent = self._stuck = 0

    def look(self, *, waiting: bool) -> str:
        """Count one look; say what is wrong where it hangs, else nothing.

        ``waiting``: something was asked that it has not answered. A question that was given up meanwhile is
        no answer: threads that wait for each other never give one, while the process says that it lives.

        >>> watch = Watch(silent_seconds=1.0, request_seconds=30.0)
        >>> watch.heard(serves=True)
        >>> [watch.look(waiting=False) for _ in range(3)]
        ['', '', 'said nothing for 1 s']
        >>> Watch(silent_seconds=15.0, request_seconds=0.1).look(waiting=True)
        ''
        """
        self._silent += 1
        self._stuck += waiting
        limit = self._silent_seconds if self._serves else max(self._silent_seconds, _LOADING_SECONDS)
        if self._silent * TICK_SECONDS > limit:
            return f"said nothing for {limit:g} s"
        if self._stuck * TICK_SECONDS > self._stuck_seconds:
            return f"answered nothing for {self._stuck_seconds:g} s"
        return ""
