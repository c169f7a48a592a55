from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.errors import UnknownFilterError
from kb_server.index.filters import DocumentFilter
from kb_server.index.records import Document, MetadataValue


def document(path: str, lang: str = "en", **metadata: MetadataValue) -> Document:
    return Document(path, path, path.title(), lang, "r", metadata)


DOCUMENTS = (
    document("en/a.md", product="cloud", version=("1.0", "2.0")),
    document("ko/a.md", "ko", product="온프레미스", type="faq", title="hidden"),
    document("en/b.md", product=("cloud", "온프레미스")),
)
ROWS = np.array([0, 0, 1, 2, 2], dtype=np.int32)


@pytest.fixture
def document_filter() -> DocumentFilter:
    return DocumentFilter(DOCUMENTS, ROWS)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({"product": "cloud"}, [0, 1, 3, 4]),
        ({"product": "온프레미스"}, [2, 3, 4]),
        ({"product": unicodedata.normalize("NFD", "온프레미스")}, [2, 3, 4]),
        ({"product": ("cloud", "온프레미스")}, [0, 1, 2, 3, 4]),
        ({"product": ["cloud"], "version": "2.0"}, [0, 1]),
        ({"lang": "ko"}, [2]),
        ({"type": "faq"}, [2]),
        ({"path": "en/b.md"}, [3, 4]),
        ({"path_prefix": "en/"}, [0, 1, 3, 4]),
        ({"path_prefix": ("ko/", "en/b")}, [2, 3, 4]),
        ({"title": "En/B.Md"}, [3, 4]),
        ({"title": "hidden"}, []),
        ({"lang!": "ko"}, [0, 1, 3, 4]),
        ({"product!": "온프레미스"}, [0, 1]),
        ({"type!": "faq"}, [0, 1, 3, 4]),
        ({"path_prefix!": ("en/a", "ko/")}, [3, 4]),
        ({"product": "cloud", "version!": "2.0"}, [3, 4]),
        ({"version": "1"}, []),
        ({"product": "Cloud"}, []),
        ({"product": ()}, []),
        ({"path_prefix": ()}, []),
    ],
)
def test_filters_give_the_rows_whose_document_meets_all(
    document_filter: DocumentFilter, filters: dict[str, str | tuple[str, ...]], rows: list[int]
) -> None:
    mask = document_filter.visible(filters)

    assert mask is not None
    assert np.flatnonzero(mask).tolist() == rows


def test_no_filter_means_all_rows(document_filter: DocumentFilter) -> None:
    assert document_filter.visible({}) is None


def test_an_unknown_key_is_refused_and_the_closest_known_one_named_first(
    document_filter: DocumentFilter,
) -> None:
    with pytest.raises(UnknownFilterError, match="'produkt'") as caught:
        document_filter.visible({"produkt": "cloud"})

    assert caught.value.remedy.startswith("Known filters: product, doc_id, lang,")
    with pytest.raises(UnknownFilterError):
        document_filter.visible({"lang": "en", "제품": "cloud"})


def test_keys_are_the_built_in_ones_and_what_documents_carry(document_filter: DocumentFilter) -> None:
    assert document_filter.keys == {
        "doc_id", "lang", "path", "path_prefix", "title", "type", "product", "version",
    }  # fmt: skip


def test_equal_filters_share_one_mask_that_cannot_be_changed(document_filter: DocumentFilter) -> None:
    first = document_filter.visible({"lang": "en", "product": ("cloud", "온프레미스")})
    again = document_filter.visible({"product": ["온프레미스", "cloud", "cloud"], "lang": "en"})

    assert first is not None
    assert first is again
    with pytest.raises(ValueError, match="read-only"):
        first[0] = True


def test_the_masks_that_are_kept_are_bounded(document_filter: DocumentFilter) -> None:
    first = document_filter.visible({"lang": "en"})
    for number in range(200):
        document_filter.visible({"product": str(number)})

    again = document_filter.visible({"lang": "en"})
    assert again is not first
    assert np.array_equal(again, first)  # type: ignore[arg-type]  # both are masks


def test_an_index_without_documents_still_knows_the_built_in_keys() -> None:
    empty = DocumentFilter((), np.empty(0, dtype=np.int32))

    mask = empty.visible({"lang": "ko"})
    assert mask is not None
    assert len(mask) == 0


VALUES = st.sampled_from(["a", "나", "b"])


@given(
    values=st.lists(st.one_of(VALUES, st.lists(VALUES, max_size=3).map(tuple)), max_size=6),
    wanted=st.lists(VALUES, min_size=1, max_size=2),
)
def test_a_mask_agrees_with_looking_at_each_document(values: list[MetadataValue], wanted: list[str]) -> None:
    documents = [document(f"{place}.md", key=value) for place, value in enumerate([*values, "a"])]
    rows = np.repeat(np.arange(len(documents), dtype=np.int32), 2)

    mask = DocumentFilter(documents, rows).visible({"key": wanted})

    assert mask is not None
    assert mask.tolist() == [
        not set(wanted).isdisjoint(
            (held,) if isinstance(held := documents[row].metadata["key"], str) else held
        )
        for row in rows
    ]


def test_a_key_that_is_turned_around_must_be_known_as_well(document_filter: DocumentFilter) -> None:
    with pytest.raises(UnknownFilterError, match="langg"):
        document_filter.visible({"langg!": "ko"})


def test_versions_read_off_pages_are_a_filter_where_front_matter_has_none() -> None:
    documents = (*DOCUMENTS, document("v2/a.md"))
    versions = (("9",), (), (), ("v2",))

    found = DocumentFilter(documents, np.array([0, 1, 2, 3], dtype=np.int32), versions)

    assert np.flatnonzero(found.visible({"version": "v2"})).tolist() == [3]
    assert np.flatnonzero(found.visible({"version": "9"})).tolist() == []
