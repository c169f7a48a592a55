from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ingest import commands
from ingest.reporting import PlainReporter, QuietReporter
from kb_server.errors import SourceError
from kb_server.settings import Settings

from .corpora import HashSource


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "a.md").write_text("# Install\n\nRun the setup script.\n", encoding="utf-8")
    (root / "b.md").write_text("# 설치\n\n설치 스크립트를 실행합니다.\n", encoding="utf-8")
    return root


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_json_mode_prints_one_line_and_a_fine_run_ends_with_0(
    corpus: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.run_with(HashSource(), [corpus], settings, as_json=True, dry_run=True)

    captured = capsys.readouterr()
    assert code == 0
    assert json.loads(captured.out)["added"] == 2
    assert captured.out.count("\n") == 1
    assert captured.err == ""


def test_failed_files_end_the_run_with_1_and_are_named_on_stderr(
    corpus: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "out.md").symlink_to("/etc/hostname")

    code = commands.run_with(HashSource(), [corpus], settings, dry_run=True)

    captured = capsys.readouterr()
    assert code == 1
    assert "out.md: a symbolic link that leaves the ingested folder" in captured.err
    assert "1 failed" in captured.out


def test_a_pipe_gets_lines_and_json_gets_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())

    assert isinstance(commands.reporter_for(as_json=False), PlainReporter)
    assert isinstance(commands.reporter_for(as_json=True), QuietReporter)


@pytest.mark.model
def test_chunks_shows_place_size_and_text_of_each_chunk(
    corpus: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run_chunks(corpus / "b.md", settings, as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)

    assert (shown["path"], shown["title"], shown["lang"]) == ("b.md", "설치", "ko")
    (chunk,) = shown["chunks"]
    assert chunk["text"] == "설치 스크립트를 실행합니다."
    assert (chunk["line_start"], chunk["line_end"]) == (3, 3)
    assert 0 < chunk["tokens"] <= 256

    commands.run_chunks(corpus / "a.md", settings)
    assert "Run the setup script." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", "missing.md", "broken.md"])
def test_chunks_of_what_is_no_readable_file_is_refused(corpus: Path, settings: Settings, name: str) -> None:
    (corpus / "broken.md").write_bytes(b"\xff\xfe\xfa")

    with pytest.raises(SourceError) as caught:
        commands.run_chunks(corpus / name, settings)

    assert (name or "corpus") in caught.value.message
