"""``kb eval`` as people call it: killed, resumed, against a server, with exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kb_server.workplace import Workplace

from .made import write_suite

pytestmark = pytest.mark.model

CASES = [
    {"id": "en", "question": "When do backups run?", "expect": {"contains": "02:00", "lang": "en"}},
    {
        "id": "ko",
        "question": "백업은 언제 실행되나요?",
        "expect": {"cite": {"any": ["ko/backup.md"]}, "lang": "ko"},
    },
    {"id": "person", "question": "Can I talk to a human?", "expect": {"status": "handoff"}},
]
MANY = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    made = Workplace(tmp_path_factory.mktemp("eval"))
    write_suite(made.root / "suite", CASES, corpus="../docs")
    write_suite(
        made.root / "many",
        [{"id": f"q{n:03}", "question": f"When do backups of disk {n} run?"} for n in range(MANY)],
        corpus="../docs",
    )
    return made


def lines(folder: Path) -> list[dict[str, Any]]:
    file = folder / "records.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]


def test_suite_brings_its_own_index_and_what_it_measures_is_told(place: Workplace) -> None:
    done = place.here("eval", "run", "suite", "--out", "first", "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdicts"] == {"pass": 3, "fail": 0, "flaky": 0, "error": 0}
    assert found["target"]["kind"] == "in-process"
    assert found["target"]["documents"] == 2
    assert (place.root / "data/evals/indexes").is_dir()
    assert not (place.root / "data/CURRENT").exists()  # the published index is another one
    assert not (place.root / "data/app.sqlite").exists()


def test_changed_page_is_read_before_the_next_run(place: Workplace) -> None:
    page = place.root / "docs/en/backup.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(before.replace("02:00", "03:00"), encoding="utf-8")
    try:
        done = place.here("eval", "run", "suite", "--out", "changed", "--fail-on-failures")
    finally:
        page.write_text(before, encoding="utf-8")

    assert done.returncode == 1
    assert "not passed: en" in done.stdout


def test_run_that_is_killed_goes_on_without_losing_or_doubling_a_case(place: Workplace) -> None:
    out = place.root / "killed"
    command = [sys.executable, "-c", "from kb_server.cli import main; main()", "eval", "run", "many"]
    with subprocess.Popen(
        [*command, "--out", str(out), "--concurrency", "2", "--no-cache"],
        env=place.environment(),
        cwd=place.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while len(lines(out)) < 10:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    kept = {line["case_id"]: line for line in lines(out)}
    assert 10 <= len(kept) < MANY
    assert not (out / "summary.json").exists()

    done = place.here("eval", "run", "many", "--out", str(out), "--no-cache")

    assert done.returncode == 0, done.stderr
    assert f"{len(kept)} already there" in done.stderr
    found = lines(out)
    assert [line["case_id"] for line in found] == [f"q{n:03}" for n in range(MANY)]
    assert {line["case_id"]: line for line in found if line["case_id"] in kept} == kept


def test_running_server_can_be_measured_and_its_pages_looked_at(place: Workplace) -> None:
    place.ingest()
    with place.serving() as client:
        done = place.here("eval", "run", "suite", "--out", "served", "--url", str(client.base_url))

    assert done.returncode == 0, done.stderr
    about = json.loads((place.root / "served/run.json").read_text(encoding="utf-8"))
    assert (about["target"]["kind"], about["complete"]) == ("kb-server", True)


def test_exit_codes_and_messages_of_mistakes(place: Workplace) -> None:
    missing = place.here("eval", "run", "nothing", "--out", "x")
    closed = place.here("eval", "run", "suite", "--out", "x", "--url", "http://127.0.0.1:9", "--json")

    assert (missing.returncode, closed.returncode) == (2, 3)
    assert "There is no suite 'nothing'" in missing.stderr
    assert json.loads(closed.stdout)["error"]["code"] == "eval_target"
