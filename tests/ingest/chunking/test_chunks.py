"""Language and identity of chunks, limits, and a page from the real parser."""

from __future__ import annotations

import pytest

from ingest.chunking import MAX_CHUNKS, TooManyChunksError
from ingest.parsing import parse
from kb_server.errors import EncoderError
from kb_server.index.records import (
    ChunkKind,
)

from .pages import KOREAN_SENTENCE, SENTENCE, WordBudget, assert_invariants, chunked, chunks_of, page

# Languages


def test_code_and_scraps_count_as_the_language_of_the_page() -> None:
    code = "kb serve --port 8000\n" * 10
    text = f"## 설치\n\n{KOREAN_SENTENCE * 3}\n\n## 실행\n\n```sh\n{code}```"

    assert [c.lang for _, c in chunks_of(text)] == ["ko", "ko"]


def test_english_section_of_a_korean_page_is_english() -> None:
    text = f"## 설치\n\n{KOREAN_SENTENCE * 6}\n\n## Notes\n\n{SENTENCE * 3}"

    assert [c.lang for _, c in chunks_of(text)] == ["ko", "en"]


# Identity


def test_editing_one_section_leaves_the_ids_of_the_others() -> None:
    sections = [f"## Part {number}\n\n{SENTENCE * 3}{number}" for number in range(6)]
    before = chunks_of("\n\n".join(sections))
    sections[2] = f"## Part 2\n\n{KOREAN_SENTENCE * 8}"
    after = chunks_of("\n\n".join(sections))

    ids_before, ids_after = {c.chunk_id for _, c in before}, {c.chunk_id for _, c in after}
    assert len(ids_before - ids_after) == 1


def test_equal_sections_have_different_ids() -> None:
    text = "\n\n".join([f"## Same\n\n{SENTENCE * 3}"] * 3)

    assert len({c.chunk_id for _, c in chunks_of(text)}) == 3


# Limits


def test_window_too_small_for_a_sentence_is_refused() -> None:
    with pytest.raises(EncoderError, match="window of 8 tokens"):
        chunks_of("text", limit=8)


def test_document_with_too_many_chunks_is_refused_with_the_line() -> None:
    text = "\n\n".join([f"## Part\n\n{SENTENCE * 2}"] * (MAX_CHUNKS + 1))
    with pytest.raises(TooManyChunksError, match="5,000 chunks") as caught:
        chunks_of(text)

    assert caught.value.line == 2 * MAX_CHUNKS + 2


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE * 3_500,
        "\n\n".join([SENTENCE] * 3_500),
        "| a | b |\n| --- | --- |\n" + "| key | value of the key |\n" * 5_000,
        "\n\n".join(["## Tiny\n\nOne two three four five six."] * 5_000),
        "x" * 250_000,
    ],
    ids=["paragraph", "paragraphs", "table", "tiny sections", "one word"],
)
def test_each_character_is_counted_a_few_times_only(text: str) -> None:
    budget = WordBudget(limit=1000)
    chunked(page(text), budget)

    assert budget.counted < 12 * len(text)


# With the real parser

MARKDOWN_PAGE = """---
title: Backups
description: How to keep a copy.
---

# Backups

## Copy the data folder

Stop nothing: a published version never changes. Copy the folder while the server runs, then copy it back
to restore. The caches may be left out, they are filled again.

1. Find the folder with `kb status`.
2. Copy it.

## 자주 묻는 질문

<details><summary>캐시도 백업해야 하나요?</summary>

아니요. 다음 수집 때 다시 만들어집니다.

</details>
"""


def test_markdown_page_becomes_sections_and_questions() -> None:
    document = parse("backups.md", MARKDOWN_PAGE.encode())
    found = chunked(document, WordBudget())

    assert [(c.heading_path, c.kind, c.lang) for c in found] == [
        (("Copy the data folder",), ChunkKind.PROSE, "en"),
        (("자주 묻는 질문", "캐시도 백업해야 하나요?"), ChunkKind.FAQ, "ko"),
    ]
    assert found[0].context == "Backups > Copy the data folder\nHow to keep a copy."
    assert_invariants(document, WordBudget())
