"""One place for passages that say the same: boilerplate repeated on many pages leaves room for others.

Two passages are duplicates when they are in the same language and under the same heading, hold the same
numbers and negations, and share nearly all runs of three words. A translation is no duplicate, nor is a copy
in which a limit or a "not" differs, nor the same steps once under "Android" and once under "iOS".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb_server.remembering import remembered
from kb_server.retrieval.candidates import Candidates, Evidence, Stage

_SAME = 0.9
"""Share of common word runs (Jaccard) from which on two passages count as one."""
_RUN = 3
"""Words per run."""
_WORD = re.compile(r"\w+(?:(?<=n)'t)?")
_NEGATION = re.compile(r"not|no|never|cannot|without|\w*n't|안|못|\w*(?:않|없|아니|불가|금지|못하)\w*")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What two passages are compared by."""

    text: str
    numbers: tuple[str, ...]
    negations: tuple[str, ...]

    @property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Runs of words: made only for passages that have the same numbers and negations."""
        return _runs(self.text)


@remembered(4096)
def fingerprint(text: str) -> Fingerprint:
    """Give what ``text`` is compared by; case, punctuation and white space do not count.

    >>> fingerprint("Keep 3 copies.").numbers
    ('3',)
    """
    words = _words(text)
    distinct = set(words)
    numbers = {word for word in distinct if any(map(str.isdigit, word))}
    negations = {word for word in distinct if _NEGATION.fullmatch(word)}
    return Fingerprint(
        text,
        numbers=tuple(word for word in words if word in numbers),
        negations=tuple(word for word in words if word in negations),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("’", "'"))


@remembered(512)  # 30 KB each
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _words(text)
    return frozenset(tuple(words[at : at + _RUN]) for at in range(max(len(words) - _RUN + 1, 1)) if words)


def say_the_same(one: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether two passages of one language are duplicates.

    >>> say_the_same(fingerprint("Press the red key, then wait."), fingerprint("press the red key then wait"))
    True
    >>> say_the_same(fingerprint("===="), fingerprint("----"))
    False
    """
    if (one.numbers, one.negations) != (other.numbers, other.negations):
        return False
    first, second = one.runs, other.runs
    smaller, larger = sorted((len(first), len(second)))
    if not first or smaller < _SAME * larger:
        return False
    common = len(first & second)
    return common >= _SAME * (smaller + larger - common)


def duplicate_stage(
    texts_of: Callable[[Sequence[int]], Sequence[str]],
    headings_of: Callable[[Sequence[int]], Sequence[str]],
    row_langs: NDArray[np.int8],
    *,
    depth: int = 0,
) -> Stage:
    """Give the stage that takes out candidates which say the same as a better one.

    It looks as far down as the hits are cut, so that what moves up is compared as well, or down to ``depth``
    where a later stage lifts candidates from there. ``texts_of`` gives the texts of rows, ``headings_of`` the
    nearest heading of each, which is asked for only where two texts are the same.
    """

    def under_one_heading(row: int, first: int) -> bool:
        one, other = headings_of([row, first])
        return one.casefold() == other.casefold()

    def rank(evidence: Evidence, candidates: Candidates) -> Candidates:
        rows = candidates.rows.tolist()
        wanted = max(evidence.query.top_k, depth)
        kept: list[tuple[int, int, Fingerprint]] = []
        dropped: dict[int, int] = {}
        at = 0
        while at < len(rows) and len(kept) < wanted:
            batch = rows[at : at + wanted]
            for row, text in zip(batch, texts_of(batch), strict=True):
                mark, lang = fingerprint(text), int(row_langs[row])
                same = (
                    first
                    for first, its, other in kept
                    if its == lang and say_the_same(mark, other) and under_one_heading(row, first)
                )
                twin = next(same, None)
                if twin is None:
                    kept.append((row, lang, mark))
                else:
                    dropped[row] = twin
            at += len(batch)
        left = np.array([row not in dropped for row in rows], dtype=np.bool_)
        return candidates.after("duplicates", candidates.rows[left], candidates.scores[left], dropped=dropped)

    return rank
