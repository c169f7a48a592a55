"""Admonitions, callouts, tabs and wikilinks of the Markdown dialects."""

from __future__ import annotations

import pytest

from ingest.parsing import parse


def text_of(source: str, path: str = "page.md") -> str:
    return parse(path, source.encode()).text


@pytest.mark.parametrize(
    "source",
    [
        ":::note Good to know\n\nBody\n\n:::\n",
        ":::note[Good to know]\nBody\n:::\n",
        '::: tip {title="Good to know"}\nBody\n:::\n',
        "/// note | Good to know\n\nBody\n\n///\n",
        "/// note | Good to know\n    type: warning\n\nBody\n\n///\n",
        '!!! note "Good to know"\n\n    Body\n',
        '=== "Good to know"\n\n    Body\n',
        "> [!tip] Good to know\n> Body\n",
        "> [!warning]- Good to know\n>\n> Body\n",
        ":::{note} Good to know\nBody\n:::\n",
    ],
)
def test_title_and_body_are_blocks_of_their_own(source: str) -> None:
    assert text_of(f"Before\n\n{source}\nAfter\n") == "Before\n\nGood to know\n\nBody\n\nAfter"


def test_admonitions_nest_and_hold_code_and_lists() -> None:
    source = (
        "::::warning 주의\n\n:::note\n\nInner\n\n:::\n\n- item\n\n::::\n\n"
        '!!! tip\n\n    Text\n\n    ```sh\n    ls\n    ```\n\n    === "Tab"\n\n        deep\n\nOut\n'
    )

    assert text_of(source) == "주의\n\nInner\n\n- item\n\nText\n\n```sh\nls\n```\n\nTab\n\ndeep\n\nOut"


def test_colons_that_open_nothing_are_text() -> None:
    assert (
        text_of("::: not a directive here\n\nText ::: more\n") == "::: not a directive here\n\nText ::: more"
    )


def test_generated_reference_keeps_the_name() -> None:
    assert (
        text_of("::: pkg.module.Class\n    options:\n        members:\n            - run\n")
        == "pkg.module.Class"
    )


def test_wikilinks_show_their_text() -> None:
    source = (
        "See [[Page]], [[Page|the page]], [[Page#Part]], [[#Here]] and [[페이지|문서]](참고).\n\n"
        "| a |\n| --- |\n| [[X\\|shown]] |\n\n![[Note#^id1]] ![[a.png|100]] [[1]](https://x.example)\n"
    )

    assert text_of(source) == (
        "See Page, the page, Page > Part, Here and 문서(참고).\n\n| a |\n| --- |\n| shown |\n\nNote [1]"
    )


def test_highlights_and_block_ids_lose_their_marks() -> None:
    source = "This is ==very important== if a == b.\n\nQuoted words ^block-1\n\n- item\n\n^list-id\n"

    assert text_of(source) == "This is very important if a == b.\n\nQuoted words\n\n- item"
