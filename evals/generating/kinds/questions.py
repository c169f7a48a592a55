"""The sections of pages as questions: headings that ask, and headings that are made to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evals.cases.schema import Case, Cite, Expect, Place
from evals.generating.kinds.made import ANSWERS, Corpus, Made, name_of
from evals.generating.pages import Page, Section
from evals.generating.wording import asks, question
from evals.text import language_of, plain

_MIN_BODY = 60
"""Letters below which a section says too little to answer; a Hangul syllable counts for two."""
_MAX_REFERENCE = 600
_HANGUL = re.compile("[가-힣]")


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


def asked_once(made: Sequence[Made]) -> Iterator[Made]:
    """Leave out questions that two sections would answer, and ones whose reference they repeat."""
    asked = [plain(item.case.asked) for item in made]
    for item, text in zip(made, asked, strict=True):
        if asked.count(text) == 1 and not any(plain(words) in text for words in item.case.reference):
            yield item
