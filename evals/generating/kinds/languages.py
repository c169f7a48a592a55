"""Questions across languages: of pages that stand in both."""

from __future__ import annotations

from collections.abc import Sequence

from evals.cases.schema import Cite, Expect, Place
from evals.generating.kinds.made import ANSWERS, Corpus, Made, drawn
from evals.text import plain


def across(base: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask in one language where only the page in the other language is seen."""
    found: list[Made] = []
    for item in base:
        other = corpus.by_path.get(corpus.translated.get(item.page.path, ""))
        if other is None or other.shape != item.page.shape:
            continue
        place = Place(path=other.path, heading=other.sections[item.section.number].heading)
        fields = {
            "id": f"cross-{item.case.id}",
            "filters": {"lang": other.lang},
            "expect": Expect(status=ANSWERS, cite=Cite(any=[place])),
            "reference": [],
            "tags": ["gen:cross"],
            "source": item.case.source | {"kind": "gen:cross", "of": item.case.id, "twin": other.path},
            "conversation": item.case.id,
        }
        found.append(Made(item.case.model_copy(update=fields), item.section, item.page))
    return drawn(found, count, corpus.rng("cross"))


def twins(base: Sequence[Made], every: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask what ``base`` asks in the words of the page in the other language."""
    by_section = {(item.page.path, item.section.number): item for item in every}
    found: list[Made] = []
    for item in base:
        other = corpus.by_path.get(corpus.translated.get(item.page.path, ""))
        if other is None or other.shape != item.page.shape:
            continue
        twin = by_section.get((other.path, item.section.number))
        if twin is None:
            continue
        fields = {
            "id": f"twin-{twin.case.id}",
            "tags": ["gen:twin"],
            "source": twin.case.source | {"kind": "gen:twin", "of": item.case.id},
            "conversation": item.case.id,
        }
        found.append(Made(twin.case.model_copy(update=fields), twin.section, twin.page))
    asked = {plain(item.case.asked) for item in base}
    fresh = [item for item in found if plain(item.case.asked) not in asked]
    return drawn(fresh, count, corpus.rng("twin"))
