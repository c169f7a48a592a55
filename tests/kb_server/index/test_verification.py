from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kb_server.index.dense import DATABASE_NAME, store_digest
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import Manifest, sha256_of
from kb_server.index.verification import verify_version
from kb_server.index.writer import build_version

from .sample_versions import RECORDS, build, header, vectors_of


@pytest.fixture
def version(data_dir: Path) -> Path:
    return DataLayout(data_dir).version_path("v-1")


def sign(version: Path) -> None:
    """Let the manifest vouch for whatever the files are now, as a faulty writer would."""
    manifest = Manifest.read(version)
    replace(
        manifest,
        files={name: sha256_of(version / name) for name in manifest.files},
        dense_digest=store_digest(version / "chroma" / DATABASE_NAME),
    ).write(version)


def test_a_sound_version_has_no_problems_and_stays_as_it_was(version: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in version.rglob("*")}

    report = verify_version(version)

    assert report.problems == ()
    assert (report.version, report.documents, report.chunks) == ("v-1", 4, 7)
    assert (report.probes, report.exact_hits, report.store_hits) == (7, 7, 7)
    assert {path: path.stat().st_mtime_ns for path in version.rglob("*")} == before


def test_a_damaged_file_is_a_problem_and_not_an_exception(version: Path) -> None:
    (version / "catalog.sqlite").unlink()

    report = verify_version(version)

    assert len(report.problems) == 1
    assert "catalog.sqlite" in report.problems[0]
    assert "manifest.json" in verify_version(version / "nowhere").problems[0]


def test_equal_vectors_count_as_each_other(tmp_path: Path) -> None:
    vectors = np.repeat(vectors_of(RECORDS)[:1], 7, axis=0)
    build_version(tmp_path, RECORDS, vectors, header("v-1"), parent=None, progress=lambda *_: None)

    assert verify_version(tmp_path).problems == ()


@pytest.mark.parametrize("factor", [0.5, np.nan])
def test_a_vector_that_has_not_unit_length_is_a_problem(version: Path, factor: float) -> None:
    vectors = np.load(version / "vectors.npy")
    vectors[3] *= factor
    np.save(version / "vectors.npy", vectors)
    sign(version)

    assert any("row 3" in problem for problem in verify_version(version).problems)


def test_rows_that_are_swapped_between_the_stores_are_a_problem(version: Path) -> None:
    np.save(version / "vectors.npy", np.load(version / "vectors.npy")[::-1])
    sign(version)

    assert "Chroma finds only" in verify_version(version).problems[-1]


def test_counts_that_disagree_are_problems(version: Path) -> None:
    np.save(version / "vectors.npy", np.load(version / "vectors.npy")[:5])
    sign(version)

    assert verify_version(version).problems == ("5 vectors, the manifest says 7",)


def test_a_store_with_other_chunks_is_a_problem(version: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    build(tmp_path / "other", records=RECORDS[:1])
    manifest = Manifest.read(version)
    for path in (version / "chroma").rglob("*.*"):
        path.unlink()
    for path in (tmp_path / "other" / "chroma").rglob("*.*"):
        target = version / "chroma" / path.relative_to(tmp_path / "other" / "chroma")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    files = {name: digest for name, digest in manifest.files.items() if not name.startswith("chroma/")}
    replace(manifest, files=files).write(version)
    sign(version)

    assert verify_version(version).problems == ("Chroma holds other chunks than the catalog",)


def text_altered(version: Path) -> None:
    import sqlite3  # noqa: PLC0415 - only this damage needs it

    connection = sqlite3.connect(version / "catalog.sqlite")
    connection.execute("UPDATE revisions SET text = replace(text, '설치', '제거')")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", [text_altered])
def test_a_text_that_is_not_its_revision_is_a_problem(version: Path, damage: Callable[[Path], None]) -> None:
    damage(version)
    sign(version)

    problems = verify_version(version).problems
    assert "ko/install.md" in problems[0]
    assert any("is not its span" in problem for problem in problems)


def test_the_command_prints_one_line_of_json_and_its_exit_code_tells(version: Path) -> None:
    def run(argument: str, *, line: str = "") -> tuple[int, dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "kb_server.index.verification", argument],
            input=line,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        (report,) = done.stdout.splitlines()
        return done.returncode, json.loads(report)

    code, report = run("-", line=f"{version}\n")
    assert (code, report["problems"], report["chunks"]) == (0, [], 7)

    (version / "vectors.npy").unlink()
    code, report = run(str(version))
    assert code == 1
    assert "vectors.npy" in str(report["problems"])
