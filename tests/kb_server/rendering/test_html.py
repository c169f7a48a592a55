"""The HTML of answers: what is shown, and what never is."""

import re

import pytest

from kb_server.rendering.html import answer_html

IDS = ["cit_aa", "cit_bb"]
ONE = '<a class="kb-cite" data-citation="cit_aa" href="#cit_aa">1</a>'
TWO = '<a class="kb-cite" data-citation="cit_bb" href="#cit_bb">2</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Press OK. [1] Wait. [2]", f"<p>Press OK. {ONE} Wait. {TWO}</p>\n"),
        ("확인을 누릅니다. [1][2]", f"<p>확인을 누릅니다. {ONE}{TWO}</p>\n"),
        ("1. one\n2. 둘\n\n[1]", f"<ol>\n<li>one</li>\n<li>둘</li>\n</ol>\n<p>{ONE}</p>\n"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        (
            "# Head\n\n**굵게** `a[1]`",
            "<p><strong>Head</strong></p>\n<p><strong>굵게</strong> <code>a[1]</code></p>\n",
        ),
        ("```sh\nkb ask [1] <b>\n```", "<pre><code>kb ask [1] &lt;b&gt;\n</code></pre>\n"),
        ("[docs](https://example.com) [1]", None),
    ],
)
def test_markdown_and_marks_are_shown(text, html):
    link = '<a href="https://example.com" target="_blank" rel="nofollow noopener noreferrer">docs</a>'

    assert answer_html(text, IDS) == (html or f"<p>{link} {ONE}</p>\n")


def test_a_table_has_heads_that_a_screen_reader_knows():
    html = answer_html("| 이름 | Value |\n|:--|--:|\n| a | 1 |\n\n[2]", IDS)

    assert html.count('<th scope="col">') == 2
    assert "<td>1</td>" in html
    assert "style" not in html
    assert html.endswith(f"<p>{TWO}</p>\n")


@pytest.mark.parametrize(
    "text",
    [
        r"See \[1\].",
        "`[1]`",
        "[3] and [0] and [01x] and [^1]",
        "\ue0001\ue001 \ue0009\ue001",
        "[see it](https://example.com/[1])",
        '<a class="kb-cite" data-citation="cit_aa" href="#cit_aa">1</a>',
        "[x](https://example.com \"' class='kb-cite'\")",
        "[1]: https://example.com",
    ],
)
def test_what_is_no_mark_of_the_server_is_none_here(text):
    marks = re.findall(r"<a class", answer_html(text, IDS))

    assert len(marks) == (1 if text.startswith("[1]:") else 0)


def test_a_name_of_a_citation_cannot_leave_its_attribute():
    html = answer_html("[1]", ['"><img src=x>'])

    assert "<img" not in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![이미지](https://evil.example/?q=1)",
        "![x][y]\n\n[y]: https://evil.example",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox(1))",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/relative)",
        "<https://evil.example>",
        "<javascript:alert(1)>",
        "<style>@import url(https://evil.example)</style>",
        "<svg onload=alert(1)>",
    ],
)
def test_nothing_runs_or_loads(text):
    html = answer_html(text, IDS)

    tags = set(re.findall(r"</?(\w+)", html))
    assert tags <= {"p", "a"}
    assert all(href.startswith("https://evil.example") for href in re.findall(r'href="([^"]*)"', html))
    assert not re.search(r"<[^>]+\s(?:src|on\w+|style)=", html)
