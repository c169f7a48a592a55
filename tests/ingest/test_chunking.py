"""Chunking, apart from parsing: pages are built from a small Markdown dialect.

Blocks are separated by blank lines, as in canonical text. ``# Title`` is a heading, ``#? Title`` opens an FAQ
item (the mark is dropped), lists, tables and fences are recognised by their first characters.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import MAX_CHUNKS, TooManyChunksError, chunk, encoder_input
from ingest.parsing import parse
from ingest.parsing.model import Block, BlockKind, ParsedDocument
from kb_server.errors import EncoderError
from kb_server.index.language import detect_language
from kb_server.index.records import (
    Chunk,
    ChunkKind,
    MetadataValue,
    SectionStart,
    SourceMap,
    Span,
    revision_of,
)

SENTENCE = "The server keeps the last published index while a new one is being built. "
KOREAN_SENTENCE = "새 색인을 만드는 동안 서버는 마지막으로 게시한 색인을 계속 제공합니다. "


_BLOCK = re.compile(r"```.*?\n```|[^\n](?:[^\n]|\n(?!\n))*", re.DOTALL)
_ITEM = re.compile(r"^(?:- |\d+\. )", re.MULTILINE)


def page(
    text: str, *, title: str = "Page", metadata: dict[str, MetadataValue] | None = None
) -> ParsedDocument:
    """Give the document whose canonical text is ``text`` (without the question marks of headings)."""
    questions = {match.group(1) for match in re.finditer(r"^#+\? (.+)$", text, re.MULTILINE)}
    text = re.sub(r"^(#+)\? ", r"\1 ", text, flags=re.MULTILINE)
    text = re.sub(r" +$", "", text, flags=re.MULTILINE).strip("\n")
    blocks = tuple(_block(text, Span(*match.span()), questions) for match in _BLOCK.finditer(text))
    lines = SourceMap(tuple(block.span.start for block in blocks), tuple(range(1, len(blocks) + 1)))
    return ParsedDocument(
        title=title,
        lang=detect_language(text),
        text=text,
        blocks=blocks,
        source_map=lines,
        metadata=metadata or {},
    )


def _block(text: str, span: Span, questions: set[str]) -> Block:
    content = span.of(text)
    if content.startswith("#"):
        marks, title = content.split(" ", 1)
        anchor = re.sub(r"\W+", "-", title.lower()).strip("-")
        return Block(
            BlockKind.HEADING,
            span,
            level=len(marks),
            title=title,
            anchor=anchor,
            is_question=title in questions,
        )
    if content.startswith("```"):
        return Block(BlockKind.CODE, span)
    if content.startswith("|"):
        rows = [Span(span.start + m.start(), span.start + m.end()) for m in re.finditer(r".+", content)]
        return Block(BlockKind.TABLE, span, items=(rows[0], *rows[2:]))
    starts = [span.start + match.start() for match in _ITEM.finditer(content)]
    if starts:
        edges = [*starts, span.end + 1]
        items = tuple(Span(a, b - 1) for a, b in pairwise(edges))
        return Block(BlockKind.LIST, span, ordered=content[0].isdigit(), items=items)
    return Block(BlockKind.PARAGRAPH, span)


class WordBudget:
    """Counts words, and two special tokens as BERT adds them."""

    def __init__(self, limit: int = 120) -> None:
        self.limit = limit
        self.counted = 0

    def count(self, text: str) -> int:
        self.counted += len(text)
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2


class CharacterBudget:
    """Counts characters, white space included: a tokenizer for which every joint costs something."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def count(self, text: str) -> int:
        return len(text)


def chunks_of(
    text: str, *, limit: int = 120, title: str = "Page", metadata: dict[str, MetadataValue] | None = None
) -> list[tuple[str, Chunk]]:
    document = page(text, title=title, metadata=metadata)
    return [(document.text[c.char_start : c.char_end], c) for c in chunked(document, WordBudget(limit))]


def chunked(document: ParsedDocument, budget: WordBudget | CharacterBudget) -> list[Chunk]:
    return chunk(document, doc_id="d_1", revision=revision_of(document.text), budget=budget)


def texts_of(text: str, *, limit: int = 120) -> list[str]:
    return [content for content, _ in chunks_of(text, limit=limit)]


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


# FAQ


def test_question_and_answer_are_one_chunk_with_the_question_inside() -> None:
    text = "## FAQ\n\n###? Can I export?\n\nYes.\n\n###? 환불되나요?\n\n네, 7일 안에 됩니다."
    found = chunks_of(text)

    assert [content for content, _ in found] == [
        "### Can I export?\n\nYes.",
        "### 환불되나요?\n\n네, 7일 안에 됩니다.",
    ]
    assert [c.kind for _, c in found] == [ChunkKind.FAQ] * 2
    assert [c.lang for _, c in found] == ["en", "ko"]
    assert found[0][1].context == "Page > FAQ"
    assert found[0][1].heading_path == ("FAQ", "Can I export?")


def test_later_parts_of_a_long_answer_name_the_question_in_their_context() -> None:
    found = chunks_of(f"##? Can I export?\n\n{SENTENCE * 30}")

    assert found[0][0].startswith("## Can I export?\n\nThe server")
    assert found[0][1].context == "Page"
    assert {c.context for _, c in found[1:]} == {"Page > Can I export?"}
    assert {c.kind for _, c in found} == {ChunkKind.FAQ}


# Components that end


@pytest.mark.parametrize(
    ("item", "inside", "outside"),
    [
        ("<details>\n<summary>Can I export?</summary>\n\n{}\n\n</details>", "Yes.", "Plans are yearly."),
        ('<FaqItem question="Can I export?">\n\n{}\n\n</FaqItem>', "Yes.", "Plans are yearly."),
        ("<details>\n<summary>환불되나요?</summary>\n\n{}\n\n</details>", "네.", "요금은 매년 냅니다."),
        ('<FaqItem question="환불되나요?">\n\n{}\n\n</FaqItem>', "네.", "요금은 매년 냅니다."),
    ],
)
def test_text_below_a_closed_item_belongs_to_the_section_around_it(
    item: str, inside: str, outside: str
) -> None:
    source = f"## Plans {{#plans}}\n\n{item.format(inside)}\n\n{outside}\n\n### Next\n\nMore.\n"
    document = parse("billing.mdx", source.encode())

    answer, below = chunked(document, WordBudget())

    assert answer.kind is ChunkKind.FAQ
    assert document.text[answer.char_start : answer.char_end].endswith(f"?\n\n{inside}")
    assert (below.kind, below.heading_path, below.anchor) == (ChunkKind.PROSE, ("Plans",), "plans")
    assert document.text[below.char_start : below.char_end] == f"{outside}\n\n### Next\n\nMore."
    assert_invariants(document, WordBudget())


def test_text_below_a_closed_item_inside_an_item_is_part_of_the_outer_answer() -> None:
    inner = "<details>\n<summary>왜요?</summary>\n\n그래서요.\n\n</details>"
    source = f"<details>\n<summary>Outer?</summary>\n\nYes.\n\n{inner}\n\nAlways.\n\n</details>\n\nEnd.\n"
    document = parse("page.md", source.encode())

    found = [
        (document.text[c.char_start : c.char_end].splitlines()[-1], c.kind, c.heading_path)
        for c in chunked(document, WordBudget())
    ]

    assert found == [
        ("Yes.", ChunkKind.FAQ, ("Outer?",)),
        ("그래서요.", ChunkKind.FAQ, ("Outer?", "왜요?")),
        ("Always.", ChunkKind.FAQ, ("Outer?",)),
        ("End.", ChunkKind.PROSE, ()),
    ]


def test_text_below_closed_tabs_is_not_read_as_part_of_the_last_tab() -> None:
    tab = Block(BlockKind.HEADING, Span(0, 7), level=3, title="Tab", anchor="tab")
    text = "### Tab\n\nInside.\n\nOutside.\n\nStill outside."
    blocks = (
        tab,
        Block(BlockKind.PARAGRAPH, Span(9, 16)),
        Block(BlockKind.PARAGRAPH, Span(18, 26), closes=3),
        Block(BlockKind.PARAGRAPH, Span(28, 42), closes=4),
    )
    document = ParsedDocument("Page", "en", text, blocks, SourceMap((0,), (1,)))

    found = chunked(document, WordBudget())

    assert [(text[c.char_start : c.char_end], c.heading_path, c.anchor) for c in found] == [
        ("Inside.", ("Tab",), "tab"),
        ("Outside.\n\nStill outside.", (), ""),
    ]


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


# Properties

words = st.sampled_from(
    ["server", "index.", "v1.2", "e.g.", "색인을", "합니다.", "👍🏽", "e\u0301t\u0301", "a" * 90, "|"]
)
line = st.lists(words, min_size=1, max_size=60).map(" ".join)
blocks = st.one_of(
    line,
    line,
    st.lists(line, min_size=1, max_size=5).map(lambda lines: "".join(f"\n- {item}" for item in lines)[1:]),
    st.lists(line, min_size=1, max_size=5).map(lambda lines: "".join(f"\n1. {item}" for item in lines)[1:]),
    st.lists(line, min_size=1, max_size=9).map(lambda lines: "```\n" + "\n\n".join(lines) + "\n```"),
    st.lists(line, min_size=1, max_size=9).map(
        lambda lines: "| h | k |\n| --- | --- |" + "".join(f"\n| {cell} | x |" for cell in lines)
    ),
    st.tuples(st.sampled_from(["#", "##", "##?", "###", "####", "###?"]), line).map(" ".join),
    st.sampled_from(["## Tiny\n\nFew words.", "### 작은\n\n짧은 글."]),
)
pages = st.lists(blocks, max_size=14).map("\n\n".join)
budgets = st.one_of(
    st.integers(32, 300).map(WordBudget),
    st.integers(40, 900).map(CharacterBudget),
)


def assert_invariants(document: ParsedDocument, budget: WordBudget | CharacterBudget) -> None:
    found = chunked(document, budget)
    covered = bytearray(len(document.text))
    for item in found:
        starts = [section.char_start for section in item.sections]
        assert starts == sorted(set(starts))
        assert len(starts) != 1
        assert starts[:1] in ([], [item.char_start])
        content = document.text[item.char_start : item.char_end]
        assert content.strip()
        assert budget.count(encoder_input(item.context, content)) <= budget.limit
        covered[item.char_start : item.char_end] = b"\1" * len(content)
    assert all(before.char_end <= after.char_start for before, after in pairwise(found))
    assert len({item.chunk_id for item in found}) == len(found)
    for block in document.blocks:
        if block.kind is not BlockKind.HEADING:
            left = "".join(
                char
                for char, seen in zip(
                    block.span.of(document.text), covered[block.span.start : block.span.end], strict=True
                )
                if not seen
            )
            assert not left.strip()


@given(pages, budgets)
@settings(max_examples=150, deadline=None)
def test_chunks_are_ordered_disjoint_within_budget_and_cover_all_text(
    text: str, budget: WordBudget | CharacterBudget
) -> None:
    assert_invariants(page(text), budget)


@given(pages, st.lists(st.integers(0, 6), min_size=14, max_size=14))
@settings(max_examples=100, deadline=None)
def test_components_that_end_anywhere_lose_no_text(text: str, closes: list[int]) -> None:
    document = page(text)
    closed = tuple(
        block if block.kind is BlockKind.HEADING else replace(block, closes=level)
        for block, level in zip(document.blocks, [*closes, *[0] * len(document.blocks)], strict=False)
    )

    assert_invariants(replace(document, blocks=closed), WordBudget())


@given(pages, st.integers(32, 200))
@settings(max_examples=50, deadline=None)
def test_chunking_is_deterministic(text: str, limit: int) -> None:
    assert chunked(page(text), WordBudget(limit)) == chunked(page(text), WordBudget(limit))


@given(st.lists(st.lists(line, min_size=1, max_size=4).map("\n\n".join), min_size=2, max_size=6), st.data())
@settings(max_examples=50, deadline=None)
def test_ids_of_untouched_sections_survive_any_edit(bodies: list[str], data: st.DataObject) -> None:
    edited = data.draw(st.integers(0, len(bodies) - 1))
    replacement = data.draw(line)
    before = [f"## Part {number}\n\n{SENTENCE * 2}\n\n{body}" for number, body in enumerate(bodies)]
    after = before.copy()
    after[edited] = f"## Part {edited}\n\n{SENTENCE * 2}\n\n{replacement}"

    kept = {c.chunk_id for _, c in chunks_of("\n\n".join(before)) if c.heading_path != (f"Part {edited}",)}
    assert kept <= {c.chunk_id for _, c in chunks_of("\n\n".join(after))}
