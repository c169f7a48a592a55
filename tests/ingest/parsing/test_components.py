"""MDX, HTML and Liquid: tags vanish, what a reader sees stays."""

from __future__ import annotations

import pytest

from ingest.parsing import BlockKind, parse


def text_of(source: str, path: str = "page.mdx") -> str:
    return parse(path, source.encode()).text


def test_imports_and_exports_vanish() -> None:
    source = (
        "---\ntitle: T\n---\n\nimport A from './A';\nimport {\n  B,\n  C,\n} from \"x\";\n\n"
        "export const list = [\n  { a: 1 },\n\n  { b: 2 },\n];\n\n# Title\n\nimport is a word, export too.\n"
    )

    assert text_of(source) == "# Title\n\nimport is a word, export too."


def test_indented_component_content_is_markdown() -> None:
    source = (
        '<Tabs>\n  <Tabs.Tab title="npm">\n    Run **this**:\n\n    ```sh\n    npm i\n      -g\n    ```\n'
        '  </Tabs.Tab>\n\n  <Tabs.Tab title="얀">\n      1. first\n         - nested\n      2. second\n'
        "  </Tabs.Tab>\n</Tabs>\n\nAfter\n"
    )

    for path in ("a.mdx", "a.md"):
        assert text_of(source, path) == (
            "npm\n\nRun this:\n\n```sh\nnpm i\n  -g\n```\n\n얀\n\n1. first\n   - nested\n2. second\n\nAfter"
        )


def test_content_that_is_indented_less_than_its_first_line_keeps_its_lists() -> None:
    source = "<div>\n  <div>\n1. one\n\n   inside one\n2. two\n  </div>\n</div>\n"

    assert text_of(source, "a.md") == "1. one\n   inside one\n2. two"


def test_components_inside_list_items_stay_in_the_item() -> None:
    source = (
        "- pay: object\n\n  <Details>\n    - key: string\n\n"
        '      <Hint style="warning">\n        Keep it `secret`.\n'
        "      </Hint>\n  </Details>\n- next\n"
    )

    document = parse("a.mdx", source.encode())

    assert document.text == "- pay: object\n  - key: string\n    Keep it `secret`.\n- next"
    assert [block.kind for block in document.blocks] == [BlockKind.LIST]


def test_readable_attributes_stay_and_technical_ones_vanish() -> None:
    source = (
        'Go to <NavPath path="Settings > System" /> now.\n\n'
        '<Figure src="/a b.png" caption="결제 화면" />\n\n'
        '<VersionGate v="v2">\n  New.\n</VersionGate>\n\n'
        '<Api method="post" path="/v1/pay" summary="Pay now." className="p-4 m-2" />\n\n'
        '<TabItem value="yaml">\n\nx\n\n</TabItem>\n'
    )

    assert text_of(source) == (
        "Go to Settings > System now.\n\n결제 화면\n\nv2\n\nNew.\n\nPOST /v1/pay\n\nPay now.\n\nyaml\n\nx"
    )


def test_attributes_may_be_expressions_over_several_lines() -> None:
    source = (
        "<Type\n  ident=\"retain\"\n  optional\n  when={(x) => x > 1 && '}'}\n"
        '  type={<>\n    <B>"A"</B>\n    {" | "}\n    <B>"B"</B>\n  </>}\n>\n  Body\n</Type>\n'
    )

    assert text_of(source) == "retain\n\nBody"


def test_string_expressions_are_text_and_comments_vanish() -> None:
    assert text_of("A{' '}B {\"c\"} {/* no */}D {value}\n") == "A B c D {value}"


def test_unknown_constructs_keep_their_text() -> None:
    source = "<Mystery x={1}>\n\n??? what\n\n%{odd}% @@directive(arg) {{ user.name }}\n\n</Mystery>\n"

    assert text_of(source) == "??? what\n\n%{odd}% @@directive(arg) {{ user.name }}"


def test_html_blocks_leave_their_text() -> None:
    source = (
        '<div class="box" align="center">\n  <p>One <em>two</em></p>\n  <p>Three</p>\n</div>\n'
        "<script>\nalert(1)\n</script>\n<style>p{}</style>\n\nAfter <br/> all\n"
    )

    assert text_of(source, "a.md") == "One two\n\nThree\n\nAfter\nall"


def test_html_headings_lists_and_tables_become_blocks() -> None:
    source = (
        '<h2 id="설치">Install</h2>\n<ul>\n  <li>one <b>two</b>\n  <li>three\n'
        '    <ol start="2"><li>x</li></ol>\n  </li>\n</ul>\n'
        "<table>\n<tr><th>A</th><th>B</th></tr>\n"
        '<tr><td rowspan="2">1</td><td>**2**</td></tr>\n<tr><td>3|4</td></tr>\n</table>\n'
    )

    document = parse("a.md", source.encode())

    assert document.text == (
        "## Install\n\n- one two\n- three\n  2. x\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n| 1 | 3\\|4 |"
    )
    assert document.blocks[0].anchor == "설치"
    assert [block.kind for block in document.blocks] == [BlockKind.HEADING, BlockKind.LIST, BlockKind.TABLE]


def test_html_lists_with_code_fences_are_read_as_markdown() -> None:
    source = "<ol>\n<li>\n\nRun:\n\n```sh\nls\n```\n\n</li>\n</ol>\n"

    assert text_of(source, "a.md") == "Run:\n\n```sh\nls\n```"


def test_liquid_tags_vanish_and_their_texts_stay() -> None:
    source = (
        "{% callout info %}\nUse [the app]({{site.baseurl}}/a/).\n{% endcallout %}\n"
        "Click {% icon fa-plus %} **New**.\n\n1. Step\n\n   {% image a/b.png Save the item %}\n\n"
        "2. 다음 {% callout success %}Well done{% endcallout %}\n\n"
        "{% capture tab %}\nInside\n{% endcapture %}\n{{ tab | markdownify }}\n\n"
        "{% raw %}Use {{ name }} and {% if %}{% endraw %}\n\n{% highlight ruby %}\n"
        "puts {{ x }}\n{% endhighlight %}\n"
    )

    assert text_of(source, "a.md") == (
        "Use the app.\n\nClick New.\n\n1. Step\n2. 다음 Well done\n\nInside\n\n"
        "Use {{ name }} and {% if %}\n\n```ruby\nputs {{ x }}\n```"
    )


def test_icons_for_yes_and_no_stay_as_signs() -> None:
    source = (
        '|a|b|\n|-|-|\n|x|<i class="fa fa-check"></i>|\n|y|{% icon fa-times %}|\n|z|<i class="fa-cog"></i>|\n'
    )

    assert text_of(source, "a.md").endswith("| x | ✓ |\n| y | ✗ |\n| z |  |")
    assert text_of('<ul><li><i class="fa fa-check"></i> 지원</li></ul>', "a.html") == "- ✓ 지원"


def test_raw_blocks_protect_what_is_between_their_lines() -> None:
    assert text_of("{% raw %}\nKeep {% tag %} here\n{% endraw %}\n", "a.md") == "Keep {% tag %} here"


def test_gitbook_tabs_and_kramdown_lists_of_attributes() -> None:
    source = (
        '{% tab title="Mac" %}\nBrew\n{% endtab %}\n\n[x](y){:target="_blank"} and *z*{: .c}\n{: .note}\n'
    )

    assert text_of(source, "a.md") == "Mac\n\nBrew\n\nx and z"


def test_a_component_in_running_text_stays_in_its_line() -> None:
    source = "Nvidia <Badge /> is\n<Badge /> supported by <A href={`/x`}>us</A> today.\n"

    assert text_of(source) == "Nvidia is supported by us today."


@pytest.mark.parametrize("path", ["a.mdx", "a.md"])
@pytest.mark.parametrize("quote", ["", "> "])
def test_siblings_on_lines_of_their_own_are_blocks_of_their_own(path: str, quote: str) -> None:
    lines = (
        "<Steps>",
        '<Step title="One">Do <b>one</b>.</Step>',
        '<Step title="둘">둘을 하세요.</Step>',
        '  <Step title="Three">Do',
        "  three.</Step>",
        '<Step title="Four"></Step>',
        "</Steps>",
        "After",
    )

    document = parse(path, "\n".join(quote + line for line in lines).encode())

    assert document.text == "One\n\nDo one.\n\n둘\n\n둘을 하세요.\n\nThree\n\nDo three.\n\nFour\n\nAfter"
    assert {block.kind for block in document.blocks} == {BlockKind.PARAGRAPH}
    starts = [document.source_map.line_at(block.span.start) for block in document.blocks]
    assert starts == [2, 2, 3, 3, 4, 4, 6, 8]


def test_siblings_without_a_title_are_blocks_and_their_questions_stay_questions() -> None:
    assert text_of("<Step>Do one.</Step>\n<Step>Do two.</Step>\n") == "Do one.\n\nDo two."

    faq = '<Accordion title="Free?">Yes.</Accordion>\n<Accordion title="안전한가요?">네.</Accordion>\n'
    document = parse("a.mdx", faq.encode())

    assert [block.title for block in document.blocks if block.is_question] == ["Free?", "안전한가요?"]


def test_text_after_a_component_with_a_title_is_a_block_of_its_own() -> None:
    assert text_of('<Card title="A">x</Card>\nAfter\n') == "A\n\nx\n\nAfter"


def test_components_that_begin_a_line_of_running_text_stay_inline() -> None:
    source = (
        "<Badge>New</Badge>\nfeature and\n<Badge>Beta</Badge>\n<Badge>Pro</Badge>\nones.\n\n"
        "<Badge>새</Badge>\n<Badge>기능</Badge> 입니다.\n"
    )

    assert text_of(source) == "New feature and Beta Pro ones.\n\n새 기능 입니다."
