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
_HANGUL = re.compile("[가-힣]")
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


KINDS = ("unit", "alike", "elsewhere", "number", "polarity")
"""An amount changed together with its unit, the same amount in another unit, which is no contradiction, a
changed number on a page of its own with another title, a number changed, and a sentence turned round: what
fewest sentences allow comes first."""
_MEASURED = re.compile(
    r"(?<![\w.,/:$#\-])(?P<number>[1-9]\d{0,3})(?P<gap> ?)"
    r"(?P<unit>(?:seconds?|minutes?|hours?|days?|weeks?|months?|[MG]B)\b"
    r"|초|분|시간|개월|일(?= |간|까|동|이|안|후|뒤|마|을|은|의))"
)
_LARGER = {
    "second": "minutes", "minute": "hours", "hour": "days", "day": "weeks", "week": "months",
    "month": "years", "MB": "GB", "GB": "TB",
    "초": "분", "분": "시간", "시간": "일", "일": "개월", "개월": "년",
}  # fmt: skip
_SMALLER = {
    "second": (1000, "milliseconds"), "minute": (60, "seconds"), "hour": (60, "minutes"),
    "day": (24, "hours"), "week": (7, "days"), "month": (30, "days"), "MB": (1000, "KB"), "GB": (1000, "MB"),
    "초": (1000, "밀리초"), "분": (60, "초"), "시간": (60, "분"), "일": (24, "시간"), "개월": (30, "일"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seed:
    """A question, and the page that was copied with one sentence changed."""

    query_id: str
    question: str
    lang: str
    kind: str
    """One of ``KINDS``, or ``none`` for a copy that only adds a sentence of its own."""
    path: str
    """Where the copy stands, relative to the corpus."""
    before: str
    after: str


def edited(sentence: str, kind: str, rng: random.Random) -> str:
    """Change one number, its unit or the sense of a sentence; the same sentence where that cannot be done.

    >>> edited("You can keep 30 days.", "number", random.Random(0)) != "You can keep 30 days."
    True
    >>> edited("You can keep 30 days.", "polarity", random.Random(0))
    'You cannot keep 30 days.'
    >>> [edited("You can keep 30 days.", kind, random.Random(0)) for kind in ("unit", "alike")]
    ['You can keep 31 weeks.', 'You can keep 720 hours.']
    """
    if kind in {"unit", "alike"}:
        return _in_other_unit(sentence, is_same=kind == "alike")
    if kind in {"number", "elsewhere"}:
        numbers = [match for match in _NUMBER.finditer(sentence) if not _YEAR.fullmatch(match[0])]
        if not numbers:
            return sentence
        chosen = rng.choice(numbers)
        value = int(chosen[0])
        other = rng.choice([value * 2, value * 3, value + 1, value + 5])
        return f"{sentence[: chosen.start()]}{other}{sentence[chosen.end() :]}"
    for pattern, denial in _KOREAN if _HANGUL.search(sentence) else _ENGLISH:
        changed = pattern.sub(denial, sentence, count=1)
        if changed != sentence:
            return changed
    return sentence


def _in_other_unit(sentence: str, *, is_same: bool) -> str:
    """Say the first amount in a smaller unit, or a far larger one in a larger unit."""
    match = _MEASURED.search(sentence)
    if match is None:
        return sentence
    unit, number = match["unit"], int(match["number"])
    name = unit.removesuffix("s")
    factor, smaller = _SMALLER[name]
    changed = (
        f"{number * factor}{match['gap']}{smaller}"
        if is_same
        else f"{number + 1}{match['gap']}{_LARGER[name]}"
    )
    return f"{sentence[: match.start()]}{changed}{sentence[match.end() :]}"


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
        if changed == quote:
            continue
        text = _answers(asked, changed) if kind == "elsewhere" else _rewritten(source, citation, changed)
        if text is not None:
            name = "questions" if kind == "elsewhere" else f"{source.stem} copy"
            copy = source.with_name(f"{name} {asked.query_id}{source.suffix}")
            copy.write_text(text, encoding="utf-8")
            path = copy.relative_to(corpus).as_posix()
            return Seed(asked.query_id, asked.text, answer["language"], kind, path, quote, changed)
    return None


def _answers(asked: Question, changed: str) -> str | None:
    """Give a page of answers that says ``changed``; None where question and sentence are in two languages."""
    is_korean = bool(_HANGUL.search(changed))
    if is_korean != bool(_HANGUL.search(asked.text)):
        return None
    title = "자주 묻는 질문" if is_korean else "Questions and answers"
    return f"# {title}\n\n## {asked.text}\n\n{changed}\n"


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
