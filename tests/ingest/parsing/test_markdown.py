"""Golden pages: what a reader would see of each Markdown construct."""

from __future__ import annotations

import pytest

from ingest.parsing import BlockKind, parse


def text_of(source: str, path: str = "page.md") -> str:
    return parse(path, source.encode()).text


def test_soft_breaks_join_and_hard_breaks_stay() -> None:
    source = "One line\nand the next.  \nA forced break\\\nand another.<br>Done\n"

    assert text_of(source) == "One line and the next.\nA forced break\nand another.\nDone"


def test_emphasis_links_and_images_leave_their_text() -> None:
    source = 'Press **Save** in _your_ [settings](/s "t") ~~old~~, see ![the *save* icon](a.png) <https://kb.example/a_b>.'

    assert text_of(source) == "Press Save in your settings old, see the save icon https://kb.example/a_b."


def test_inline_code_keeps_backticks_and_what_is_in_them() -> None:
    source = "Use `<Tab {x} {% raw %} [[a]]>` or ``a`b``."

    assert text_of(source) == "Use `<Tab {x} {% raw %} [[a]]>` or ``a`b``."


def test_code_fences_stand_as_written() -> None:
    fence = '```yaml title="a.yml"\n<Tabs>\n  {% if %}\n{/* no */} <!-- no -->\n\n:::note\n%% x %%\n```'

    assert text_of(f"Before\n\n{fence}\n\nAfter") == f"Before\n\n{fence}\n\nAfter"


def test_a_fence_that_holds_backticks_gets_a_longer_fence() -> None:
    source = "~~~md\n```js\n1\n```\n~~~\n"

    assert text_of(source) == "````md\n```js\n1\n```\n````"


def test_indented_code_is_code_in_markdown() -> None:
    document = parse("a.md", b"Run:\n\n    <Tabs>\n    make test\n")

    assert [block.kind for block in document.blocks] == [BlockKind.PARAGRAPH, BlockKind.CODE]
    assert document.text == "Run:\n\n```\n<Tabs>\nmake test\n```"


def test_lists_keep_numbers_nesting_and_code() -> None:
    source = (
        "3. Open **Settings**.\n"
        "   - Left menu\n"
        "     1. Deep\n"
        "4. Run:\n"
        "\n"
        "   ```sh\n"
        "   kb ingest\n"
        "     --json\n"
        "   ```\n"
        "\n"
        "   Then wait.\n"
        "5. 완료\n"
    )

    document = parse("a.md", source.encode())

    assert document.text == (
        "3. Open Settings.\n"
        "   - Left menu\n"
        "     1. Deep\n"
        "4. Run:\n"
        "   ```sh\n"
        "   kb ingest\n"
        "     --json\n"
        "   ```\n"
        "   Then wait.\n"
        "5. 완료"
    )
    [block] = document.blocks
    assert block.ordered
    assert [item.of(document.text).split("\n")[0] for item in block.items] == [
        "3. Open Settings.",
        "4. Run:",
        "5. 완료",
    ]


def test_task_lists_keep_their_boxes() -> None:
    assert text_of("* [x] Done\n* [ ] Open\n") == "- [x] Done\n- [ ] Open"


def test_tables_become_rows_with_header_and_delimiter() -> None:
    source = (
        "|이름|Value|\n|:--|--:|\n|`a\\|b`|one<br>two|\n|[링크](x)|<ul><li>a</li><li>b</li></ul>|\n|short|\n"
    )

    document = parse("a.md", source.encode())

    assert document.text == (
        "| 이름 | Value |\n| --- | --- |\n| `a\\|b` | one two |\n| 링크 | • a • b |\n| short |  |"
    )
    [table] = document.blocks
    assert [row.of(document.text)[:4] for row in table.items] == ["| 이름", "| `a", "| 링크", "| sh"]


def test_heading_anchors_are_explicit_or_slugs_and_unique() -> None:
    source = (
        "# 시작 & 설치!\n\n## Set up { #setup }\n\n## Set up {#again}\n\n## Set up\n\n"
        'Setext `title`\n---\n\n<a name="old"></a>\n## Moved\n\n## Inline <span id="in" />\n\n## Set up\n'
    )

    document = parse("a.md", source.encode())

    assert [(block.level, block.title, block.anchor) for block in document.blocks] == [
        (1, "시작 & 설치!", "시작--설치"),
        (2, "Set up", "setup"),
        (2, "Set up", "again"),
        (2, "Set up", "set-up"),
        (2, "Setext title", "setext-title"),
        (2, "Moved", "old"),
        (2, "Inline", "in"),
        (2, "Set up", "set-up-1"),
    ]
    assert "## Setext `title`" in document.text


def test_comments_of_every_dialect_vanish() -> None:
    source = (
        "A <!-- hidden -->visible `<!-- code -->`\n\n<!--\nhidden\n\n# hidden\n-->\n\nB\n\n"
        "%%\nhidden\n%%\n\nC %%hidden%%end\n\n{/* hidden */}\n\n{% comment %}\nhidden\n{% endcomment %}\nD\n"
    )

    assert text_of(source) == "A visible `<!-- code -->`\n\nB\n\nC end\n\nD"


def test_a_comment_that_never_ends_is_text() -> None:
    assert "still here" in text_of("<!-- open\n\nstill here\n")


def test_footnotes_keep_their_numbers() -> None:
    source = "Fast[^1] and small[^note].\n\n[^1]: Measured\n    twice.\n[^note]: 참고하세요.\n"

    assert text_of(source) == "Fast[1] and small[note].\n\n[1] Measured twice.\n\n[note] 참고하세요."


def test_korean_emphasis_next_to_particles_loses_its_marks() -> None:
    source = "**설정(Settings)**을 열고 _내부 링크_를 누르세요. 2 * 3 * 4는 24입니다."

    assert text_of(source) == "설정(Settings)을 열고 내부 링크를 누르세요. 2 * 3 * 4는 24입니다."


def test_entities_and_invisible_characters_become_what_a_reader_sees() -> None:
    source = "A&nbsp;&rarr;&#8203; B &amp; C\u200b, \u1112\u1161\u11ab"

    assert text_of(source) == "A → B & C, 한"


def test_placeholders_in_angle_brackets_are_text() -> None:
    source = "Run kb <your-name> or kb <TOKEN>, not <b>bold</b>.\n\n<path>/<to> stays\n"

    assert text_of(source) == "Run kb <your-name> or kb <TOKEN>, not bold.\n\n<path>/<to> stays"


def test_quotes_are_ordinary_blocks() -> None:
    assert text_of("> Quoted\n> text\n>\n> - item\n") == "Quoted text\n\n- item"


def test_display_formulas_stay_as_written() -> None:
    assert text_of("$$\na_1 * b_2 \\\\\n$$\n\n$$x$$\n") == "$$\na_1 * b_2 \\\\\n$$\n\n$$x$$"


@pytest.mark.parametrize("line", ["[TOC]", '--8<-- "a.md"', "{* ../../a.py hl[1] *}", "{:toc}", "[[_TOC_]]"])
def test_includes_and_generated_contents_vanish(line: str) -> None:
    assert text_of(f"A\n\n{line}\n\nB") == "A\n\nB"


def test_a_row_with_more_cells_than_the_header_is_a_warning() -> None:
    source = (
        "---\ntitle: T\n---\n"
        "| a | b |\n| - | - |\n| 1 | 2 | 3 |\n| 1 | 2 | |\n| `x|y` | 2\n| 1 \\| 2 | 3 |\n\n"
        "> a | 나\n> -- | --\n> 1 | 둘 | 셋 | 넷\n\n- | a |\n  | - |\n  | 1 | 2 |\n"
    )

    document = parse("a.md", source.encode())

    assert document.text == (
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 1 | 2 |\n| `x | y` |\n| 1 \\| 2 | 3 |\n\n"
        "| a | 나 |\n| --- | --- |\n| 1 | 둘 |\n\n-\n  | a |\n  | --- |\n  | 1 |"
    )
    assert [warning.line for warning in document.warnings] == [6, 8, 13, 17]
    assert "2 columns, 2 more cells" in document.warnings[2].message


LINKS = """- [Backup](backup.md)
  - [Restore](restore.md)
- **[[Core plugins]]** | <a href="/more">more</a>
- [Export](export.md) of all notes
- <https://kb.example>
- `key`: [Settings](settings.md)

[Next page](next.md)

1. [Install](install.md)
2. [Set up](setup.md)
"""
LINKS_KO = """- [백업](backup.md)
  - [복구](restore.md)
- [내보내기](export.md)를 합니다

[다음 장](next.md)
"""


def test_an_entry_that_is_nothing_but_a_link_is_told_from_one_that_says_something() -> None:
    assert text_of(LINKS, "page.mdx").split("\n") == [
        "+ Backup",
        "  + Restore",
        "+ Core plugins | more",
        "- Export of all notes",
        "- https://kb.example",
        "- `key`: Settings",
        "",
        "+ Next page",
        "",
        "1) Install",
        "2) Set up",
    ]
    assert text_of(LINKS_KO) == "+ 백업\n  + 복구\n- 내보내기를 합니다\n\n+ 다음 장"


def test_a_sentence_that_is_a_link_from_end_to_end_stays_a_paragraph() -> None:
    said = "The server keeps each of the notes that you write in a folder of your own."

    assert text_of(f"[{said}](/data)") == said
    assert text_of("See [the notes](/data).") == "See the notes."


def test_a_list_that_was_written_with_plus_signs_says_what_it_says() -> None:
    assert text_of("+ Fast\n+ Small") == "- Fast\n- Small"
    assert text_of("1) Fast\n2) Small") == "1. Fast\n2. Small"


def test_a_heading_whose_space_is_forgotten_is_a_heading() -> None:
    source = "설치합니다\n###제거\n삭제합니다\n\n#tag stays\n\n```c\n##define\n```"

    assert text_of(source) == "설치합니다\n\n### 제거\n\n삭제합니다\n\n#tag stays\n\n```c\n##define\n```"
