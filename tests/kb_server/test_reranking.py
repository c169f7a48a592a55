"""A real cross-encoder, tiny and random, behind the search; and what is said of one that cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .workplace import Workplace

pytestmark = pytest.mark.model

MAKE = """
import sys
from pathlib import Path
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

folder, labels = Path(sys.argv[1]), int(sys.argv[2])
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz0123456789",
         *("##" + sign for sign in "abcdefghijklmnopqrstuvwxyz0123456789"), "백업", "매일", "실행"]
folder.mkdir()
(folder / "vocab.txt").write_text("\\n".join(words), encoding="utf-8")
torch.manual_seed(0)
config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=64, num_labels=labels, initializer_range=0.5)
BertForSequenceClassification(config).save_pretrained(folder)
BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
"""
SCORE = """
import json, sys
from sentence_transformers import CrossEncoder

model = CrossEncoder(sys.argv[1], device="cpu", local_files_only=True)
print(json.dumps(model.predict([tuple(pair) for pair in json.load(sys.stdin)]).tolist()))
"""
SHARE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from kb_server.index.cross_encoder import CrossEncoderReranker

reranker = CrossEncoderReranker(sys.argv[1])
passages = [["backup " * (1 + n % 5), "백업"] for n in range(100)]
with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(lambda some: reranker.scores("백업?", some).tolist(), passages))
print(json.dumps([together[:5], [reranker.scores("백업?", some).tolist() for some in passages[:5]]]))
"""
QUESTION = "When do backups run? 백업은 언제 실행되나요?"


def python(code: str, *arguments: str, given: object = None) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    workplace = Workplace(tmp_path_factory.mktemp("reranking"))
    (workplace.root / "docs" / "en" / "restore.md").write_text("# Restore\n\nA restore takes ten minutes.\n")
    workplace.ingest()
    return workplace


def model(workplace: Workplace, *, labels: int) -> Path:
    folder = workplace.root / f"reranker-{labels}"
    if not folder.exists():
        python(MAKE, str(folder), str(labels))
    return folder


def passages(workplace: Workplace, **settings: object) -> list[dict[str, Any]]:
    done = workplace.run(f"kb search --json -k 3 '{QUESTION}'", **settings)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["passages"]
    return found


def test_the_best_hits_are_ordered_by_the_model_and_the_others_follow(workplace: Workplace) -> None:
    folder = model(workplace, labels=1)
    plain = passages(workplace)
    reranked = passages(workplace, reranker=folder, rerank_top=2)
    texts = [" > ".join((hit["title"], *hit["heading_path"])) + "\n" + hit["text"] for hit in reranked[:2]]
    expected = json.loads(
        python(SCORE, str(folder), given=[[QUESTION, text] for text in texts]).splitlines()[-1]
    )

    assert all("rerank" not in hit["scores"] for hit in plain)
    assert [hit["scores"]["rerank"] for hit in reranked[:2]] == pytest.approx(sorted(expected, reverse=True))
    assert {hit["path"] for hit in reranked[:2]} == {hit["path"] for hit in plain[:2]}
    assert reranked[2:] == plain[2:]


def test_threads_share_a_reranker(workplace: Workplace) -> None:
    together, alone = json.loads(python(SHARE, str(model(workplace, labels=1))).splitlines()[-1])

    for some, expected in zip(together, alone, strict=True):
        assert some == pytest.approx(expected, abs=1e-5)


def test_a_reranker_that_is_not_here_ends_the_search_with_the_setting_named(workplace: Workplace) -> None:
    done = workplace.run(f"kb search '{QUESTION}'", reranker=workplace.root / "none")

    assert done.returncode == 3
    assert "KB_RERANKER" in done.stderr


def test_a_model_of_several_labels_is_no_reranker(workplace: Workplace) -> None:
    done = workplace.run(f"kb search '{QUESTION}'", reranker=model(workplace, labels=3))

    assert done.returncode == 3
    assert "gives 3 numbers" in done.stderr
