"""Which questions are compared, and on which pages.

A *slice* groups the questions of a set that are asked on all its pages. In a set with pages in both
languages, a *view* ``ko@en`` asks the Korean questions where only the English pages are visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.docs_sets import LANGUAGES, Question, on_pages_in


@dataclass(frozen=True, slots=True)
class View:
    """Questions, and the language to which the pages are narrowed; empty for all pages."""

    name: str
    pages: str
    questions: tuple[Question, ...]


def views(questions: Sequence[Question]) -> list[View]:
    """Give the slices and views of one set that have a question."""
    answerable = [question for question in questions if question.answerable]
    found = [View(name, "", members) for name, members in _slices(answerable).items()]
    if _is_parallel(answerable):
        found += [_narrowed(answerable, asked, pages) for asked in LANGUAGES for pages in LANGUAGES]
    return [view for view in found if view.questions]


def _slices(answerable: Sequence[Question]) -> dict[str, tuple[Question, ...]]:
    """Group by language, and apart those that only a page in the other language answers."""
    same = [question for question in answerable if not question.cross_lingual]
    cross = [question for question in answerable if question.cross_lingual]
    return {
        "en": tuple(question for question in same if question.lang == "en"),
        "ko": tuple(question for question in same if question.lang == "ko"),
        "ko-en": tuple(question for question in cross if question.lang == "ko"),
        "en-ko": tuple(question for question in cross if question.lang == "en"),
    }


def _is_parallel(answerable: Sequence[Question]) -> bool:
    return any(all(on_pages_in(question, lang) for lang in LANGUAGES) for question in answerable)


def _narrowed(answerable: Sequence[Question], asked: str, pages: str) -> View:
    narrowed = (on_pages_in(question, pages) for question in answerable if question.lang == asked)
    return View(f"{asked}@{pages}", pages, tuple(question for question in narrowed if question))
