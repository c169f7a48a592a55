"""Titles, languages, encodings, suffixes."""

from __future__ import annotations

import codecs

import pytest

from ingest.parsing import SUFFIXES, ParseError, parse


@pytest.mark.parametrize(
    ("path", "source", "title"),
    [
        ("a.md", "---\ntitle: Named\n---\n# Heading\n", "Named"),
        ("a.md", "# `kb` 설치\n\n## More\n", "kb 설치"),
        ("guide/getting_started-now.md", "## Second\n\n# Late\n", "getting started now"),
        ("mail/console-guide.md", "## Cloud > Mail > Console\n\n## Send\n\nA.\n", "Cloud > Mail > Console"),
        ("a/b.md", '<a id="x"></a>\n<!-- c -->\n## 알림 > 문자 > 개요\n\n## 발송\n', "알림 > 문자 > 개요"),
        ("a.mdx", "import A from 'a';\n\n![Logo](l.png)\n\n## Alone\n\nText.\n\n### Below\n", "Alone"),
        ("a.md", "## 결제 취소\n\n본문.\n\n### 부분 취소\n", "결제 취소"),
        ("refund-rules.md", "## Cards\n\nA.\n\n## Banks\n\nB.\n", "refund rules"),
        ("refund-rules.md", "Text first.\n\n## Cards\n\nA.\n", "refund rules"),
        ("Refund rules.md", "## Cards\n\nA.\n", "Refund rules"),
        ("sms/console-guide.md", "Text.\n", "sms: console guide"),
        ("문자/개요.md", "본문.\n", "문자: 개요"),
        ("docs/ko/v2/overview.md", "본문.\n", "overview"),
        ("guide/index.mdx", "text", "guide"),
        ("README.md", "text", "README"),
        ("a.html", "<title>Page &amp; more</title><h1>Other</h1>", "Page & more"),
        ("a.rst", "Heading\n=======\n", "Heading"),
        ("a.txt", "Heading\n=======\n", "Heading"),
    ],
)
def test_title(path: str, source: str, title: str) -> None:
    assert parse(path, source.encode()).title == title


@pytest.mark.parametrize(
    ("path", "source", "lang"),
    [
        ("a.md", "---\nlang: ko-KR\n---\nEnglish text", "ko"),
        ("a.md", "---\nlanguage: en_US\n---\n한국어 문서", "en"),
        ("a.md", "---\nlang: fr\n---\n한국어 문서", "ko"),
        ("a.html", '<html lang="ko"><p>API</p></html>', "ko"),
        ("a.md", "설치 방법을 안내합니다.", "ko"),
        ("a.md", "How to install.", "en"),
    ],
)
def test_language(path: str, source: str, lang: str) -> None:
    assert parse(path, source.encode()).lang == lang


def test_byte_order_marks_are_read() -> None:
    assert parse("a.md", codecs.BOM_UTF8 + b"---\ntitle: x\n---\nText").title == "x"
    assert parse("a.md", "제목\r\n".encode("utf-16")).text == "제목"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"one\ntwo \xff\n", 2, "save the file as UTF-8"),
        ("제목\n설치 안내".encode("cp949"), 1, "looks like Korean in EUC-KR"),
        ("가\n".encode() + b"\xea\xb0", 2, "UTF-8"),
        (b"a\r\nb\r\nc\0d", 3, "NUL"),
        (b"x" * (10 * 1024 * 1024 + 1), 1, "limit"),
        (b"\n" * 200_001, 200_000, "lines"),
        (codecs.BOM_UTF16_LE + b"a", 1, "UTF-8"),
    ],
)
def test_what_is_no_text_names_line_and_remedy(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse("a.md", data)

    assert (caught.value.path, caught.value.line) == ("a.md", line)
    assert reason in caught.value.reason


def test_other_suffixes_are_refused() -> None:
    with pytest.raises(ParseError, match=r"use one of .*\.md"):
        parse("a.pdf", b"")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_an_empty_file_is_an_empty_document(suffix: str) -> None:
    document = parse(f"empty{suffix}", b"")

    assert (document.text, document.blocks, document.title) == ("", (), "empty")


def test_line_ends_of_every_system_give_the_same_text() -> None:
    source = "# A\n\nb\nc\n\n- d\n"

    texts = {parse("a.md", source.replace("\n", end).encode()).text for end in ("\n", "\r\n", "\r")}

    assert texts == {"# A\n\nb c\n\n- d"}
