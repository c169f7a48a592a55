import subprocess
import sys

import pytest

from evals.encoder_speed import chunk_texts, copy_sample
from evals.processes import children_cost, folder_bytes, process_cpu_seconds
from evals.request_cost import layers
from evals.scale import store_bytes
from evals.server import EvalError

SPIN = "import time\nwhile time.process_time() < 0.3: pass"
WORK_AND_WAIT = f"{SPIN}\nprint(flush=True)\ninput()"


def test_the_cpu_time_of_children_is_counted_with_that_of_their_children():
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN!r}])"
    with children_cost() as cost:
        subprocess.run([sys.executable, "-c", nested], check=True)

    assert cost.cpu_seconds >= 0.3
    assert cost.seconds >= 0.3


def test_a_child_before_the_block_does_not_count():
    subprocess.run([sys.executable, "-c", SPIN], check=True)
    with children_cost() as cost:
        pass

    assert cost.cpu_seconds == 0


def test_the_cpu_time_of_a_running_process_counts_its_children():
    holds = f"import subprocess, sys\n{SPIN}\nsubprocess.run([sys.executable, '-c', {WORK_AND_WAIT!r}])"
    command = [sys.executable, "-c", holds]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        spent = process_cpu_seconds(child.pid)

    assert spent == pytest.approx(0.6, abs=0.1)


def test_each_layer_costs_what_it_adds_to_the_one_before():
    told = layers({"probe": 1.0, "lexical": 3.0, "hybrid": 7.5})

    assert [(own, whole) for _, own, whole in told] == [(1.0, 1.0), (2.0, 3.0), (4.5, 7.5)]


def test_the_bytes_of_a_version_are_told_apart_by_store(tmp_path):
    (tmp_path / "chroma" / "deep").mkdir(parents=True)
    (tmp_path / "chroma" / "deep" / "a.bin").write_bytes(b"12345")
    (tmp_path / "vectors.npy").write_bytes(b"123")

    assert store_bytes(tmp_path) == {"chroma": 5, "vectors.npy": 3, "all": 8}
    assert folder_bytes(tmp_path) == 8


def test_the_sample_of_pages_is_the_same_for_the_same_seed_and_keeps_the_folders(tmp_path):
    for number in range(20):
        page = tmp_path / "corpus" / f"{number % 3}" / f"{number}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# {number}", encoding="utf-8")
    (tmp_path / "corpus" / "image.png").write_bytes(b"")

    first = copy_sample(tmp_path / "corpus", tmp_path / "first", 5, seed=3)
    again = copy_sample(tmp_path / "corpus", tmp_path / "again", 5, seed=3)

    assert len(first) == 5
    assert [p.relative_to(tmp_path / "first") for p in first] == [
        p.relative_to(tmp_path / "again") for p in again
    ]
    assert len(copy_sample(tmp_path / "corpus", tmp_path / "all", 99, seed=3)) == 20


@pytest.mark.model
def test_chunk_texts_are_what_the_encoder_reads(tmp_path):
    page = tmp_path / "keys.md"
    page.write_text("# 열쇠\n\n## Open\n\nTurn the key to the left.\n", encoding="utf-8")

    assert chunk_texts(page) == ["열쇠 > Open\nTurn the key to the left."]
    with pytest.raises(EvalError, match="missing"):
        chunk_texts(tmp_path / "missing.md")
