"""A narrowed version is the one that would have been built without the other pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_server.errors import NotFoundError
from kb_server.index.labels import may_see
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document
from kb_server.index.writer import DocumentRecord

from .sample_versions import ENGLISH, KOREAN, publish, record, unit_vectors

RECORDS = (
    record("en/v1/pay.md", ENGLISH, title="Pay", metadata={"version": "1", "access": "staff"}),
    record("ko/install.md", KOREAN, title="설치", lang="ko", metadata={"team": "비밀팀", "access": "인사"}),
    record("en/empty.md", (), title="Empty"),
    record("en/v2/pay.md", ("Pay by card.", "Install nothing."), title="Pay", metadata={"version": "2"}),
    record("ko/pay.md", ("카드로 결제하세요.",), title="결제", lang="ko"),
)


@contextmanager
def opened(folder: Path, records: Sequence[DocumentRecord]) -> Iterator[IndexReader]:
    publish(folder, "v-1", records)
    reader = IndexReader.open(DataLayout(folder), "v-1")
    try:
        yield reader
    finally:
        reader.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexReader]:
    with opened(tmp_path_factory.mktemp("whole"), RECORDS) as reader:
        yield reader


@given(kept=st.lists(st.booleans(), min_size=len(RECORDS), max_size=len(RECORDS)))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
def test_it_equals_a_version_without_the_other_pages(
    whole: IndexReader, tmp_path_factory: pytest.TempPathFactory, kept: list[bool]
) -> None:
    narrowed = whole.narrowed(np.array(kept))
    stay = [item for item, stays in zip(RECORDS, kept, strict=True) if stays]
    with opened(tmp_path_factory.mktemp("less"), stay) as fresh:
        assert narrowed.documents() == fresh.documents()
        assert narrowed.row_documents.tolist() == fresh.row_documents.tolist()
        assert narrowed.row_langs.tolist() == fresh.row_langs.tolist()
        assert narrowed.document_versions == fresh.document_versions
        assert narrowed.filter_keys() == fresh.filter_keys()
        assert narrowed.chunk_ids() == fresh.chunk_ids()
        assert narrowed.texts(range(fresh.row_count)) == fresh.texts(range(fresh.row_count))
        assert narrowed.manifest.sources == fresh.manifest.sources
        assert [narrowed.lexical.vocabulary.term(n) for n in range(len(narrowed.lexical.vocabulary))] == [
            fresh.lexical.vocabulary.term(n) for n in range(len(fresh.lexical.vocabulary))
        ]
        for query in ("install the server", "카드 결제", "question 질문"):
            mine, theirs = narrowed.lexical.score(query), fresh.lexical.score(query)
            assert mine.scores.tolist() == theirs.scores.tolist()
            assert mine.term_weights == theirs.term_weights


def test_vectors_and_nearest_rows_are_those_of_the_rest(whole: IndexReader) -> None:
    kept = np.array([False, True, True, True, False])
    narrowed = whole.narrowed(kept)
    query = unit_vectors(1, seed=3)[0]

    scores = narrowed.dense_scores(query, None)
    rows, best = narrowed.nearest(query, 2)

    np.testing.assert_allclose(scores, narrowed.vectors @ query, atol=1e-6)
    assert rows.tolist() == np.argsort(-scores)[:2].tolist()
    np.testing.assert_allclose(best, np.sort(scores)[::-1][:2], atol=1e-6)
    mask = narrowed.visible({"lang": "ko"})
    assert np.isneginf(narrowed.dense_scores(query, mask)).tolist() == [False, False, False, True, True]


def test_what_is_left_out_cannot_be_told_from_what_never_was(whole: IndexReader) -> None:
    narrowed = whole.narrowed(np.array([False, True, True, True, True]))
    hidden = RECORDS[0].document.doc_id

    for ask in (narrowed.document, narrowed.revision, narrowed.record):
        with pytest.raises(NotFoundError) as told:
            ask(hidden)
        with pytest.raises(NotFoundError) as unknown:
            ask("d_0")
        assert str(told.value) == str(unknown.value).replace("d_0", hidden)
    assert narrowed.visible_document(hidden, {}) is None


@pytest.mark.parametrize(
    ("metadata", "seen_by"),
    [
        ({}, {"nobody", "staff", "인사"}),
        ({"access": "public"}, {"nobody", "staff", "인사"}),
        ({"access": ("staff", "Public")}, {"nobody", "staff", "인사"}),
        ({"access": "Staff "}, {"staff"}),
        ({"ACCESS": "staff"}, {"staff"}),
        ({"access": "staff, 인사"}, {"staff", "인사"}),
        ({"access": ("인사",)}, {"인사"}),
        ({"access": ""}, set()),
        ({"access": ()}, set()),
        ({"access.staff": "true"}, set()),
        ({"access.public": "true"}, set()),
        ({"access": "staff", "access.level": "public"}, {"staff"}),
    ],
)
def test_labels_decide_who_sees_a_page_and_slips_hide_it(
    metadata: dict[str, str | tuple[str, ...]], seen_by: set[str]
) -> None:
    page = Document("d_1", "a.md", "A", "en", "r", metadata)

    assert {who for who in ("nobody", "staff", "인사") if may_see(page, {who})} == seen_by
    assert may_see(page, None)
