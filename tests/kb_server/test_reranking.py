"""A real cross-encoder, tiny and random, behind the search; and what is said of one that cannot be used."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kb_server.index.cross_encoder import CrossEncoderReranker

from .cross_encoders import cross_encoder
from .workplace import Workplace

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("torch")]

QUESTION = "When do backups run? 백업은 언제 실행되나요?"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    workplace = Workplace(tmp_path_factory.mktemp("reranking"))
    (workplace.root / "docs" / "en" / "restore.md").write_text("# Restore\n\nA restore takes ten minutes.\n")
    workplace.ingest()
    return workplace


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cross_encoder(tmp_path_factory.mktemp("models") / "reranker", ("score",))


def passages(workplace: Workplace, **settings: object) -> list[dict[str, Any]]:
    done = workplace.here("search", "--json", "-k", "3", QUESTION, **settings)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["passages"]
    return found


def test_the_best_hits_are_ordered_by_the_model_and_the_others_follow(
    workplace: Workplace, model: Path
) -> None:
    from sentence_transformers import CrossEncoder  # noqa: PLC0415 - takes seconds, which only this test needs

    plain = passages(workplace)
    reranked = passages(workplace, reranker=model, rerank_top=2)
    texts = [" > ".join((hit["title"], *hit["heading_path"])) + "\n" + hit["text"] for hit in reranked[:2]]
    judge = CrossEncoder(str(model), device="cpu", local_files_only=True)
    expected = judge.predict([(QUESTION, text) for text in texts]).tolist()

    assert all("rerank" not in hit["scores"] for hit in plain)
    assert [hit["scores"]["rerank"] for hit in reranked[:2]] == pytest.approx(sorted(expected, reverse=True))
    assert {hit["path"] for hit in reranked[:2]} == {hit["path"] for hit in plain[:2]}
    assert reranked[2:] == plain[2:]


def test_threads_share_a_reranker(model: Path) -> None:
    reranker = CrossEncoderReranker(str(model))
    passages = [["backup " * (1 + number % 5), "백업"] for number in range(100)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda some: reranker.scores("백업?", some), passages))

    for some, scores in zip(passages[:5], together, strict=False):
        assert scores == pytest.approx(reranker.scores("백업?", some), abs=1e-5)


def test_a_reranker_that_is_not_here_ends_the_search_with_the_setting_named(workplace: Workplace) -> None:
    done = workplace.here("search", QUESTION, reranker=workplace.root / "none")

    assert done.returncode == 3
    assert "KB_RERANKER" in done.stderr


def test_a_model_of_several_labels_is_no_reranker(workplace: Workplace, tmp_path: Path) -> None:
    several = cross_encoder(tmp_path / "model", ("bad", "good", "ugly"))

    done = workplace.here("search", QUESTION, reranker=several)

    assert done.returncode == 3
    assert "gives 3 numbers" in done.stderr
