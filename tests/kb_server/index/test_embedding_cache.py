"""The embedding cache: nothing twice, nothing lost that was done, no damage that stops an ingest."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kb_server.errors import PublishError
from kb_server.index.embedding_cache import TEXTS_PER_COMMIT, CachedEncoder
from kb_server.index.testing import HashEncoder

ENCODE_UNTIL_KILLED = """
import json, os, signal, sys
from pathlib import Path
from kb_server.index.embedding_cache import CachedEncoder
from kb_server.index.testing import HashEncoder

class MortalEncoder(HashEncoder):
    calls = 0

    def encode(self, texts):
        self.calls += 1
        if self.calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts)

CachedEncoder(MortalEncoder(), Path(sys.argv[1])).encode(json.load(sys.stdin))
"""
TEXTS = ("Reset the password.", "비밀번호를 재설정합니다.", "KB_DATA_DIR", "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "embeddings.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    with closing(CachedEncoder(HashEncoder(), path)) as cached:
        cached.encode(TEXTS)
    return path


def numbered(count: int) -> list[str]:
    return [f"chunk 조각 {number}" for number in range(count)]


def rows_of(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        yield from connection.execute("SELECT key, vector FROM vectors")


def test_each_text_is_encoded_once(path: Path):
    with closing(CachedEncoder(HashEncoder(), path)) as cached:
        first = cached.encode([*TEXTS, *TEXTS])
        assert cached.encoded == len(TEXTS)
        again = cached.encode(TEXTS)

    assert cached.encoded == len(TEXTS)
    assert np.array_equal(first, np.concatenate([again, again]))


def test_a_hit_is_what_was_stored_bit_by_bit(filled: Path):
    with closing(CachedEncoder(HashEncoder(), filled)) as cached:
        found = cached.encode(TEXTS)

    assert cached.encoded == 0
    assert found.tobytes() == HashEncoder().encode(TEXTS).tobytes()


def test_no_texts_give_no_rows(filled: Path):
    with closing(CachedEncoder(HashEncoder(), filled)) as cached:
        assert cached.encode([]).shape == (0, 64)


def test_another_revision_shares_nothing(filled: Path):
    other = HashEncoder()
    other.revision = "hash-other"
    with closing(CachedEncoder(other, filled)) as cached:
        cached.encode(TEXTS)

    assert cached.encoded == len(TEXTS)


def test_a_vector_of_another_dimension_is_never_given(filled: Path):
    other = HashEncoder(dimension=32)
    other.revision = HashEncoder().revision
    with closing(CachedEncoder(other, filled)) as cached:
        assert cached.encode(TEXTS).shape == (len(TEXTS), 32)

    assert cached.encoded == len(TEXTS)


def test_forgotten_texts_leave_the_file(filled: Path):
    gone = HashEncoder().encode(TEXTS[:1]).tobytes()
    kept = HashEncoder().encode(TEXTS[2:3]).tobytes()
    with closing(CachedEncoder(HashEncoder(), filled)) as cached:
        assert cached.forget([TEXTS[0], TEXTS[1], "never seen"]) == 2

        on_disk = b"".join(file.read_bytes() for file in filled.parent.iterdir())
    assert gone not in on_disk
    assert kept in on_disk


def test_a_kill_in_the_middle_keeps_what_was_done(path: Path):
    killed = subprocess.run(
        [sys.executable, "-c", ENCODE_UNTIL_KILLED, str(path)],
        input=json.dumps(numbered(TEXTS_PER_COMMIT * 3)),
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL

    with closing(CachedEncoder(HashEncoder(), path)) as cached:
        vectors = cached.encode(numbered(TEXTS_PER_COMMIT * 3))

    assert cached.encoded == TEXTS_PER_COMMIT * 2
    assert np.array_equal(vectors, HashEncoder().encode(numbered(TEXTS_PER_COMMIT * 3)))


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, None], ids=["empty", "text", "cut"])
def test_a_damaged_file_is_set_aside_and_built_anew(
    filled: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
):
    damaged = filled.read_bytes()[:5000] if content is None else content
    filled.write_bytes(damaged)
    with caplog.at_level(logging.WARNING), closing(CachedEncoder(HashEncoder(), filled)) as cached:
        vectors = cached.encode(TEXTS)

    assert cached.encoded == len(TEXTS)
    assert np.array_equal(vectors, HashEncoder().encode(TEXTS))
    assert len(list(rows_of(filled))) == len(TEXTS)
    if damaged:
        assert str(filled) in caplog.text
        assert filled.with_name("embeddings.sqlite.damaged").read_bytes()[: len(damaged)] == damaged


def test_damage_that_shows_only_while_reading_is_mended(filled: Path, caplog: pytest.LogCaptureFixture):
    texts = numbered(400)
    with closing(CachedEncoder(HashEncoder(), filled)) as cached:
        cached.encode(texts)
    content = bytearray(filled.read_bytes())
    content[3 * 4096 : 20 * 4096] = b"\xff" * (17 * 4096)
    filled.write_bytes(content)

    with caplog.at_level(logging.WARNING), closing(CachedEncoder(HashEncoder(), filled)) as cached:
        vectors = cached.encode(texts)

    assert np.array_equal(vectors, HashEncoder().encode(texts))
    assert cached.encoded > 0
    assert "damaged" in caplog.text.lower()


def test_a_flipped_bit_in_a_vector_is_a_miss(filled: Path, caplog: pytest.LogCaptureFixture):
    with closing(sqlite3.connect(filled)) as connection, connection:
        key, vector = connection.execute("SELECT key, vector FROM vectors LIMIT 1").fetchone()
        flipped = bytes([vector[0] ^ 1]) + vector[1:]
        connection.execute("UPDATE vectors SET vector = ? WHERE key = ?", (flipped, key))

    with caplog.at_level(logging.WARNING), closing(CachedEncoder(HashEncoder(), filled)) as cached:
        vectors = cached.encode(TEXTS)

    assert cached.encoded == 1
    assert np.array_equal(vectors, HashEncoder().encode(TEXTS))
    assert "damaged vector" in caplog.text


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "cache").write_text("a file, not a folder")

    with pytest.raises(PublishError, match=r"embeddings\.sqlite") as caught:
        CachedEncoder(HashEncoder(), tmp_path / "cache" / "embeddings.sqlite")
    assert "permissions" in caught.value.remedy
