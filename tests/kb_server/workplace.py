"""A corpus on disk and the ``kb`` command over it: in this process, or in one of its own."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from kb_server.cli import run

PAGES = {
    "en/backup.md": "# Backup\n\nBackups run every night at 02:00.\n",
    "ko/backup.md": "# 백업\n\n백업은 매일 밤 2시에 실행됩니다.\n",
}


class Done(NamedTuple):
    """What a command ended with and said."""

    returncode: int
    stdout: str
    stderr: str


class Workplace:
    """A corpus, a folder for the index, and the ``kb`` command over both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for path, text in PAGES.items():
            (root / "docs" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "docs" / path).write_text(text, encoding="utf-8")
        (root / "kb").write_text(
            f"#!/bin/sh\nexec {sys.executable} -c "
            '"import sys; from kb_server.cli import main; sys.argv[0] = \'kb\'; sys.exit(main())" "$@"\n'
        )
        (root / "kb").chmod(0o755)

    def here(self, *arguments: str, **settings: object) -> Done:
        """Run a command in this process, which has loaded what takes seconds to load."""
        output, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            for name, value in self._variables(**settings).items():
                patch.setenv(name, value)
            with redirect_stdout(output), redirect_stderr(errors):
                code = run(arguments)
        return Done(code, output.getvalue(), errors.getvalue())

    def environment(self, **settings: object) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{self.root}:{os.environ['PATH']}",
            **self._variables(**settings),
        }

    def _variables(self, **settings: object) -> dict[str, str]:
        return {
            "KB_DATA_DIR": str(self.root / "data"),
            "KB_PORT": "0",
            "KB_POLL_SECONDS": "0.05",
            **{f"KB_{key.upper()}": str(value) for key, value in settings.items()},
        }

    def run(self, command: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run a line of the shell, as a person would."""
        return subprocess.run(
            ["sh", "-c", command],
            env=self.environment(**settings),
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def ingest(self, **settings: object) -> dict[str, Any]:
        done = self.here("ingest", "--json", "docs", **settings)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    @contextmanager
    def serving(self, **settings: object) -> Iterator[httpx.AsyncClient]:
        with (self.root / "server.log").open("w") as log:
            process = subprocess.Popen(
                ["kb", "serve"],
                executable=str(self.root / "kb"),
                env=self.environment(**settings),
                cwd=self.root,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None, self.log()
            yield httpx.AsyncClient(base_url=found.group(), timeout=240)
        finally:
            process.terminate()
            process.wait(timeout=240)
            assert process.stdout is not None
            process.stdout.close()

    def log(self) -> str:
        return (self.root / "server.log").read_text()
