"""Questions about one version of a product, where pages of several stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from evals.cases.schema import Cite, Expect, Place
from evals.generating.kinds.made import ANSWERS, Corpus, Made, drawn
from evals.generating.kinds.questions import asked_once
from evals.generating.pages import Page
from evals.generating.wording import of_version
from evals.text import plain


def of_versions(raw: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask about one version where a page of the same title and heading stands for another, which is wrong."""
    same: dict[tuple[str, str, str], list[Made]] = {}
    for item in raw:
        key = (item.page.lang, plain(item.page.title), plain(item.section.heading))
        same.setdefault(key, []).append(item)
    found = [made for items in same.values() for item in items if (made := _of_version(item, items, corpus))]
    return drawn(list(asked_once(found)), count, corpus.rng("version"))


def _of_version(item: Made, same: Sequence[Made], corpus: Corpus) -> Made | None:
    mine = corpus.versions.get(item.page.path, ())
    others = [
        other.page.path
        for other in same
        if (labels := corpus.versions.get(other.page.path, ())) and not set(labels) & set(mine)
    ]
    if len(mine) != 1 or not others:
        return None
    text = of_version(item.case.asked, item.page.lang, mine[0])
    cite = Cite(any=item.case.expect.cite.any, none=[Place(path=path) for path in others])
    fields = {
        "id": f"version-{item.case.id}",
        "question": text,
        "expect": Expect(status=ANSWERS, cite=cite, lang=item.case.lang),
        "reference": [],
        "tags": ["gen:version", f"version:{mine[0]}"],
        "source": item.case.source | {"kind": "gen:version", "of": item.case.id},
    }
    return Made(item.case.model_copy(update=fields), item.section, item.page)


def candidates_of_versions(pages: Sequence[Page]) -> list[str]:
    """Give the paths of pages that share a heading with another page of their language."""
    by_heading: dict[tuple[str, str], set[str]] = {}
    for page in pages:
        for section in page.sections:
            by_heading.setdefault((page.lang, plain(section.heading)), set()).add(page.path)
    return sorted({path for paths in by_heading.values() if len(paths) > 1 for path in paths})
