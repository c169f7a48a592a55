"""Sets of real product documentation with real questions.

A set is a folder with ``corpus/`` and ``questions.jsonl``; ``KB_EVAL_DATA`` names the folder that holds
``docs/<set>/``.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.server import EvalError

SETS = ("bitwarden", "fastapi", "frigate", "obsidian", "portone")
LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Relevant:
    """A page, and where known the section, that answers a question."""

    path: str
    heading: str


@dataclass(frozen=True, slots=True)
class Question:
    """One labelled question; any of ``relevant`` is a hit, none means that the docs do not answer it."""

    query_id: str
    text: str
    lang: str
    answerable: bool
    relevant: tuple[Relevant, ...]
    facts: tuple[str, ...]
    cross_lingual: bool


def data_folder(given: Path | None) -> Path:
    """Give the folder of the evaluation data, or raise ``EvalError`` that says how to name it."""
    folder = given or (Path(os.environ["KB_EVAL_DATA"]) if os.environ.get("KB_EVAL_DATA") else None)
    if folder is None or not (folder / "docs").is_dir():
        raise EvalError(
            f"No evaluation data at {folder}: set KB_EVAL_DATA or pass --data with a folder that holds docs/."
        )
    return folder


def load_questions(folder: Path) -> list[Question]:
    """Read the questions of one set."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [_question(json.loads(line)) for line in lines if line.strip()]


def _question(record: dict[str, Any]) -> Question:
    return Question(
        query_id=record["id"],
        text=record["question"],
        lang=record["lang"],
        answerable=record["answerable"],
        relevant=tuple(
            Relevant(path=unicodedata.normalize("NFC", item["path"]), heading=item.get("heading") or "")
            for item in record["relevant"]
        ),
        facts=tuple(record.get("answer_contains", ())),
        cross_lingual="cross_lingual" in record["tags"],
    )


def folder_language(path: str) -> str:
    """Give the language that a folder of the path names, or an empty text.

    >>> folder_language("docs/ko/index.md"), folder_language("faq.md")
    ('ko', '')
    """
    return next((part for part in path.split("/")[:-1] if part in LANGUAGES), "")


def on_pages_in(question: Question, lang: str) -> Question | None:
    """Give the question with only the right pages of one language, or None where it has none.

    Facts are written in the language of the question: on pages of the other language there are none.
    """
    relevant = tuple(item for item in question.relevant if folder_language(item.path) == lang)
    if not relevant:
        return None
    return replace(question, relevant=relevant, facts=question.facts if question.lang == lang else ())


def twins(questions: Sequence[Question]) -> list[tuple[str, str]]:
    """Pair the Korean and the English question about the same places, where there is one of each."""
    by_places: dict[frozenset[Relevant], dict[str, list[str]]] = {}
    for question in questions:
        if question.answerable and all(item.heading for item in question.relevant):
            group = by_places.setdefault(frozenset(question.relevant), {lang: [] for lang in LANGUAGES})
            group[question.lang].append(question.query_id)
    return [
        (group["ko"][0], group["en"][0])
        for group in by_places.values()
        if len(group["ko"]) == len(group["en"]) == 1
    ]


def plain(text: str) -> str:
    """Reduce text to what a reader compares: no marks, one case, single spaces.

    >>> plain("## Use `CORSMiddleware` { #use }")
    'use corsmiddleware'
    """
    without_ids = re.sub(r"\{\s*#[^}]*\}", " ", unicodedata.normalize("NFKC", text))
    return " ".join(re.sub(r"[*_`#|>\\\[\]\"“”'’]", " ", without_ids).casefold().split())
