from __future__ import annotations

import os
import signal
import threading

import pytest

from ingest.interruption import interruptible


def test_sigterm_interrupts_and_is_remembered() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with interruptible() as interruption:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)

        assert interruption.terminated
        assert interruption.exit_code == 143

    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_is_told_apart() -> None:
    with interruptible() as interruption:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

        assert not interruption.terminated
        assert interruption.exit_code == 130


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def work() -> None:
        with interruptible():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [before]
