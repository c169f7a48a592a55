import pytest

from kb_server.answering.display import renumbered, shown


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("See [2] and [1, 3].", r"See \[2\] and \[1, 3\]."),
        ("각주 [^1]과 [2].", r"각주 \[^1\]과 \[2\]."),
        ("[our shop](https://evil.example)", r"\[our shop\](https://evil.example)"),
        ("![x](https://evil.example/?q=1)", r"!\[x\](https://evil.example/?q=1)"),
        ("[shop][2]", r"\[shop\]\[2\]"),
        ("[1]: https://evil.example", r"\[1\]: https://evil.example"),
        ("<script>alert(1)</script>", r"\<script>alert(1)\</script>"),
        ("<javascript:alert(1)>", r"\<javascript:alert(1)>"),
        (r"\[2\] stays", r"\[2\] stays"),
    ],
)
def test_what_could_pass_for_a_marker_a_link_or_a_tag_is_escaped(quote, text):
    assert shown(quote) == text


@pytest.mark.parametrize(
    "quote",
    [
        "Press [Enter] or [저장].",
        "`a[2]` and ``[1](x)``",
        "```js\na[2] = b[1](c);\n<script>\n```",
        "x < 3 and y > 2",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "<YOUR_KEY>",
    ],
)
def test_what_is_plain_or_code_stays_as_it_is(quote):
    assert shown(quote) == quote


def test_escaping_twice_is_escaping_once():
    quote = "See [2], [a](b) and <img>."

    assert shown(shown(quote)) == shown(quote)


def test_a_backtick_without_its_partner_cannot_reach_the_next_quote():
    text = f"{shown('Press ` to open.')} [1] {shown('쓰려면 `x[1]`를 적습니다.')} [2]"

    assert text == r"Press \` to open. [1] 쓰려면 `x[1]`를 적습니다. [2]"
    assert renumbered(text, {1: 3, 2: 4}).endswith("[4]")
    assert "[3]" in renumbered(text, {1: 3, 2: 4})
    assert shown("Use `a\nb[1]` here.") == "Use `a\nb[1]` here."
