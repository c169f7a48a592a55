import json

import pytest

from evals.benchmark_data import (
    BENCHMARKS,
    Benchmark,
    Task,
    keep_passages,
    load_qrels,
    load_queries,
    page_source,
    retrieval_folder,
    sample,
    write_corpus,
)
from evals.measures import ranked_measures
from evals.server import EvalError
from ingest.parsing import parse

TASK = Task("all", "queries.jsonl", "qrels.tsv")
TINY = Benchmark("tiny", "tiny", ("corpus.jsonl",), (TASK,), markdown=False)


@pytest.fixture
def retrieval(tmp_path):
    folder = tmp_path / "retrieval" / "tiny"
    folder.mkdir(parents=True)
    passages = [
        {"_id": "열쇠#0", "title": "열쇠", "text": "1989. 문을 연다."},
        {"_id": "empty", "title": "", "text": "  "},
        {"_id": "key#1", "title": "", "text": "Press *now* <b>."},
    ]
    queries = [{"_id": "q1", "text": "언제?"}, {"_id": "q2", "text": "no judgement"}]
    for name, records in (("corpus", passages), ("queries", queries)):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\t열쇠#0\t1\n", encoding="utf-8")
    return tmp_path / "retrieval"


def test_each_passage_with_text_becomes_a_page_and_the_title_stands_in_the_front_matter(retrieval, tmp_path):
    passages = write_corpus(TINY, retrieval, tmp_path / "corpus")

    assert passages == {"000000/page.md": "열쇠#0", "000002/page.md": "key#1"}
    assert (tmp_path / "corpus/000000/page.md").read_text("utf-8").startswith('---\ntitle: "열쇠"\n---\n')
    assert (tmp_path / "corpus/000002/page.md").read_text("utf-8").startswith("Press")


def test_a_corpus_is_written_anew_and_can_keep_the_judged_passages_only(retrieval, tmp_path):
    write_corpus(TINY, retrieval, tmp_path / "corpus")
    keep = keep_passages(TINY, retrieval, {"key#1"}, 0, seed=0)
    passages = write_corpus(TINY, retrieval, tmp_path / "corpus", keep=keep)

    assert list(passages.values()) == ["key#1"]
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["000002"]


def test_only_judged_questions_are_asked(retrieval):
    qrels = load_qrels(TINY, TASK, retrieval)

    assert qrels == {"q1": {"열쇠#0": 1}}
    assert load_queries(TINY, TASK, retrieval, qrels) == {"q1": "언제?"}


@pytest.mark.parametrize(
    "text",
    [
        "1989. 문을 연다 (3) - 7 - * 별표 *와 _밑줄_ {% if %} {{ x }} [a](b) <Tag> $x$ ~~no~~ | a |",
        "- first\n- second",
        "# 제목이 아니다\n=== not a heading\n+ plus",
        "    indented, not code",
        "1) one 2) two & &amp; http://example.com/a_b ::: note",
        "2. item\n\n> no quote\n``` no fence",
    ],
)
def test_plain_text_reaches_the_index_as_it_was_written(text):
    document = parse("page.md", page_source({"title": "T", "text": text}, markdown=False).encode())

    assert "".join(document.text.split()).removeprefix("T") == "".join(text.split())


def test_samples_are_the_same_for_the_same_seed_and_keep_their_order():
    ids = [f"q{n}" for n in range(100)]

    assert sample(ids, 10, seed=1) == sample(ids[::-1], 10, seed=1)[::-1]
    assert sample(ids, 10, seed=1) != sample(ids, 10, seed=2)
    assert sample(ids, 10, seed=1) == [name for name in ids if name in set(sample(ids, 10, seed=1))]
    assert sample(ids, None, seed=1) == ids


def test_ranked_measures_by_hand():
    # Two right pages, at ranks 2 and 4: DCG 1/log2(3) + 1/log2(5) = .6309 + .4307; ideal 1 + .6309.
    qrels = {"q1": {"a": 1, "b": 1}, "q2": {"a": 1}, "q3": {"gone": 1}}
    values = ranked_measures(qrels, {"q1": ["x", "a", "y", "b"], "q2": [], "q3": ["x"]})

    assert values["nDCG@10"]["q1"] == pytest.approx((0.6309 + 0.4307) / 1.6309, abs=1e-4)
    assert values["R@10"] == {"q1": 1.0, "q2": 0.0, "q3": 0.0}
    assert values["RR@10"] == {"q1": 0.5, "q2": 0.0, "q3": 0.0}


def test_missing_sets_are_an_error_that_names_the_folder(tmp_path):
    with pytest.raises(EvalError, match="retrieval"):
        retrieval_folder(tmp_path)
    with pytest.raises(EvalError, match=r"corpus\.jsonl"):
        write_corpus(TINY, tmp_path, tmp_path / "corpus")


def test_the_names_of_the_sets_are_unique():
    assert len({benchmark.name for benchmark in BENCHMARKS}) == len(BENCHMARKS)
