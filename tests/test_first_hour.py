"""The tester's first hour can be walked: every command of the page is run, and prints what is shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kb_server import errors
from kb_server.cli import run

from .manual import LANGS, read_manual

PAGES = {lang: read_manual()[f"{lang}/eval-first-hour.md"] for lang in LANGS}
LEFT_OUT = "…"

_FENCED = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<lang>\w+)\n(?P<body>.*?)\n```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w./-]+\.\w+)`")


@dataclass(frozen=True)
class Step:
    """A file to write, or commands to run with the lines that they must print in this order."""

    file: str = ""
    content: str = ""
    commands: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


def steps(source: str) -> Iterator[Step]:
    """Give what the page tells its reader to do, from the folder of the shop on."""
    blocks = list(_FENCED.finditer(source))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        body = block["body"]
        if block["lang"] == "sh" and body.startswith("kb "):
            prints = after is not None and after["lang"] == "text"
            shown = (
                [line for line in after["body"].splitlines() if line != LEFT_OUT] if after and prints else []
            )
            yield Step(commands=tuple(body.splitlines()), shown=tuple(shown))
        elif block["lang"] not in {"sh", "text"}:
            yield Step(file=_PATH.findall(block["before"])[-1], content=body + "\n")


def test_both_languages_tell_the_same_steps() -> None:
    english, korean = (list(steps(PAGES[lang].source)) for lang in LANGS)

    assert english == korean
    assert sum(bool(step.file) for step in english) >= 6


@pytest.mark.model
def test_every_command_prints_what_is_shown_and_the_gate_stops_the_broken_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    codes: dict[str, int] = {}

    for step in steps(PAGES["en"].source):
        if step.file:
            file = tmp_path / step.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.content, encoding="utf-8")
        for command in step.commands:
            codes[command] = run(shlex.split(command)[1:])
        captured = capsys.readouterr()
        lines = [*captured.err.splitlines(), *captured.out.splitlines()]
        printed = iter(lines)
        for line in step.shown:
            assert line in printed, f"{step.commands} did not print {line!r} but:\n" + "\n".join(lines)

    stopped = {command for command, code in codes.items() if code != errors.EXIT_OK}
    assert stopped == {"kb eval gate results/tuesday"}
    assert codes["kb eval gate results/tuesday"] == errors.EXIT_FINDINGS
    assert 'name="refund-days"' in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert all((tmp_path / name).stat().st_size for name in ("report.html", "report.md"))
