"""Questions with their answers, and what stands below a component that has ended."""

from __future__ import annotations

import pytest

from ingest.parsing import parse
from ingest.parsing.model import Block, BlockKind, ParsedDocument
from kb_server.index.records import (
    ChunkKind,
    SourceMap,
    Span,
)

from .pages import SENTENCE, WordBudget, assert_invariants, chunked, chunks_of

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
    source = f"# Billing\n\n## Plans {{#plans}}\n\n{item.format(inside)}\n\n{outside}\n\n### Next\n\nMore.\n"
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
