"""What a chunk knows of the sections around it, and which sections share one."""

from __future__ import annotations

import pytest

from kb_server.index.records import (
    SectionStart,
)

from .pages import KOREAN_SENTENCE, SENTENCE, chunks_of, texts_of

# Context, heading path, anchor


def test_context_is_the_title_and_the_headings_above() -> None:
    text = f"# Page\n\n## Install\n\n{SENTENCE * 3}\n\n### Linux\n\n{SENTENCE * 3}"
    found = [(c.context, c.heading_path, c.anchor) for _, c in chunks_of(text)]

    assert found == [
        ("Page > Install", ("Install",), "install"),
        ("Page > Install > Linux", ("Install", "Linux"), "linux"),
    ]


def test_span_begins_below_the_heading_that_the_context_names() -> None:
    assert texts_of(f"## 설치\n\n{KOREAN_SENTENCE * 3}") == [(KOREAN_SENTENCE * 3).strip()]


def test_text_before_the_first_heading_has_the_title_as_context() -> None:
    [(_, first), _] = chunks_of(f"{SENTENCE * 3}\n\n## Install\n\n{SENTENCE * 3}")

    assert (first.context, first.heading_path, first.anchor) == ("Page", (), "")


def test_description_joins_the_context_of_the_first_chunk_only() -> None:
    text = f"## A\n\n{SENTENCE * 3}\n\n## B\n\n{SENTENCE * 3}"
    [(_, first), (_, second)] = chunks_of(text, metadata={"description": "How to  install."})

    assert first.context == "Page > A\nHow to install."
    assert second.context == "Page > B"


def test_description_that_does_not_fit_is_left_out() -> None:
    [(_, only)] = chunks_of(f"## A\n\n{SENTENCE * 3}", metadata={"description": SENTENCE * 9})

    assert only.context == "Page > A"


def test_crowded_context_keeps_the_title_and_the_nearest_heading() -> None:
    long = "heading with so many words that " * 7
    text = f"## Outer {long}\n\n### Inner\n\n{SENTENCE * 3}"
    [(_, first)] = chunks_of(text, limit=80)

    assert first.context == "Page > Inner"
    assert first.heading_path[1] == "Inner"


def test_heading_without_text_stands_in_the_context_of_its_children() -> None:
    [(_, child)] = chunks_of(f"## Backups\n\n### Restore\n\n{SENTENCE * 3}")

    assert child.context == "Page > Backups > Restore"


# Which sections share a chunk


def test_sections_with_text_enough_stay_apart() -> None:
    assert len(texts_of(f"## A\n\n{SENTENCE * 2}\n\n## B\n\n{SENTENCE * 2}")) == 2
    assert len(texts_of(f"## 가\n\n{KOREAN_SENTENCE * 3}\n\n## 나\n\n{KOREAN_SENTENCE * 3}")) == 2


def test_tiny_siblings_share_a_chunk_that_shows_their_headings() -> None:
    [(text, merged)] = chunks_of("## Keys\n\n### Copy\n\nPress C.\n\n### 붙여넣기\n\nV를 누르세요.")

    assert text == "### Copy\n\nPress C.\n\n### 붙여넣기\n\nV를 누르세요."
    assert (merged.heading_path, merged.anchor, merged.context) == (("Keys",), "copy", "Page > Keys")


@pytest.mark.parametrize(
    "words", [("Copy", "Stop it.", "Paste", "Go on."), ("복사", "멈춥니다.", "붙이기", "갑니다.")]
)
def test_a_chunk_of_several_sections_says_where_each_begins(words: tuple[str, str, str, str]) -> None:
    first, stop, second, go = words
    [(content, found)] = chunks_of(f"## Edit\n\nLead-in.\n\n### {first}\n\n{stop}\n\n### {second}\n\n{go}")

    assert [
        (
            content[section.char_start - found.char_start :].split("\n")[0],
            section.heading_path,
            section.anchor,
        )
        for section in found.sections
    ] == [
        ("Lead-in.", ("Edit",), "edit"),
        (f"### {first}", ("Edit", first), first.lower()),
        (f"### {second}", ("Edit", second), second.lower()),
    ]
    assert found.section_at(found.char_end - 1) is found.sections[2]


def test_a_chunk_of_one_section_leaves_its_place_to_its_own_heading() -> None:
    [(_, found)] = chunks_of("## Edit\n\nText.")

    assert found.sections == ()
    assert found.section_at(found.char_start) == SectionStart(found.char_start, ("Edit",), "edit")


def test_tiny_section_between_long_ones_is_not_merged_into_them() -> None:
    long = SENTENCE * 3
    assert texts_of(f"## A\n\n{long}\n\n## B\n\nSee below.\n\n## C\n\n{long}")[1] == "See below."


def test_short_lead_in_joins_the_first_section_below_it() -> None:
    text = f"## Backups\n\nThere are two ways.\n\n### Copy\n\n{SENTENCE * 3}\n\n### Sync\n\n{SENTENCE * 3}"
    [(first, copy), (second, _)] = chunks_of(text)

    assert first.startswith("There are two ways.\n\n### Copy\n\nThe server")
    assert (copy.heading_path, copy.anchor) == (("Backups", "Copy"), "copy")
    assert second == (SENTENCE * 3).strip()


def test_many_tiny_siblings_give_even_chunks() -> None:
    text = "\n\n".join(f"## Term {number}\n\nOne two three four five six seven." for number in range(40))
    sizes = [len(content.split()) for content in texts_of(text)]

    assert len(sizes) > 1
    assert max(sizes) <= 2 * min(sizes)


def test_headings_without_any_text_give_no_chunk() -> None:
    assert texts_of("# Page\n\n## A\n\n## B") == []


def test_empty_document_gives_no_chunk() -> None:
    assert texts_of("") == []
