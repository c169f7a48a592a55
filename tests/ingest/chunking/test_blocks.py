"""Where lists, code, tables and long paragraphs are cut."""

from __future__ import annotations

import re

import pytest

from kb_server.index.records import (
    ChunkKind,
)

from .pages import (
    KOREAN_SENTENCE,
    SENTENCE,
    CharacterBudget,
    WordBudget,
    assert_invariants,
    chunked,
    chunks_of,
    page,
    texts_of,
)

# Blocks


def test_paragraphs_are_merged_up_to_the_target() -> None:
    text = "\n\n".join([SENTENCE.strip()] * 10)
    sizes = [content.count("The server") for content in texts_of(text)]

    assert sizes == [5, 5]


def test_steps_stay_whole_with_the_sentence_that_introduces_them() -> None:
    steps = "\n".join(f"{number}. {SENTENCE}" for number in range(1, 6))
    text = f"{SENTENCE * 4}To move the index:\n\n{steps}\n\n{SENTENCE * 3}"
    found = chunks_of(text)

    whole = next(c for content, c in found if content.startswith("To move the index:\n\n1. "))
    assert whole.kind is ChunkKind.STEPS
    assert "5. The server" in next(content for content, c in found if c is whole)


def test_steps_that_do_not_fit_are_cut_between_items() -> None:
    steps = "\n".join(f"{number}. {SENTENCE}" for number in range(1, 20))
    found = chunks_of(f"To move the index:\n\n{steps}")

    assert all(c.kind is ChunkKind.STEPS for _, c in found)
    assert all(re.match(r"\d+\. |To move", content) for content, _ in found)


def test_long_list_item_is_cut_at_its_lines() -> None:
    nested = "\n".join(f"   - {SENTENCE}" for _ in range(12))
    contents = texts_of(f"1. First\n{nested}\n2. Second")

    assert all(content.lstrip().startswith(("1. ", "2. ", "- ")) for content in contents)


def test_code_stays_whole_with_the_sentence_that_introduces_it() -> None:
    code = "```sh\n" + "\n".join(f"kb ingest docs{number} --json" for number in range(14)) + "\n```"
    found = chunks_of(f"{SENTENCE * 4}\n\nRun this:\n\n{code}")

    assert [c.kind for _, c in found] == [ChunkKind.PROSE, ChunkKind.CODE]
    assert found[1][0] == f"Run this:\n\n{code}"


def test_title_of_a_callout_stays_with_its_body() -> None:
    paragraph = (SENTENCE * 2).strip()
    contents = texts_of(f"{paragraph}\n\n{paragraph}\n\n기술 세부사항\n\n{paragraph}\n\n{paragraph}")

    assert len(contents) == 2
    assert contents[1].startswith("기술 세부사항\n\nThe server")


def test_long_code_is_cut_at_blank_lines_first() -> None:
    part = "\n".join(f"    value_{number} = compute({number})" for number in range(9))
    code = "```python\n" + "\n\n".join([part] * 6) + "\n```"
    document = page(code)
    starts = [c.char_start for c in chunked(document, WordBudget())]

    assert len(starts) > 2
    assert all(document.text[:start].endswith("\n\n") for start in starts[1:])
    assert all(document.text[start:].startswith("    value_0") for start in starts[1:])


def test_table_that_fits_is_one_chunk() -> None:
    table = "| Key | Default |\n| --- | --- |\n| KB_PORT | 8000 |\n| KB_HOST | 127.0.0.1 |"
    [(text, only)] = chunks_of(f"## Settings\n\n{table}")

    assert (text, only.kind, only.context) == (table, ChunkKind.TABLE, "Page > Settings")


def test_long_table_is_cut_between_rows_and_each_part_knows_the_header() -> None:
    rows = "\n".join(f"| 설정 {number} | {KOREAN_SENTENCE.strip()} |" for number in range(30))
    found = chunks_of(f"## 설정\n\n| 이름 | 뜻 |\n| --- | --- |\n{rows}")

    first, *later = found
    assert first[0].startswith("| 이름 | 뜻 |\n| --- | --- |\n| 설정 0 |")
    assert first[1].context == "Page > 설정"
    assert {c.context for _, c in later} == {"Page > 설정\n| 이름 | 뜻 |"}
    assert all(re.fullmatch(r"(\|.*\|\n?)+", content) for content, _ in found)


def test_row_that_exceeds_the_window_is_cut_between_cells() -> None:
    found = chunks_of(f"| A | B |\n| --- | --- |\n| {SENTENCE * 6}| {SENTENCE * 6}|\n| c | d |")

    assert any(content.startswith("The server") for content, _ in found)
    assert_invariants(page(f"| A | B |\n| --- | --- |\n| {SENTENCE * 6}| {SENTENCE * 6}|"), WordBudget())


@pytest.mark.parametrize("sentence", [SENTENCE, KOREAN_SENTENCE])
def test_long_paragraph_is_cut_at_sentence_ends(sentence: str) -> None:
    contents = texts_of((sentence * 40).strip())

    assert len(contents) > 1
    assert all(content.replace(sentence.strip(), "").strip() == "" for content in contents)


def test_abbreviations_and_versions_end_no_sentence() -> None:
    sentence = "Use v1.2. beta, e.g. Linux or No. 5 of Mr. Kim, on 127.0.0.1 only. "
    contents = texts_of((sentence * 20).strip())

    assert all(content.startswith("Use v1.2.") for content in contents)


def test_text_without_spaces_is_cut_between_whole_characters() -> None:
    text = "가나다라마바사" * 200 + "e\u0301" * 300 + "👩\u200d👩\u200d👧" * 200
    budget = CharacterBudget(100)
    document = page(text)
    pieces = [document.text[c.char_start : c.char_end] for c in chunked(document, budget)]

    assert "".join(pieces) == document.text
    assert not any(piece.startswith(("\u0301", "\u200d")) or piece.endswith("\u200d") for piece in pieces)


def test_one_endless_word_does_not_give_one_endless_chunk() -> None:
    assert max(map(len, texts_of("QUJD" * 10_000))) <= 120 * 8
