import pytest

from evals.langchain_baseline import PlainIndex, heading_lines, headings_above, read_files, title_of

PAGE = """---
title: "열쇠"
---

# Keys

## Open

Turn left.

```sh
# not a heading
```

### Doors ###

## 닫기

Turn right.
"""


def test_the_headings_above_a_place_are_those_of_its_section():
    headings = heading_lines(PAGE)

    assert headings_above(headings, PAGE.index("# not")) == ["Keys", "Open"]
    assert headings_above(headings, PAGE.index("### Doors")) == ["Keys", "Open", "Doors"]
    assert headings_above(headings, PAGE.index("Turn right")) == ["Keys", "닫기"]
    assert headings_above(headings, 0) == []


def test_the_title_is_of_the_front_matter_then_the_first_heading_then_the_file():
    assert title_of("a.md", PAGE) == "열쇠"
    assert title_of("a.md", PAGE.split("---\n")[2]) == "Keys"
    assert title_of("guide/a.md", "text") == "a"


def test_paths_are_composed_unicode(tmp_path):
    (tmp_path / "\u1100\u1161.md").write_text("가", encoding="utf-8")

    assert read_files(tmp_path) == {"가.md": "가"}


@pytest.mark.xdist_group("torch")
@pytest.mark.model
def test_the_plain_recipe_finds_a_page_and_narrows_by_language(tmp_path):
    pytest.importorskip("langchain_chroma", reason="needs the extra `bench`")
    for lang, text in (
        ("en", "# Refunds\n\nMoney back within 14 days."),
        ("ko", "# 환불\n\n14일 안에 환불합니다."),
    ):
        (tmp_path / "corpus" / lang).mkdir(parents=True)
        (tmp_path / "corpus" / lang / "refunds.md").write_text(text, encoding="utf-8")

    index = PlainIndex(tmp_path / "corpus", tmp_path / "work")
    (best, *_) = index.search("How do I get my money back?", 2)
    narrowed = index.search("How do I get my money back?", 2, lang="ko")

    assert (best["path"], best["title"], best["heading_path"]) == ("en/refunds.md", "Refunds", ["Refunds"])
    assert [passage["path"] for passage in narrowed] == ["ko/refunds.md"]
