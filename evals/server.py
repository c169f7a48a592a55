"""Run the product from outside: the ``kb`` command in its own processes, and HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from evals.processes import with_children

_READY_SECONDS = 120.0
_INGEST_SECONDS = 4 * 3600.0


class EvalError(Exception):
    """A measurement could not be made; nothing was counted."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running ``kb serve``."""

    url: str
    pid: int
    ready_seconds: float
    """From the start of the process to the first 200 of ``/readyz``."""

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.url.rpartition(":")[2])

    def rss_megabytes(self) -> float:
        """Give the resident memory of the server and its children, in MB of 10^6 bytes.

        Pages that they share count for each of them.
        """
        return sum(_rss_kilobytes(pid) for pid in with_children(self.pid)) * 1024 / 1e6


def _rss_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def kb_command() -> str:
    """Give the path of the ``kb`` command that belongs to this interpreter."""
    return str(Path(sys.executable).with_name("kb"))


def ingest(corpus: Path, data_dir: Path, **settings: str) -> dict[str, Any]:
    """Run ``kb ingest`` and give its JSON result; raise ``EvalError`` with its messages when it fails.

    ``settings`` are ``KB_*`` variables.
    """
    done = subprocess.run(
        [kb_command(), "ingest", str(corpus), "--data-dir", str(data_dir), "--json"],
        capture_output=True,
        text=True,
        timeout=_INGEST_SECONDS,
        check=False,
        env={**os.environ, **settings},
    )
    if done.returncode > 1 or not done.stdout.strip():
        raise EvalError(f"kb ingest {corpus} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def kb_eval(
    command: str,
    *options: str,
    seconds: float,
    allowed: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    shows: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a ``kb eval`` command; raise ``EvalError`` with its messages when its code is not ``allowed``.

    ``environment`` stands for that of this process. With ``shows``, its messages go to the terminal.
    """
    done = subprocess.run(
        [kb_command(), "eval", command, *options],
        stdout=subprocess.PIPE,
        stderr=None if shows else subprocess.PIPE,
        text=True,
        timeout=seconds,
        check=False,
        env=None if environment is None else dict(environment),
    )
    if done.returncode not in allowed:
        messages = (done.stderr or "").strip()[-2000:]
        raise EvalError(f"kb eval {' '.join((command, *options))} ended with {done.returncode}: {messages}")
    return done


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(data_dir: Path, **settings: str) -> Iterator[Server]:
    """Run ``kb serve`` on a free loopback port until the block ends; ``settings`` are ``KB_*`` variables."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    with subprocess.Popen(
        [kb_command(), "serve", "--port", str(port), "--data-dir", str(data_dir)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings},
    ) as process:
        try:
            _wait_until_ready(url, process, started + _READY_SECONDS)
            yield Server(url=url, pid=process.pid, ready_seconds=time.monotonic() - started)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], deadline: float) -> None:
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EvalError(f"kb serve ended with {process.returncode} before it was ready.")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise EvalError(f"kb serve was not ready within {_READY_SECONDS:.0f} s.")
