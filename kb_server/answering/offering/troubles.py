"""Ask back who only says that something does not work: with troubles that the docs know, or for more.

After an answer the trouble is taken to be with what was spoken of. Sections are offered whose heading, or
whose page, names a trouble, and that are answered when they are asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb_server.answering.answer import Action, Choice, NextStep
from kb_server.answering.offering.asking_back import MAX_CHOICES, TROUBLE_KNOWN, asked_for_more
from kb_server.answering.offering.clarify import Reading
from kb_server.answering.offering.offers import Draft
from kb_server.answering.offering.probe import Probe
from kb_server.answering.quoting.headings import readable
from kb_server.answering.quoting.naming_words import naming_words, said_way
from kb_server.answering.talking import GENERATOR
from kb_server.dialogue.follow_up import spoken_of
from kb_server.dialogue.small_talk import small_talk
from kb_server.dialogue.talk import Talk
from kb_server.dialogue.turns import Turn, asked_before
from kb_server.index.language import KOREAN
from kb_server.index.records import ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.results import RetrievalResult
from kb_server.searching import View
from kb_server.text.phrases import Phrase, phrase

TOP_K = 20
"""Passages among which headings that name a trouble are looked for."""
_ASKED_FOR = {KOREAN: "문제 해결 오류 안 될 때"}
_ASKED_FOR_IN_ENGLISH = "troubleshooting problems errors not working"
_TRIED = MAX_CHOICES + 2
_TROUBLE = re.compile(
    r"\b(?:troubleshoot\w*|problems?|issues?|errors?|not work(?:ing)?"
    r"|(?:does|do|did|is|are|could|was|wo)n['’]t|can['’]t|cannot|can not|unable|fail(?:s|ed|ing|ures?)?"
    r"|broken|missing|stuck|crash\w*|wrong)\b"
    r"|문제|오류|에러|실패|장애|고장|먹통|해결|안\s(?:되|돼|됨|될|보|나|열)|(?:되|하|보이|나오|열리|나타나)지\s?않",
    re.IGNORECASE,
)


class Trouble(NamedTuple):
    """What is known of a trouble that somebody only complains of."""

    lang: str
    """Language of the server's own words."""
    about: str
    """The question that was answered before it, empty where nothing was asked."""
    cited: frozenset[str]
    """The pages that the last answer cited, by id or path."""


def trouble_of(turns: Sequence[Turn], lang: str) -> Trouble:
    """Read a complaint after ``turns``."""
    cited = next((turn.cited for turn in reversed(turns) if turn.cited), ())
    return Trouble(lang, spoken_of(turns), frozenset(place.doc_id or place.path for place in cited))


def was_asked_back(turns: Sequence[Turn]) -> bool:
    """Tell whether the last thing that was said before is a complaint as well: to ask again leads nowhere."""
    last = asked_before(turns)[:1]
    return bool(last) and small_talk(last[0]) is Talk.TROUBLE


def text_of(trouble: Trouble, lang: str) -> str:
    """Give what is searched for, in ``lang``."""
    return f"{trouble.about} {_ASKED_FOR.get(lang, _ASKED_FOR_IN_ENGLISH)}".strip()


def draft(trouble: Trouble, view: View, result: RetrievalResult) -> Draft:
    """Give the question back, with what ``result`` holds of such a trouble still to be asked."""
    lang = trouble.lang
    if trouble.about:
        text, step = (
            Phrase.TROUBLE_AFTER,
            NextStep(Action.CONTACT_SUPPORT, phrase(Phrase.CONTACT_SUPPORT, lang)),
        )
    else:
        text, step = Phrase.TROUBLE, NextStep(Action.REPHRASE, phrase(Phrase.REPHRASE, lang))
    return Draft(
        version=result.version,
        audiences=view.seen_as,
        answer=asked_for_more(phrase(text, lang), step, lang, generator=GENERATOR),
        readings=tuple(_readings(trouble, result))[:_TRIED],
        opening=TROUBLE_KNOWN,
    )


def _readings(trouble: Trouble, result: RetrievalResult) -> Iterator[Reading]:
    """Give the sections that name a trouble, of each page one where nothing was spoken of before."""
    seen: set[tuple[str, ...]] = set()
    for hit, path in _places(trouble, result):
        if hit.chunk.lang != result.lang or not _belongs(hit, path, trouble):
            continue
        place = (hit.document.doc_id, *(path if trouble.about else ()))
        title, heading = readable(hit.document.title), readable("".join(path[-1:]))
        named = heading if path else title
        if place in seen or not named:
            continue
        seen.add(place)
        label = f"{title} > {named}" if title and title != named else named
        filters = {**result.query.filters, "path": hit.document.path}
        # The filter names the page: its title in the question would ask for what leads there.
        probe = Probe(named, filters, hit.document.doc_id, path)
        yield Reading(Choice(label, named, filters), probe, alone=True)


def _places(trouble: Trouble, result: RetrievalResult) -> Iterator[tuple[ScoredChunk, tuple[str, ...]]]:
    """Give the headings down to one that names a trouble, none for a title, of each section found."""
    for hit in result.hits:
        for path in [section.heading_path for section in hit.chunk.sections] or [hit.chunk.heading_path]:
            depths = [0] if _TROUBLE.search(hit.document.title) else []
            depths += [at for at, heading in enumerate(path, start=1) if _TROUBLE.search(heading)]
            if depths:
                yield hit, path[: depths[-1 if trouble.about else 0]]


def _belongs(hit: ScoredChunk, path: Sequence[str], trouble: Trouble) -> bool:
    """Tell whether a section is on a page that was cited, or its headings name what was spoken of."""
    if not trouble.about or not trouble.cited.isdisjoint((hit.document.doc_id, hit.document.path)):
        return True
    said = set(tokenize(" ".join((hit.document.title, *path))))
    return any(said_way(way, said) for ways in naming_words(trouble.about) for way in ways)
