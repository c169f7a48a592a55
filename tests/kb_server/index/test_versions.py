import pytest

from kb_server.index.records import Document
from kb_server.index.versions import asked_versions, is_of, versions_of_documents


def _page(path, title="Title", **metadata):
    return Document(path, path, title, "en", "r", metadata)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([_page("pay/v1/card.md"), _page("pay/v2/card.md")], ["v1", "v2"]),
        ([_page("결제/v1-sdk/카드.md"), _page("결제/v2-sdk/카드.md")], ["v1", "v2"]),
        ([_page("docs/1.20/a.md"), _page("docs/1.21/a.md")], ["1.20", "1.21"]),
        ([_page("a.md", version="3"), _page("b.md", targetVersions=("v4",))], ["3", "v4"]),
        ([_page("hook-v1.md"), _page("hook-v2.md")], ["v1", "v2"]),
        ([_page("a/hook.md", "웹훅 V1"), _page("a/hook-v2.md", "웹훅")], ["v1", "v2"]),
    ],
)
def test_versions_are_read_off_front_matter_folders_and_names(pages, expected):
    found = versions_of_documents(pages)

    assert [label for labels in found for label in labels] == expected


@pytest.mark.parametrize(
    "pages",
    [
        [_page("v1/a.md"), _page("v1/b.md")],
        [_page("bank-v2.md"), _page("v1-to-v2.md"), _page("c.md")],
        [_page("a.md", "Migrate from V1 to V2"), _page("b.md", versionless="v1")],
        [],
    ],
)
def test_a_corpus_without_versions_side_by_side_has_none(pages):
    assert versions_of_documents(pages) == ((),) * len(pages)


def test_a_folder_says_more_than_the_name_of_the_file():
    pages = [_page("v1/bank-v2.md"), _page("v2/bank-v2.md")]

    assert versions_of_documents(pages) == (("v1",), ("v2",))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How do I verify a webhook in v2?", {"2"}),
        ("V1에서 웹훅을 검증하려면?", {"1"}),
        ("포트원V2 환불", {"2"}),
        ("버전 1.21에서 바뀐 점", {"1.21"}),
        ("1.21 버전에서 바뀐 점", {"1.21"}),
        ("move from version 1 to version 2", {"1", "2"}),
        ("docs behind /api/v1 do not open", set()),
        ("nice-v2 결제창", set()),
        ("2022-07-27 버전", set()),
        ("keep 2 versions", set()),
    ],
)
def test_versions_that_a_question_names(text, asked):
    assert asked_versions(text) == asked


def test_a_release_belongs_to_its_line_and_to_nothing_shorter():
    assert is_of("1.21", {"1.21.3"})
    assert is_of("v2.4", {"2"})
    assert not is_of("v1", {"1.2"})
    assert not is_of("v12", {"1"})
