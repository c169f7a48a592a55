"""What the measurements of suggestions and of asking back are made of."""

from pathlib import Path

import pytest

from evals.ambiguous import heading_words, product_name, renamed, with_product, write_products
from evals.clarify import of_choice
from evals.suggestions import names_place, suggestion_values

PAGES = {
    "en/sync.md": "---\ntitle: Sync\n---\n## Sync limits\n\nObsidian keeps **Versions** for 12 months.\n",
    "en/export.md": "# Export\n\n## Export limits\n\nText.\n",
    "ko/sync.md": "# 동기화\n\n## 동기화 제한\n\n옵시디언은 버전을 12개월 동안 보관합니다.\n",
    "ko/export.md": "# 내보내기\n\n## 내보내기 제한\n\n글.\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for path, text in PAGES.items():
        (tmp_path / "corpus" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "corpus" / path).write_text(text, encoding="utf-8")
    return tmp_path / "corpus"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("en/sync.md", "Corvento keeps **Versions panel** for 15 months (plan 4 only)."),
        ("ko/sync.md", "Corvento은 버전을 12개월 동안 보관합니다 (4단계 요금제만)."),
    ],
)
def test_second_product_differs_in_its_facts(path: str, expected: str) -> None:
    page = renamed(PAGES[path], "obsidian", differs=True)

    assert expected in page
    assert page.count("#") == PAGES[path].count("#")


def test_second_product_may_say_the_same() -> None:
    page = renamed(PAGES["en/sync.md"], "obsidian", differs=False)

    assert page == PAGES["en/sync.md"].replace("Obsidian", "Corvento")


def test_products_are_written_apart_with_their_names(corpus: Path, tmp_path: Path) -> None:
    write_products("obsidian", corpus, {"en/sync.md": "same", "ko/sync.md": "lacks"}, tmp_path / "both")

    written = {str(p.relative_to(tmp_path / "both")): p for p in (tmp_path / "both").rglob("*.md")}
    assert set(written) == {"first/en/sync.md", "first/ko/sync.md", "second/en/sync.md"}
    assert written["first/en/sync.md"].read_text(encoding="utf-8") == with_product(
        PAGES["en/sync.md"], product_name("obsidian")
    )


@pytest.mark.parametrize(
    ("lang", "common", "title"), [("en", "limits", "export"), ("ko", "제한", "내보내기")]
)
def test_words_are_counted_by_page_and_titles_marked(
    corpus: Path, lang: str, common: str, title: str
) -> None:
    words = {word.text: word for word in heading_words(corpus, lang)}

    assert (words[common].pages, words[common].is_title) == (2, False)
    assert words[title].is_title


@pytest.mark.parametrize(
    ("suggestion", "holds"), [("동기화: 제한", True), ("제한", True), ("Sync: Limits", False)]
)
def test_suggestion_names_the_cited_section(suggestion: str, holds: bool) -> None:
    assert names_place(suggestion, {"title": "동기화", "heading_path": ["1. 제한"]}) is holds


def test_suggestion_in_another_language_or_asked_before_counts_against_it() -> None:
    asked = {"language": "ko", "question": "동기화 제한", "others": ["Sync limits"]}
    got = {"status": "abstained", "citations": []}

    values = suggestion_values("Sync limits", asked, got)

    assert values == {"answered": False, "own_section": False, "own_language": False, "new": False}


@pytest.mark.parametrize(
    ("filters", "path", "own"),
    [
        ({"path": "a.md"}, "a.md", True),
        ({"path": "a.md"}, "b.md", False),
        ({"product": "Corvento"}, "second/a.md", True),
        ({"product": "Corvento"}, "first/a.md", False),
    ],
)
def test_choice_must_be_answered_from_what_it_names(filters: dict, path: str, own: bool) -> None:
    choice = {"label": "Corvento", "filters": filters}

    values = of_choice(choice, {"status": "answered", "citations": [{"path": path}]})

    assert values == {"choice_answered": True, "choice_own": own}
