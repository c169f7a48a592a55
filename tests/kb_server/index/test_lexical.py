from __future__ import annotations

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_server.errors import IndexDamagedError, IndexMismatchError
from kb_server.index.lexical import LexicalIndex, LexicalRow, build_lexical
from kb_server.index.tokenization import tokenize

ROWS = (
    LexicalRow("Open the settings and choose Reset password.", "Account > Password"),
    LexicalRow("설정에서 비밀번호 재설정을 누릅니다.", "계정 > 비밀번호"),
    LexicalRow("Set KB_DATA_DIR before you start the server. The server reads it once.", "Install"),
    LexicalRow("오류 E4021 은 결제가 취소되었을 때 나옵니다.", "결제 오류"),
    LexicalRow("The server listens on port 8000.", "Install > Server"),
    LexicalRow("...", ""),
)
WORDS = (
    "server",
    "Servers",
    "port",
    "password",
    "비밀번호를",
    "결제",
    "설정",
    "E4021",
    "KB_DATA_DIR",
    "the",
    "키",
)

texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
corpora = st.lists(st.builds(LexicalRow, text=texts, context=texts), max_size=12)


@pytest.fixture
def index(tmp_path):
    return build(tmp_path, ROWS)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Fresh folders, also for the many examples of one property."""
    base = tmp_path_factory.mktemp("lexical")
    return (base / str(number) for number in count())


def build(tmp_path, rows, *, parent=None, name="lexical"):
    build_lexical(tmp_path / name, rows, parent=parent)
    return LexicalIndex.open(tmp_path / name)


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def okapi(rows, query, k1=1.2, b=0.75):
    """Independent BM25 as the literature writes it."""
    documents = [tokenize(row.context) + tokenize(row.text) for row in rows]
    average = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in set(tokenize(query)):
            holding = sum(term in other for other in documents)
            idf = math.log((len(documents) - holding + 0.5) / (holding + 0.5) + 1)
            frequency = document.count(term)
            if frequency:
                length = k1 * (1 - b + b * len(document) / average)
                score += idf * frequency * (k1 + 1) / (frequency + length)
        scores.append(score)
    return scores


@pytest.mark.parametrize(
    "query", ["server port", "비밀번호 재설정", "E4021 오류가 났어요", "the", "quantum", "KB_DATA_DIR"]
)
def test_scores_equal_the_textbook_formula(index, query):
    assert index.score(query).scores == pytest.approx(okapi(ROWS, query), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(rows=corpora.filter(len), query=texts)
def test_scores_of_any_corpus_equal_the_textbook_formula(folders, rows, query):
    directory = next(folders)
    build_lexical(directory, rows)

    result = LexicalIndex.open(directory).score(query)

    assert result.scores == pytest.approx(okapi(rows, query), rel=1e-6)
    assert (result.scores <= result.upper_bound).all()


@settings(max_examples=60, deadline=None)
@given(rows=corpora, query=texts, data=st.data())
def test_a_mask_zeroes_the_hidden_rows_and_changes_no_other(folders, rows, query, data):
    directory = next(folders)
    build_lexical(directory, rows)
    index = LexicalIndex.open(directory)
    size = len(rows)
    visible = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=np.bool_)

    masked, whole = index.score(query, visible), index.score(query)

    assert (masked.scores == np.where(visible, whole.scores, 0)).all()
    assert masked.upper_bound == whole.upper_bound


@settings(max_examples=60, deadline=None)
@given(before=corpora, data=st.data())
def test_rows_carried_over_give_the_same_files_as_a_fresh_build(folders, before, data):
    parent_directory, carried_directory, fresh_directory = next(folders), next(folders), next(folders)
    build_lexical(parent_directory, before)
    kept = data.draw(st.permutations(range(len(before))))[: data.draw(st.integers(0, len(before)))]
    plan = data.draw(st.permutations([*kept, *data.draw(corpora)]))

    build_lexical(carried_directory, plan, parent=LexicalIndex.open(parent_directory))
    build_lexical(fresh_directory, [before[row] if isinstance(row, int) else row for row in plan])

    assert bytes_of(carried_directory) == bytes_of(fresh_directory)


def test_a_dropped_row_leaves_none_of_its_terms_behind(tmp_path, index):
    rest = build(tmp_path, [0, 1, 2, 4, 5], parent=index, name="next")

    assert not rest.score("E4021 결제").scores.any()
    assert b"e4021" not in (tmp_path / "next" / "terms.npy").read_bytes()


def test_a_long_build_in_several_blocks_scores_every_row(tmp_path):
    rows = [LexicalRow(f"item{number} common") for number in range(9000)]
    index = build(tmp_path, rows)

    for number in (0, 4095, 4096, 8999):
        assert index.score(f"item{number}").scores.argmax() == number
    assert (index.score("common").scores > 0).all()


def test_the_upper_bound_counts_terms_that_no_row_holds(index):
    known = index.score("server")
    with_unknown = index.score("server quantum")

    assert with_unknown.term_weights.keys() == {"server", "quantum"}
    assert with_unknown.scores == pytest.approx(known.scores)
    assert with_unknown.upper_bound == pytest.approx(2.2 * sum(with_unknown.term_weights.values()))


def test_a_repeated_query_term_counts_once(index):
    assert (index.score("port port ports").scores == index.score("port").scores).all()


@pytest.mark.parametrize("query", ["", "how do I", "어떻게 하나요?", "?!"])
def test_a_query_without_terms_scores_nothing(index, query):
    result = index.score(query)

    assert not result.scores.any()
    assert result.upper_bound == 0
    assert result.term_weights == {}


def test_the_shares_of_the_terms_add_up_to_the_score(index):
    query = "server port 비밀번호 quantum"

    for row, score in enumerate(index.score(query).scores):
        assert sum(index.explain(query, row).values()) == pytest.approx(float(score), rel=1e-6)
    assert index.explain(query, 4).keys() == {"server", "port"}


KOREAN_NOUNS = {
    "비밀번호": "비밀번호를 바꾸려면 이전 것이 필요합니다.",
    "결제": "결제가 두 번 되었을 때는 고객센터로 연락하세요.",
    "카메라": "카메라에서 소리가 나지 않으면 전원을 확인합니다.",
    "환불": "환불은 영업일 기준 사흘이 걸립니다.",
    "플러그인": "플러그인으로 기능을 더합니다.",
    "동기화": "동기화까지 잠시 기다립니다.",
    "인증서": "인증서와 열쇠를 같은 폴더에 둡니다.",
    "계정": "계정도 함께 지워집니다.",
    "웹훅": "웹훅이 오지 않으면 주소를 봅니다.",
    "앱": "앱에서 새 판을 내려받습니다.",
}


@pytest.mark.parametrize("noun", KOREAN_NOUNS)
def test_a_bare_korean_noun_finds_it_under_a_particle(tmp_path, noun):
    rows = [LexicalRow(text) for text in KOREAN_NOUNS.values()]

    scores = build(tmp_path, rows).score(noun).scores

    assert scores.argmax() == list(KOREAN_NOUNS).index(noun)
    assert scores.max() > 0


def test_threads_that_score_at_once_get_what_one_thread_gets(index):
    queries = ["server port", "비밀번호 재설정", "결제 E4021"] * 20
    with ThreadPoolExecutor(4) as pool:
        together = [result.scores.tobytes() for result in pool.map(index.score, queries)]

    assert together == [index.score(query).scores.tobytes() for query in queries]


def test_an_index_without_rows_can_be_asked(tmp_path):
    index = build(tmp_path, [])

    assert index.row_count == 0
    assert index.score("server").scores.shape == (0,)


def test_a_read_only_folder_can_be_opened_and_nothing_is_written(tmp_path):
    build_lexical(tmp_path / "lexical", ROWS)
    before = bytes_of(tmp_path / "lexical")
    (tmp_path / "lexical").chmod(0o555)

    assert LexicalIndex.open(tmp_path / "lexical").score("server").scores.any()
    assert bytes_of(tmp_path / "lexical") == before


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.97])
@pytest.mark.parametrize(
    "name",
    [
        "header.json",
        "lengths.npy",
        "posting_counts.npy",
        "posting_rows.npy",
        "posting_starts.npy",
        "term_starts.npy",
    ],
)
def test_a_cut_file_is_named(tmp_path, name, keep):
    build_lexical(tmp_path / "lexical", ROWS)
    damaged = tmp_path / "lexical" / name
    damaged.write_bytes(damaged.read_bytes()[: int(damaged.stat().st_size * keep)])

    with pytest.raises(IndexDamagedError, match=name):
        LexicalIndex.open(tmp_path / "lexical")


@pytest.mark.parametrize("name", ["header.json", "terms.npy", "posting_rows.npy"])
def test_a_missing_file_is_named(tmp_path, name):
    build_lexical(tmp_path / "lexical", ROWS)
    (tmp_path / "lexical" / name).unlink()

    with pytest.raises(IndexDamagedError, match=name):
        LexicalIndex.open(tmp_path / "lexical")


def test_files_of_two_builds_are_told_apart(tmp_path):
    build_lexical(tmp_path / "lexical", ROWS)
    build_lexical(tmp_path / "other", ROWS[:3])
    shutil.copy(tmp_path / "other" / "terms.npy", tmp_path / "lexical" / "terms.npy")

    with pytest.raises(IndexDamagedError, match=r"term_starts.npy.*does not divide terms.npy"):
        LexicalIndex.open(tmp_path / "lexical")


def test_an_array_of_another_type_is_refused(tmp_path):
    build_lexical(tmp_path / "lexical", ROWS)
    np.save(tmp_path / "lexical" / "lengths.npy", np.zeros(len(ROWS)))

    with pytest.raises(IndexDamagedError, match="float64"):
        LexicalIndex.open(tmp_path / "lexical")


def test_another_format_is_a_mismatch_not_a_damage(tmp_path):
    build_lexical(tmp_path / "lexical", ROWS)
    header = tmp_path / "lexical" / "header.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "format": 99}))

    with pytest.raises(IndexMismatchError, match="format 99"):
        LexicalIndex.open(tmp_path / "lexical")


def test_rows_of_another_tokenizer_are_not_carried_over(tmp_path):
    build_lexical(tmp_path / "lexical", ROWS)
    header = tmp_path / "lexical" / "header.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "tokenizer": "0"}))
    parent = LexicalIndex.open(tmp_path / "lexical")

    with pytest.raises(IndexMismatchError, match="tokenizer '0'"):
        build_lexical(tmp_path / "next", [0, 1], parent=parent)


@pytest.mark.parametrize("rows", [[6], [-1], [2, 2]])
def test_row_numbers_must_be_distinct_rows_of_the_parent(tmp_path, index, rows):
    with pytest.raises(ValueError, match=r"0\.\.5"):
        build_lexical(tmp_path / "next", rows, parent=index)


def test_row_numbers_need_a_parent(tmp_path):
    with pytest.raises(ValueError, match="parent"):
        build_lexical(tmp_path / "next", [0])


@pytest.mark.parametrize(
    ("terms", "rows"),
    [(["red"], [0, 2]), (["red", "열쇠"], [2]), (["red", "blue"], []), (["absent", "red"], []), ([], [])],
)
def test_rows_with_all_terms(tmp_path: Path, terms: list[str], rows: list[int]) -> None:
    build_lexical(
        tmp_path / "index", [LexicalRow("red"), LexicalRow("blue 열쇠"), LexicalRow("열쇠 red red")]
    )

    assert LexicalIndex.open(tmp_path / "index").rows_with(terms).tolist() == rows
