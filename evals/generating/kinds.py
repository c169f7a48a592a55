"""The kinds of cases that are made of pages; each expects places by path and heading.

All choices come from a seed and the sorted pages, so the same index gives the same cases. What a case expects
is silver: the section that a question was made of answers it, and another one may do so as well.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from evals.cases.schema import Case, Cite, Expect, Place, Status
from evals.generating.pages import Page, Section, repeated_headings, translations
from evals.generating.wording import asks, of_version, question
from evals.noise import NOISES, noisy_twin
from evals.text import language_of, plain

ANSWERS: list[Status] = ["answered", "partial"]
_MIN_BODY = 60
"""Letters below which a section says too little to answer; a Hangul syllable counts for two."""
_MAX_REFERENCE = 600
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


def sections_as_questions(corpus: Corpus) -> list[Made]:
    """Ask about every section that says enough, in the words of its heading."""
    found: list[Made] = []
    for page in corpus.pages:
        names = [plain(section.heading) for section in page.sections]
        for section in page.sections:
            if (
                len(section.body) + len(_HANGUL.findall(section.body)) < _MIN_BODY
                or names.count(plain(section.heading)) > 1
            ):
                continue
            if (made := _made(corpus, page, section)) is not None:
                found.append(made)
    return found


def _made(corpus: Corpus, page: Page, section: Section) -> Made | None:
    repeated = plain(section.heading) in corpus.repeated[page.lang]
    title = page.title if repeated and plain(page.title) != plain(section.heading) else ""
    is_question = asks(section.words, page.lang)
    text = question(section.words, page.lang, title="" if is_question else title)
    if text is None or (is_question and repeated):
        return None
    lang = language_of(text)
    if lang != page.lang:
        return None
    kind = "faq" if is_question else "heading"
    return Made(_case(kind, text, page, section, reference=is_question), section, page)


def _case(kind: str, text: str, page: Page, section: Section, *, reference: bool = False) -> Case:
    place = Place(path=page.path, heading=section.heading)
    return Case(
        id=name_of(kind, place, text),
        question=text,
        lang=page.lang,  # type: ignore[arg-type]  # the caller has compared it with the question's
        expect=Expect(status=ANSWERS, cite=Cite(any=[place]), lang=page.lang),  # type: ignore[arg-type]
        reference=[section.body] if reference and len(section.body) <= _MAX_REFERENCE else [],
        tags=[f"gen:{kind}"],
        source={"kind": f"gen:{kind}", "path": page.path, "heading": section.words},
    )


def name_of(kind: str, place: Place, text: str) -> str:
    """Name a case by what it is made of, whatever else is made beside it."""
    made_of = "\n".join((str(place), text))
    return f"{kind}-{hashlib.sha256(made_of.encode()).hexdigest()[:10]}"


def _asked_once(made: Sequence[Made]) -> Iterator[Made]:
    """Leave out questions that two sections would answer, and ones whose reference they repeat."""
    asked = [plain(item.case.asked) for item in made]
    for item, text in zip(made, asked, strict=True):
        if asked.count(text) == 1 and not any(plain(words) in text for words in item.case.reference):
            yield item


def noisy(kind: str, base: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask what ``base`` asks with the slips of one kind of noise; what it cannot happen to is left out."""
    twins: list[Made] = []
    for item in base:
        text = noisy_twin(item.case.asked, kind, seed=corpus.seed)
        if plain(text) == plain(item.case.asked):
            continue
        spoken = language_of(text)
        fields = {
            "id": f"{kind}-{item.case.id}",
            "question": text,
            "lang": item.case.lang if spoken == item.case.lang else None,
            "tags": [f"gen:{kind}", "noise"],
            "source": item.case.source | {"kind": f"gen:{kind}", "of": item.case.id},
            "conversation": item.case.id,
        }
        twins.append(Made(item.case.model_copy(update=fields), item.section, item.page))
    keep = {item.case.id for item in _spread(twins, count, corpus.rng(kind))}
    return [item for item in twins if item.case.id in keep]


def _spread(twins: Sequence[Made], count: int, rng: random.Random) -> list[Made]:
    chosen: list[Made] = []
    for lang in sorted({item.page.lang for item in twins}):
        same = [item for item in twins if item.page.lang == lang]
        chosen += rng.sample(same, min(count, len(same)))
    return chosen


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


def of_versions(raw: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask about one version where a page of the same title and heading stands for another, which is wrong."""
    same: dict[tuple[str, str, str], list[Made]] = {}
    for item in raw:
        key = (item.page.lang, plain(item.page.title), plain(item.section.heading))
        same.setdefault(key, []).append(item)
    found = [made for items in same.values() for item in items if (made := _of_version(item, items, corpus))]
    return drawn(list(_asked_once(found)), count, corpus.rng("version"))


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


NOISE_KINDS = tuple(NOISES)
KINDS = ("heading", "faq", *NOISE_KINDS, "removed", "twin", "cross", "version")


def make(corpus: Corpus, kinds: Sequence[str], count: int) -> dict[str, list[Made]]:
    """Give up to ``count`` cases of each kind and language, by kind."""
    raw = sections_as_questions(corpus)
    every = list(_asked_once(raw))
    plainly = {
        kind: drawn([item for item in every if f"gen:{kind}" in item.case.tags], count, corpus.rng(kind))
        for kind in ("heading", "faq")
    }
    base = [*plainly["heading"], *plainly["faq"]]
    makers: dict[str, Callable[[], list[Made]]] = {
        **{kind: partial(plainly.__getitem__, kind) for kind in plainly},
        **{kind: partial(noisy, kind, base, corpus, count) for kind in NOISE_KINDS},
        "removed": partial(removed, every, corpus, count),
        "twin": partial(twins, base, every, corpus, count),
        "cross": partial(across, base, corpus, count),
        "version": partial(of_versions, raw, corpus, count),
    }
    return {kind: makers[kind]() for kind in kinds}
