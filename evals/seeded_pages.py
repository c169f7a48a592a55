"""Copies of documentation pages in which one sentence says something else."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.docs_sets import Question

_NUMBER = re.compile(
    r"(?<![\w.,/:$#\-])(?:[2-9]|[1-9]\d{1,3})(?![\w.,/:\-]*\d)(?![._/:\-]\w)(?=%|[가-힣]| [A-Za-z가-힣])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_SENTENCE = re.compile(r"\n|^[#|`-]")
_MARGINS = (30, 20, 12, 8, 5)
"""Characters around a change by which its place in the source is found."""
# Auxiliaries after which "not" turns an English sentence round, and Korean endings with their denial.
_ENGLISH = (
    (re.compile(r"\bcan (?!not\b|only\b)"), "cannot "),
    (re.compile(r"\b(is|are|will|should|must|was|were) (?!not\b|no\b|only\b)"), r"\1 not "),
)
_KOREAN = (
    (re.compile(r"할 수 있습니다"), "할 수 없습니다"),
    (re.compile(r"([가-힣])됩니다"), r"\1되지 않습니다"),
    (re.compile(r"([가-힣])합니다"), r"\1하지 않습니다"),
    (re.compile(r" 있습니다"), " 없습니다"),
    (re.compile(r" 있어요"), " 없어요"),
    (re.compile(r"([가-힣])(?:돼요|되어요)"), r"\1되지 않아요"),
    (re.compile(r"([가-힣])해요"), r"\1하지 않아요"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seed:
    """A question, and the page that was copied with one sentence changed."""

    query_id: str
    question: str
    lang: str
    kind: str
    """``number``, ``polarity``, or ``none`` for a copy that only adds a sentence of its own."""
    path: str
    """Where the copy stands, relative to the corpus."""
    before: str
    after: str


def edited(sentence: str, kind: str, rng: random.Random) -> str:
    """Change one number or turn the sentence round; the same sentence where that cannot be done.

    >>> edited("You can keep 30 days.", "number", random.Random(0)) != "You can keep 30 days."
    True
    >>> edited("You can keep 30 days.", "polarity", random.Random(0))
    'You cannot keep 30 days.'
    """
    if kind == "number":
        numbers = [match for match in _NUMBER.finditer(sentence) if not _YEAR.fullmatch(match[0])]
        if not numbers:
            return sentence
        chosen = rng.choice(numbers)
        value = int(chosen[0])
        other = rng.choice([value * 2, value * 3, value + 1, value + 5])
        return f"{sentence[: chosen.start()]}{other}{sentence[chosen.end() :]}"
    for pattern, denial in _KOREAN if re.search("[가-힣]", sentence) else _ENGLISH:
        changed = pattern.sub(denial, sentence, count=1)
        if changed != sentence:
            return changed
    return sentence


def plant(
    corpus: Path, answer: Mapping[str, Any], kind: str, asked: Question, rng: random.Random
) -> Seed | None:
    """Write a copy of a page that ``answer`` cites, with the cited sentence changed as ``kind`` says.

    None where no cited sentence can be changed at a place that its source has exactly once.
    """
    for citation in answer["citations"]:
        quote: str = citation["quote"]
        changed = quote if _NO_SENTENCE.search(quote) else edited(quote, kind, rng)
        source = corpus / citation["path"]
        text = _rewritten(source, citation, changed) if changed != quote else None
        if text is not None:
            copy = source.with_name(f"{source.stem} copy {asked.query_id}{source.suffix}")
            copy.write_text(text, encoding="utf-8")
            path = copy.relative_to(corpus).as_posix()
            return Seed(asked.query_id, asked.text, answer["language"], kind, path, quote, changed)
    return None


def _rewritten(source: Path, citation: Mapping[str, Any], changed: str) -> str | None:
    """Make the change in the source of the quote, whose marks the quote does not have."""
    quote: str = citation["quote"]
    lines = source.read_text(encoding="utf-8").split("\n")
    first, last = citation["line_start"] - 1, citation["line_end"]
    passage = "\n".join(lines[first:last])
    start = next(at for at, pair in enumerate(zip(quote, changed, strict=False)) if pair[0] != pair[1])
    end = next(
        at for at, pair in enumerate(zip(quote[::-1], changed[::-1], strict=False)) if pair[0] != pair[1]
    )
    for margin in _MARGINS:
        left = max(start - margin, 0)
        old, new = (
            quote[left : len(quote) - max(end - margin, 0)],
            changed[left : len(changed) - max(end - margin, 0)],
        )
        if old and passage.count(old) == 1:
            lines[first:last] = passage.replace(old, new).split("\n")
            return "\n".join(lines)
    return None
