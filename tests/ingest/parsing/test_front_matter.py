"""Front matter: values stay the text that stands in the file, and limits hold."""

from __future__ import annotations

import pytest

from ingest.parsing import ParseError, parse


def metadata_of(front: str) -> dict[str, str | tuple[str, ...]]:
    return parse("a.md", f"---\n{front}\n---\nText\n".encode()).metadata


def test_values_keep_their_spelling() -> None:
    front = (
        'version: 1.10\ndate: 2024-01-02\ndraft: no\norder: 011\nquoted: "on"\nempty:\n'
        "block: >-\n  two\n  lines"
    )

    assert metadata_of(front) == {
        "version": "1.10",
        "date": "2024-01-02",
        "draft": "no",
        "order": "011",
        "quoted": "on",
        "empty": "",
        "block": "two lines",
    }


def test_lists_and_mappings_are_flattened() -> None:
    front = "tags: [v1, 결제]\nnone: []\nseo:\n  title: x\n  deep:\n    y: 1\nalt:\n  - v1: /a\n    v2: /b"

    assert metadata_of(front) == {
        "tags": ("v1", "결제"),
        "none": (),
        "seo.title": "x",
        "seo.deep.y": "1",
        "alt": ("v1: /a, v2: /b",),
    }


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("a: 1\nb: [1", 3, "not valid YAML"),
        ("title: 결제: 환불", 2, "into quotes"),
        ("a: &x 1\nb: *x", 3, "aliases"),
        ("a: {b: {c: {d: 1}}}", 2, "nested deeper"),
        ("- a\n- b", 2, "key: value"),
        ("a: {{ date }}", 2, ""),
        ("a: " + "x" * 17_000, 1, "larger than 16 KB"),
        ("\n".join(f"k{n}: 1" for n in range(65)), 66, "more than 64 keys"),
        ("a: " + "[" * 3000, 2, ""),
    ],
)
def test_what_cannot_be_read_names_line_and_reason(front: str, line: int, reason: str) -> None:
    with pytest.raises(ParseError, match=r"^a\.md:") as caught:
        metadata_of(front)

    assert caught.value.line == line
    assert reason in caught.value.reason


def test_open_front_matter_is_an_error_but_a_rule_is_not() -> None:
    with pytest.raises(ParseError, match="never closed"):
        parse("a.md", b"---\ntitle: x\n\nText\n")

    assert parse("a.md", b"---\n\nText\n").text == "Text"


def test_a_key_that_stands_twice_is_a_warning() -> None:
    document = parse("a.md", b"---\na: 1\na: 2\n---\n")

    assert document.metadata == {"a": "2"}
    assert [warning.line for warning in document.warnings] == [3]


@pytest.mark.parametrize("key", ["acces", "Acess", "accses", "accsess", "accees"])
def test_a_misspelt_access_is_a_warning(key: str) -> None:
    document = parse("refunds.md", f"---\ntitle: 환불\n{key}: [staff]\n---\nText\n".encode())

    (warning,) = document.warnings
    assert warning.line == 3
    assert f"{key!r} restricts nothing; write 'access'" in warning.message


@pytest.mark.parametrize("key", ["access", "Access", "accessed", "assess", "meta.acces"])
def test_other_keys_are_no_misspelt_access(key: str) -> None:
    assert parse("a.md", f"---\n{key}: staff\n---\nText\n".encode()).warnings == ()


def toml_metadata_of(front: str) -> dict[str, str | tuple[str, ...]]:
    return parse("a.md", f"+++\n{front}\n+++\nText\n".encode()).metadata


def test_toml_values_become_text() -> None:
    front = (
        'title = "결제 안내"\nversion = 1.10\nweight = 3\ndraft = false\ndate = 2024-01-02\n'
        "at = 2024-01-02T10:00:00+09:00\nraw = ' C:\\x '\nempty = ''\n"
        'tags = [\n  "v1",\n  "결제",\n]\nnone = []\n'
        '[seo]\ntitle = "x"\n[seo.deep]\ny = 1\n[[alt]]\nv1 = "/a"\nv2 = "/b"'
    )

    assert toml_metadata_of(front) == {
        "title": "결제 안내",
        "version": "1.10",
        "weight": "3",
        "draft": "false",
        "date": "2024-01-02",
        "at": "2024-01-02T10:00:00+09:00",
        "raw": "C:\\x",
        "empty": "",
        "tags": ("v1", "결제"),
        "none": (),
        "seo.title": "x",
        "seo.deep.y": "1",
        "alt": ("v1: /a, v2: /b",),
    }


def test_toml_is_no_part_of_the_text_and_lines_are_counted_on() -> None:
    document = parse("a.md", b'+++\r\ntitle = "Guide"\r\n+++\r\n\r\nFirst\r\n')

    assert (document.title, document.text) == ("Guide", "First")
    assert document.source_map.line_at(0) == 5
    assert parse("a.md", b"+++\n+++\nText\n").text == "Text"


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("a = 1\nb = [1", 3, "not valid TOML"),
        ("a = 1\nb = yes\nc = 2", 3, "not valid TOML: Invalid value"),
        ("a = 1\na = 2\nc = 3", 3, "not valid TOML: Cannot overwrite"),
        ("a = 2024-02-30", 2, "not valid TOML"),
        ("x = 1\na = {b = {c = {d = 1}}}", 3, "nested deeper"),
        ("x = 1\n\n[a.b.c]\nd = 1", 4, "nested deeper"),
        ("x = 1\na = [[[1]]]", 3, "nested deeper"),
        ("- a", 2, "not valid TOML"),
        ('a = "' + "x" * 17_000 + '"', 1, "larger than 16 KB"),
        ("\n".join(f"k{n} = 1" for n in range(70)), 66, "more than 64 keys"),
        ("[t]\n" + "\n".join(f"k{n} = 1" for n in range(65)), 67, "more than 64 keys"),
        ("a = " + "[" * 3000, 2, "nested deeper"),
        (".".join("a" * 5000) + " = 1", 2, "nested deeper"),
        ("a = " + "1" * 5000, 2, "not valid TOML"),
        ("a = 0x" + "f" * 9000, 2, "not valid TOML"),
    ],
)
def test_toml_that_cannot_be_read_names_line_and_reason(front: str, line: int, reason: str) -> None:
    with pytest.raises(ParseError, match=r"^a\.md:") as caught:
        toml_metadata_of(front)

    assert (caught.value.line, reason in caught.value.reason) == (line, True), caught.value.reason


def test_open_toml_is_an_error_but_a_line_of_plus_signs_is_not() -> None:
    with pytest.raises(ParseError, match=r"never closed; add a line with \+\+\+"):
        parse("a.md", b"+++\ntitle = 'x'\n\nText\n")

    assert parse("a.md", b"+++\n\nText\n").text.endswith("Text")
    assert parse("a.md", b"Text\n\n+++\na = 1\n+++\n").metadata == {}
    assert parse("a.rst", b"+++++\nTitle\n+++++\n\nText\n").title == "Title"
    assert parse("a.rst", b"+++\nABC\n+++\n\nText\n").title == "ABC"
