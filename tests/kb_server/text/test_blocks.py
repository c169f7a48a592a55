from hypothesis import given
from hypothesis import strategies as st

from kb_server.text.blocks import TextKind, section_blocks

PAGE = """\
Before any heading.

## Setup `x`

Do this:

1. Open it.
   - nested

   ```yaml
   - a: 1

   # not a heading
   ```

2. Save.

After.

| a | b |
| --- | :-: |
| 1 | 2 |
| 3 | 4 |

```py
# comment

x = 1
```

- one
- two

## 다음

끝."""

PARTS = st.sampled_from([
    "## H", "Text. More.", "- a\n- b", "1. a\n\n   b\n\n2. c", "```\n## x\n\ny\n```", "한글.",
    "| a |\n| --- |\n| 1 |",
])  # fmt: skip


def _section(marker):
    start = PAGE.index(marker)
    return section_blocks(PAGE, start, start + len(marker))


def test_a_section_ends_at_its_neighbours_headings():
    assert [block.span.of(PAGE) for block in _section("끝")] == ["## 다음", "끝."]
    assert [block.span.of(PAGE) for block in _section("Before")] == ["Before any heading."]


def test_the_kinds_of_blocks_are_told_apart():
    assert [block.kind for block in _section("Open it")] == [
        TextKind.HEADING,
        TextKind.PARAGRAPH,
        TextKind.LIST,
        TextKind.PARAGRAPH,
        TextKind.TABLE,
        TextKind.CODE,
        TextKind.LIST,
    ]


def test_a_list_keeps_what_is_nested_in_its_items_behind_blank_lines():
    steps = _section("Open it")[2]

    assert steps.ordered
    assert [item.of(PAGE).split("\n")[0] for item in steps.items] == ["1. Open it.", "2. Save."]
    assert "# not a heading" in steps.items[0].of(PAGE)


def test_a_table_has_a_head_and_rows():
    table = _section("| 3 | 4 |")[4]

    assert table.head.of(PAGE) == "| a | b |\n| --- | :-: |"
    assert [row.of(PAGE) for row in table.items] == ["| 1 | 2 |", "| 3 | 4 |"]


def test_code_is_one_block_although_it_holds_blank_lines():
    code = _section("x = 1")[5]

    assert code.span.of(PAGE) == "```py\n# comment\n\nx = 1\n```"


def test_a_numbered_list_that_starts_again_is_another_list():
    text = "1. a\n2. b\n\n1. c"

    assert len(section_blocks(text, 0, 1)) == 2


def test_a_section_of_a_huge_page_is_read_around_the_chunk_only():
    text = "Paragraph one. Two.\n\n" * 20_000
    middle = len(text) // 2

    blocks = section_blocks(text, middle, middle + 10)

    assert blocks[0].span.start > 0
    assert blocks[-1].span.end < len(text)
    assert any(block.span.start <= middle < block.span.end + 2 for block in blocks)


@given(st.lists(PARTS, min_size=1, max_size=8), st.data())
def test_blocks_are_ordered_disjoint_and_lie_around_the_asked_span(parts, data):
    text = "\n\n".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))

    blocks = section_blocks(text, start, start + 1)

    ends = [0, *(block.span.end for block in blocks)]
    assert all(end <= block.span.start < block.span.end for end, block in zip(ends, blocks, strict=False))
    assert text[start].isspace() or any(b.span.start <= start < b.span.end for b in blocks)
