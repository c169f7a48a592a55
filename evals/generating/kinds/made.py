"""The pages that cases are made of, and a case with what later kinds are made of."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evals.cases.schema import Case, Place, Status
from evals.generating.pages import Page, Section, repeated_headings, translations

ANSWERS: list[Status] = ["answered", "partial"]


@dataclass(frozen=True, slots=True)
class Made:
    """A case with what later kinds are made of."""

    case: Case
    section: Section
    page: Page


@dataclass(slots=True)
class Corpus:
    """The pages with what all kinds ask of them."""

    pages: Sequence[Page]
    versions: Mapping[str, Sequence[str]]
    """Labels by path, of pages that share a heading with another one."""
    seed: int
    translated: dict[str, str] = field(init=False)
    repeated: dict[str, set[str]] = field(init=False)
    by_path: dict[str, Page] = field(init=False)

    def __post_init__(self) -> None:
        """Find translations and repeated headings once."""
        self.translated = translations(self.pages)
        self.by_path = {page.path: page for page in self.pages}
        langs = {page.lang for page in self.pages}
        self.repeated = {
            lang: repeated_headings([page for page in self.pages if page.lang == lang]) for lang in langs
        }

    def rng(self, kind: str) -> random.Random:
        """Give the generator of one kind, so that adding a kind changes no other."""
        return random.Random(f"{self.seed}:{kind}")  # noqa: S311 - reproducible, nothing secret


def drawn(made: Sequence[Made], count: int, rng: random.Random) -> list[Made]:
    """Give up to ``count`` of each language at random, in their order."""
    chosen: list[Made] = []
    for lang in sorted({item.case.language for item in made}):
        same = [item for item in made if item.case.language == lang]
        chosen += rng.sample(same, min(count, len(same)))
    return [item for item in made if item in chosen]


def name_of(kind: str, place: Place, text: str) -> str:
    """Name a case by what it is made of, whatever else is made beside it."""
    made_of = "\n".join((str(place), text))
    return f"{kind}-{hashlib.sha256(made_of.encode()).hexdigest()[:10]}"
