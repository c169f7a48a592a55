"""Questions about pages that are not seen: they must be refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from evals.cases.schema import Expect
from evals.generating.kinds.made import Corpus, Made, drawn
from evals.text import plain

_REMOVED_SHARE = 0.1
"""Share of the pages that questions without an answer are about, so that the others stay a corpus."""
_MAX_HIDDEN = 50
"""Values that one filter of a request takes."""
_ANSWERED_FROM = 2 / 3
"""Share of a question's words from which on a section may answer it."""
_HANGUL = re.compile("[가-힣]")
_RUN = re.compile(r"[가-힣]+|[^\W_가-힣]+")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a an the i you we it is are do does did can how what where when why who which to of in on
        for with and or my your need know about work should
        """,
    )
)


def removed(every: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask about pages that the question cannot see: it must be refused.

    A page goes with its translation. A question is left out where a section of another page holds two thirds
    of its words, since that one may answer it.
    """
    groups = sorted({_group(corpus, item.page.path) for item in every})
    size = max(1, round(_REMOVED_SHARE * len(groups)))
    gone = set(corpus.rng("removed").sample(groups, min(size, len(groups))))
    hidden = {path for group in gone for path in group}
    stays = [
        _terms(f"{page.title} {section.heading} {section.body}")
        for page in corpus.pages
        if page.path not in hidden
        for section in page.sections
    ]
    found = []
    for item in every:
        group = _group(corpus, item.page.path)
        words = _terms(item.section.words) - _COMMON
        if group not in gone or len(group) > _MAX_HIDDEN or not words:
            continue
        if any(len(words & section) >= _ANSWERED_FROM * len(words) for section in stays):
            continue
        fields = {
            "id": f"removed-{item.case.id}",
            "filters": {"path!": list(group)},
            "expect": Expect(status=["abstained"]),
            "reference": [],
            "tags": ["gen:removed"],
            "source": item.case.source | {"kind": "gen:removed", "of": item.case.id},
        }
        found.append(Made(item.case.model_copy(update=fields), item.section, item.page))
    return drawn(found, count, corpus.rng("removed-cases"))


def _terms(text: str) -> frozenset[str]:
    """Give the words of a text, and of Korean words their pairs of syllables: particles glue to them."""
    return frozenset(
        part
        for run in _RUN.findall(plain(text))
        for part in (map("".join, pairwise(run)) if _HANGUL.match(run) and len(run) > 1 else (run,))
    )


def _group(corpus: Corpus, path: str) -> tuple[str, ...]:
    """Give a page with its translation."""
    return tuple(sorted({path, corpus.translated.get(path, path)}))
