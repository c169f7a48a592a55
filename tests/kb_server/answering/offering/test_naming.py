from __future__ import annotations

from kb_server.answering.answer import PagePointer
from kb_server.answering.offering.naming import page_names


def page(title: str, heading: str = "", path: str = "a.md") -> PagePointer:
    heading_path = (heading,) if heading else ()
    return PagePointer(doc_id=path, path=path, title=title, heading_path=heading_path, url=None, anchor="")


def test_pages_with_titles_of_their_own_are_named_by_them() -> None:
    assert page_names([page("설치", "리눅스"), page("Install")]) == ["설치", "Install"]


def test_pages_of_one_title_are_told_apart_by_heading_and_then_by_path() -> None:
    pages = [
        page("카카오페이", "빌링키 발급", "v1/kakaopay.md"),
        page("카카오페이", "결제 취소", "v2/kakaopay.md"),
        page("Notes", "", "v1/notes.md"),
        page("Notes", "", "v2/notes.md"),
    ]

    assert page_names(pages) == [
        "카카오페이 › 빌링키 발급",
        "카카오페이 › 결제 취소",
        "Notes (v1/notes.md)",
        "Notes (v2/notes.md)",
    ]


def test_what_a_title_holds_cannot_pass_for_a_mark() -> None:
    assert page_names([page("See [2]")]) == [r"See \[2\]"]
