"""Sets of real product documentation with real questions.

A set is a folder with ``corpus/`` and ``questions.jsonl``; ``KB_EVAL_DATA`` names the folder that holds
``docs/<set>/``.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.server import EvalError

SETS = ("bitwarden", "fastapi", "frigate", "obsidian", "portone")


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


def plain(text: str) -> str:
    """Reduce text to what a reader compares: no marks, one case, single spaces.

    >>> plain("## Use `CORSMiddleware` { #use }")
    'use corsmiddleware'
    """
    without_ids = re.sub(r"\{\s*#[^}]*\}", " ", unicodedata.normalize("NFKC", text))
    return " ".join(re.sub(r"[*_`#|>\\\[\]\"“”'’]", " ", without_ids).casefold().split())
