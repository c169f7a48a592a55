"""A PostgreSQL server of the tests' own: a private folder, a socket in it, and no network."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

_START_SECONDS = 60


class PostgresServer:
    """Gives fresh databases."""

    def __init__(self, socket_dir: Path) -> None:
        self._socket_dir = socket_dir
        self._names = (f"kb_{number}" for number in count())

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://kb@/{database}?host={self._socket_dir}"

    def new_database(self) -> str:
        name = next(self._names)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server and end it."""
    bin_dir = _bin_dir()
    folder = Path(tempfile.mkdtemp(prefix="kb-pg-"))
    # The server refuses to run as root.
    account = _account() if os.geteuid() == 0 else None
    user = account.pw_uid if account else None
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [bin_dir / "initdb", "-D", data, "-U", "kb", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        cwd="/",
        user=user,
    )
    with log.open("w") as output:
        process = subprocess.Popen(
            [bin_dir / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stdout=output,
            stderr=output,
            cwd="/",
            user=user,
        )
    try:
        server = PostgresServer(folder)
        _wait(server, process, log)
        yield server
    finally:
        # At once, without a last checkpoint: nothing of it is kept.
        process.send_signal(signal.SIGQUIT)
        process.wait(_START_SECONDS)
        shutil.rmtree(folder)


def _wait(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.url()).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _bin_dir() -> Path:
    """Find the programs of Debian's package; without them tests are skipped, in CI they fail."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(found[-1]) if found else shutil.which("initdb")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    return Path(path).resolve().parent
