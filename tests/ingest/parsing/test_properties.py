"""What holds for every input: only ParseError is raised, spans are in order, the text is canonical."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.parsing import SUFFIXES, BlockKind, ParsedDocument, ParseError, parse

PIECES = [
    "\n", "\n\n", "  ", "    ", "\t", "- ", "1. ", "> ", "# ", "## ", "---\n", "===\n", "```", "~~~\n",
    "`", "``", "*", "**", "_", "~~", "==", "|", "|-|\n", "[", "]", "(", ")", "[[", "]]", "![[", "[^1]",
    "[^1]: ", "{", "}", "{#id}", "{% raw %}", "{% endraw %}", "{% callout %}", "{% endcallout %}",
    "{{ x }}", "{/*", "*/}", "<!--", "-->", "%%", "$$", ":::", ":::note ", "///", "/// tip | ",
    "!!! note\n", '=== "Tab"\n', "??? q\n", "[!tip] ", "<", ">", "</", "/>", "<Tabs>\n", "</Tabs>\n",
    '<Faq question="Why?">', "</Faq>", "<details>\n", "<summary>", "</summary>", "</details>\n", "<div>",
    "</div>", "<ul>\n", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>\n", "<h2 id='a'>", "</h2>",
    "<pre>", "</pre>", "<br>", "<a id='x'></a>", "<img alt='그림'>", "<script>", "</script>",
    "import a from 'b'\n", "export const a = {\n", "title: x\n", "a: [1\n", "+++\n",
    "a = 1\n", "[a.b]\n", "word", "한국어 문장", "각가",
    "e\u0301", "\u200b", "&nbsp;", "&#x301;", "\\", "\r\n", "?", "Q: ", "^id\n", ".. note::\n   ",
    ".. code::\n\n   ", ":role:`x`", "::\n\n   ", "|sub|", "`x`_", "\ue000", "\u0007",
]  # fmt: skip

markup = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
sources = st.one_of(markup, st.text(max_size=200), st.binary(max_size=100))
paths = st.sampled_from(sorted(f"docs/page{suffix}" for suffix in SUFFIXES))


def read(path: str, source: str | bytes) -> ParsedDocument | None:
    data = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
    failure: ParseError | None = None
    try:
        return parse(path, data)
    except ParseError as error:
        failure = error
    assert failure.path == path
    assert 1 <= failure.line <= data.count(b"\n") + data.count(b"\r") + 1
    assert failure.reason
    return None


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(paths, sources)
def test_only_parse_errors_are_raised_and_the_document_is_whole(path: str, source: str | bytes) -> None:
    document = read(path, source)
    if document is None:
        return

    check_text(document)
    check_blocks(document)
    check_source_map(document, source)
    assert read(path, source) == document


def check_text(document: ParsedDocument) -> None:
    text = document.text
    assert unicodedata.is_normalized("NFC", text)
    assert not any(
        unicodedata.category(char) in {"Cc", "Co", "Cn", "Cs"} for char in text if char not in "\n\t"
    )
    assert text == text.strip("\n")


def check_blocks(document: ParsedDocument) -> None:
    at = 0
    between: list[str] = []
    for block in document.blocks:
        assert at <= block.span.start < block.span.end <= len(document.text)
        between.append(document.text[at : block.span.start])
        at = block.span.end
        inside = block.span.start
        for item in block.items:
            assert inside <= item.start < item.end <= block.span.end
            inside = item.end
    assert at == len(document.text)
    assert set(between[1:]) <= {"\n\n"}
    headings = [block for block in document.blocks if block.kind is BlockKind.HEADING]
    assert all(1 <= block.level <= 6 and block.title and block.anchor for block in headings)
    assert len({block.anchor for block in headings}) == len(headings)


def check_source_map(document: ParsedDocument, source: str | bytes) -> None:
    data = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
    offsets, lines = document.source_map.offsets, document.source_map.lines
    assert list(offsets) == sorted(set(offsets))
    assert list(lines) == sorted(lines)
    assert all(1 <= line <= max(data.count(b"\n"), data.count(b"\r")) * 2 + 1 for line in lines)
    assert not document.text or offsets[0] == 0


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["alpha", "beta", "가나", "12"]), min_size=1, max_size=8))
def test_plain_words_survive_in_every_format(words: list[str]) -> None:
    source = "\n\n".join(words)

    for path in sorted(SUFFIXES):
        wanted = " ".join(words) if path.startswith(".htm") else source
        assert parse(f"a{path}", source.encode()).text.replace("\n", " ") == wanted.replace("\n", " "), path


@pytest.mark.parametrize(
    "source",
    [
        "**" * 20_000,
        "[" * 20_000,
        "[a](b) " * 10_000,
        "<" * 50_000,
        '<a x="' * 10_000,
        "<a x={" * 10_000,
        "`" * 20_000,
        "` `` ``` " * 10_000,
        "> " * 30 + "x",
        "<A>\n" * 3_000 + "</A>\n" * 3_000,
        "<ul>\n" * 3_000 + "</ul>\n",
        "".join(f"[r{n}]: http://x.example/{n}\n" for n in range(5_000)) + "[r1] " * 5_000,
        "<!--" * 20_000,
        "{/*" * 20_000,
        "{% a " * 20_000,
        "$$x\n" * 5_000,
        "## a\n\n" * 3_000,
    ],
    ids=lambda source: str(source)[:12],
)
@pytest.mark.parametrize("suffix", [".mdx", ".html"])
def test_hostile_input_is_read_in_one_go(source: str, suffix: str) -> None:
    document = read(f"a{suffix}", source)

    assert document is None or len(document.text) <= 3 * len(source)


@pytest.mark.parametrize("source", ["> " * 3_000 + "x", "- " * 500 + "x", "  " * 150 + "- x"])
def test_nesting_beyond_the_limit_is_a_parse_error_or_text(source: str) -> None:
    deep = "\n".join("  " * depth + "- x" for depth in range(200))

    with pytest.raises(ParseError, match="nested"):
        parse("a.md", deep.encode())

    assert read("a.md", source) is None or "x" in parse("a.md", source.encode()).text
