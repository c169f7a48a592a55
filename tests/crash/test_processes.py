"""Ingests as processes: two at once, ended by a signal, killed while they encode."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb_server.index.layout import DataLayout

from . import harness

pytestmark = pytest.mark.crash

WAIT_SECONDS = 240.0


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    harness.write_corpus(tmp_path / "corpus")
    return tmp_path / "corpus"


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start an ingest, and end it whatever happens."""
    command = [sys.executable, str(harness.HERE / "ingest_once.py"), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def hanging_ingest(corpus: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Start an ingest that hangs in its encoder, and wait until it has come so far."""
    sign = data.with_name("encoding")
    with started(corpus, data, "--hang-at", sign) as process:
        _wait_for(process, sign.exists)
        yield process


def _wait_for(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "what was waited for does not happen"
        time.sleep(0.05)


def test_the_second_of_two_ingests_ends_at_once_and_names_the_first(corpus: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with hanging_ingest(corpus, data) as first:
        second = harness.ingest(corpus, data)

        assert second.returncode == 3
        assert f"process {first.pid}, started 20" in second.stderr
        assert "Traceback" not in second.stderr
        assert first.poll() is None


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_an_ingest_cleanly(
    corpus: Path, tmp_path: Path, number: signal.Signals, exit_code: int
) -> None:
    data = tmp_path / "data"
    with hanging_ingest(corpus, data) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=WAIT_SECONDS)

    assert process.returncode == exit_code
    assert errors == "kb: interrupted; nothing is published yet.\n"
    assert list((data / "versions").iterdir()) == []
    assert harness.undisturbed(corpus, data).published


def test_what_was_encoded_before_a_kill_is_not_encoded_again(corpus: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    killed = harness.run("ingest_once.py", corpus, data, "--die-in-batch", "3")
    assert killed.returncode == -signal.SIGKILL

    report = harness.undisturbed(corpus, data)

    assert report.published
    assert 0 < report.encoded < report.chunks


def test_the_last_line_of_json_mode_is_the_report(corpus: Path, tmp_path: Path) -> None:
    process = harness.ingest(corpus, tmp_path / "data")

    report = json.loads(process.stdout)

    assert process.stdout.count("\n") == 1
    assert report["documents"] == harness.PAGES
    assert process.stderr == ""


def test_watching_follows_edits_survives_errors_and_ends_with_ctrl_c(corpus: Path, tmp_path: Path) -> None:
    layout = DataLayout(tmp_path / "data")
    with started(corpus, layout.root, "--watch") as process:
        _wait_for(process, lambda: layout.current() is not None)
        first = layout.current()

        for page in corpus.iterdir():
            page.rename(page.with_suffix(".gone"))
        (corpus / "new.md").write_text("# New\n\nOne page is left.\n", encoding="utf-8")
        _wait_for(process, lambda: layout.current() != first)
        second = layout.current()

        (corpus / "new.md").write_bytes(b"\xff\xfe\xfa")
        (corpus / "more.md").write_text("# More\n\nAnother one.\n", encoding="utf-8")
        _wait_for(process, lambda: layout.current() != second)

        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=WAIT_SECONDS)

    assert process.returncode == 0
    assert len(output.splitlines()) >= 2
    assert "new.md" in errors
    assert "Traceback" not in errors
