"""FAQ items: whatever their markup, each is a heading of its own, below its section."""

from __future__ import annotations

import pytest

from ingest.parsing import Block, BlockKind, parse


def headings(source: str, path: str = "page.mdx") -> list[tuple[int, str, bool]]:
    return [(block.level, block.title, block.is_question) for block in heading_blocks(source, path)]


def heading_blocks(source: str, path: str = "page.mdx") -> list[Block]:
    return [block for block in parse(path, source.encode()).blocks if block.kind is BlockKind.HEADING]


@pytest.mark.parametrize(
    "item",
    [
        '<FaqItem id="free" question="Is it free?">\n\nYes.\n\n</FaqItem>\n',
        '<FaqItem question={"Is it free?"}>\n  Yes.\n</FaqItem>\n',
        (
            "<Details>\n  <Details.Summary>Is it free?</Details.Summary>\n\n  <Details.Content>\n    Yes.\n"
            "  </Details.Content>\n</Details>\n"
        ),
        "<details>\n<summary><b>Is it free?</b></summary>\n\nYes.\n\n</details>\n",
        "<details><summary>\nIs it free?\n</summary>Yes.</details>\n",
        '<Accordion title="Is it free?">\nYes.\n</Accordion>\n',
        "**Is it free?**\n\nYes.\n",
        "**Is it free?**\nYes.\n",
        '??? question "Is it free?"\n    Yes.\n',
        ":::details Is it free?\nYes.\n:::\n",
        "> [!faq]- Is it free?\n> Yes.\n",
    ],
)
def test_every_kind_of_item_becomes_a_question_below_its_section(item: str) -> None:
    source = f"## Billing\n\n{item}"

    assert headings(source) == [(2, "Billing", False), (3, "Is it free?", True)]
    assert parse("page.mdx", source.encode()).text == "## Billing\n\n### Is it free?\n\nYes."


def test_component_id_is_the_anchor() -> None:
    assert (
        heading_blocks('<FaqItem id="free" question="Is it free?">\nYes.\n</FaqItem>\n')[0].anchor == "free"
    )


def test_questions_written_with_a_q_are_found() -> None:
    source = "## 문의\n\n**Q: 결제는 어떻게 하나요**\n\nA: 카드로 합니다.\n\nQ. 환불되나요?\nA. 네.\n"

    assert headings(source) == [
        (2, "문의", False),
        (3, "Q: 결제는 어떻게 하나요", True),
        (3, "Q. 환불되나요?", True),
    ]


def test_bold_lines_that_ask_nothing_stay_paragraphs() -> None:
    assert headings("## Setup\n\n**Important**\n\nText with **bold?** inside.\n") == [(2, "Setup", False)]


def test_bold_lines_and_list_items_of_an_faq_section_are_questions() -> None:
    source = (
        "## FAQ\n\n**Refunds after a week**\nNot possible.\n\n"
        "- 조회 기간\n  - 3개월입니다.\n\n- 알림\n  - 보냅니다.\n\n"
        "## Other\n\n**Note**\n\nText\n"
    )

    assert headings(source) == [
        (2, "FAQ", False),
        (3, "Refunds after a week", True),
        (3, "조회 기간", True),
        (3, "알림", True),
        (2, "Other", False),
    ]


def test_leaf_headings_of_an_faq_page_are_questions() -> None:
    source = "---\ntitle: 자주 묻는 질문\n---\n\n## 결제\n\n### 카드 등록\n\nA\n\n### 취소\n\nB\n"

    assert headings(source) == [(2, "결제", False), (3, "카드 등록", True), (3, "취소", True)]
    assert headings("# Help\n\n## Item\n\nA\n", "help/faqs.md")[1] == (2, "Item", True)


def test_headings_are_questions_where_most_siblings_ask() -> None:
    source = "## Help\n\n### How do I pay?\n\nA\n\n### 왜 실패하나요\n\nB\n\n### Invoices\n\nC\n\n## Next\n"

    assert [asks for _, _, asks in headings(source)] == [False, True, True, True, False]


def test_text_after_a_closed_item_says_so() -> None:
    source = (
        "## A\n\n<Details>\n<summary>More?</summary>\n\nInside\n\n</Details>\n\nOutside\n\nAlso outside\n"
    )

    blocks = parse("a.mdx", source.encode()).blocks

    assert [block.closes for block in blocks] == [0, 0, 0, 3, 0]


def test_nested_items_go_one_level_deeper() -> None:
    source = (
        "<details>\n<summary>Outer?</summary>\n\n<details>\n<summary>Inner?</summary>\n\n"
        "x\n\n</details>\n\n</details>\n"
        "\n<details>\n<summary>Next?</summary>\n\ny\n\n</details>\n"
    )

    assert headings(source) == [(2, "Outer?", True), (3, "Inner?", True), (2, "Next?", True)]
