"""Find pages that contradict what an answer quotes: both are cited, and the answer says so.

Only current pages about the same thing are compared: pages of other versions, products, plans or languages
may differ, and so may pages whose titles and headings say that they are about something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kb_server.answering.answer import ComposedAnswer, Sentence
from kb_server.answering.contradicting.disagreement import (
    POLARITY,
    Difference,
    Statement,
    agrees,
    difference,
    read_statement,
)
from kb_server.answering.contradicting.subjects import Place, about_the_same
from kb_server.answering.display import shown
from kb_server.answering.quoting.excerpts import Excerpt
from kb_server.grounding.support import Support
from kb_server.grounding.words import opening_of, openings
from kb_server.index.records import Document, MetadataValue, Revision, ScoredChunk, Span
from kb_server.remembering import Recent
from kb_server.text.phrases import Phrase, phrase
from kb_server.text.sentences import split_sentences

MAX_CONFLICTS = 2
"""Conflicts that one answer reports; more only say the same again."""
MAX_RIVALS = 3
"""Pages that are named against one quoted sentence."""

_SAME_KEYS = ("product", "version", "plan", "edition", "platform", "region", "audience")
"""Front matter that says what a page is about: pages that name other values are about something else."""
_REPLACED_KEYS = (
    "superseded_by",
    "replaced_by",
    "superseded",
    "deprecated",
    "archived",
    "obsolete",
    "outdated",
)
_REPLACED = frozenset({"superseded", "replaced", "deprecated", "archived", "obsolete", "outdated", "draft"})
"""Values of ``status`` in the front matter of pages that are not current."""
_FALSE = frozenset({"", "false", "no", "0", "none", "null"})
_MARK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_NO_PROSE = re.compile(r"\s*(?:#{1,6} |\||```|~~~|\[\^)")
_FENCE = re.compile(r"^[ ]*(`{3,}|~{3,}).*?(?:^[ ]*\1[`~]*[ ]*$|\Z)", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"\b(?:for example|for instance|e\.g\.|such as)|예를 들|예컨대|예시", re.IGNORECASE)
_LEAST_WORDS, _MOST_WORDS = 3, 60
_FEW_WORDS = 2
"""Of so few content words none may be missing."""
_DATES = ("updated", "last_updated", "lastmod", "last_modified", "date")
_SENTENCES: Recent[str, tuple[tuple[Span, str], ...]] = Recent(
    1 << 15, size_of=lambda sentences: 1 + len(sentences)
)
"""Of the texts that were compared last, with how the words of each begin: up to about 10 MB."""
_STATED: Recent[str, Statement] = Recent(1 << 12)
"""The sentences that were read last: up to about 8 MB."""


class Rival(NamedTuple):
    """Another page's sentence that says otherwise."""

    hit: ScoredChunk
    span: Span
    """Of the sentence, in the page's revision."""
    difference: Difference


@dataclass(frozen=True, slots=True)
class Dispute:
    """A quoted sentence, and what other pages say in its place."""

    excerpt: int
    """Place of the excerpt that holds the quoted sentence."""
    place: int
    """Place of the span in that excerpt."""
    quoted: ScoredChunk
    span: Span
    """Of the quoted sentence, in its page's revision."""
    rivals: tuple[Rival, ...]
    """At least one, each of another page."""

    @property
    def kind(self) -> str:
        """Give what the pages disagree on."""
        return self.rivals[0].difference.kind

    @property
    def told(self) -> frozenset[tuple[str, str]]:
        """Give what is said of it: pages with their values."""
        own = (self.quoted.document.doc_id, self.rivals[0].difference.one)
        return frozenset({own, *((r.hit.document.doc_id, r.difference.other) for r in self.rivals)})

    def repeats(self, other: Dispute) -> bool:
        """Tell whether ``other`` told it already, from this side or from a rival's."""
        return self.told <= other.told or any(
            rival.hit.document.doc_id == self.quoted.document.doc_id
            and rival.span.start < self.span.end
            and self.span.start < rival.span.end
            for rival in other.rivals
        )


def find_disputes(
    excerpts: Sequence[Excerpt], hits: Sequence[ScoredChunk], revision_of: Callable[[str], Revision]
) -> list[Dispute]:
    """Compare each quoted sentence with those of the other pages among ``hits``; at most two are told."""
    found: list[Dispute] = []
    for number, excerpt in enumerate(excerpts):
        rivals = [hit for hit in hits if _comparable(excerpt.passage.hit, hit)]
        for place, span in enumerate(excerpt.spans):
            for said, against in _rivals(excerpt, span, rivals, revision_of):
                dispute = Dispute(number, place, excerpt.passage.hit, said, against)
                if not any(map(dispute.repeats, found)):
                    found.append(dispute)
            if len(found) >= MAX_CONFLICTS:
                return found[:MAX_CONFLICTS]
    return found


def read_sentences(text: str) -> tuple[tuple[Span, str], ...]:
    """Give the sentences of a passage or a quote, each with how its words begin."""
    return _SENTENCES.get(text, lambda: tuple((span, openings(span.of(text))) for span in _sentences(text)))


def with_conflicts(answer: ComposedAnswer, quoted: ComposedAnswer) -> ComposedAnswer:
    """Carry the conflicts of the quoted answer over to one in other words, with the sentences they cite."""
    text, sentences, citations = answer.text, list(answer.sentences), list(answer.citations)
    known = {citation.id: citation for citation in quoted.citations}
    for conflict in quoted.conflicts:
        text += f"\n\n{conflict.text}"
        for cited in conflict.citations:
            if cited not in {citation.id for citation in citations}:
                citations.append(known[cited])
                sentences.append(Sentence(known[cited].quote, (cited,), Support.VERBATIM))
                text += f"\n\n{shown(known[cited].quote)} [{len(citations)}]"
    return replace(
        answer,
        text=text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        conflicts=quoted.conflicts,
    )


def describe(dispute: Dispute, lang: str) -> str:
    """Say in ``lang`` what pages disagree on."""
    page, rivals = page_label(dispute.quoted.document), dispute.rivals
    if dispute.kind == POLARITY:
        against = ", ".join(page_label(rival.hit.document) for rival in rivals)
        return phrase(Phrase.POLARITY_DIFFERS, lang, page=page, rivals=against)
    stated = [(rivals[0].difference.one, page)]
    stated += ((rival.difference.other, page_label(rival.hit.document)) for rival in rivals)
    values = (phrase(Phrase.VALUE_ON_PAGE, lang, value=value, page=where) for value, where in stated)
    return phrase(Phrase.NUMBERS_DIFFER, lang, values=", ".join(values))


def page_label(document: Document) -> str:
    """Name a page by its path, with the date that its front matter gives.

    >>> page_label(Document("d_1", "en/a.md", "A", "en", "r", {"updated": "2026-05-01"}))
    'en/a.md (2026-05-01)'
    """
    dates = (document.metadata.get(key, "") for key in _DATES)
    date = next((value for value in dates if isinstance(value, str) and value), "")
    return shown(f"{document.path} ({date[:10]})" if date else document.path)


def _rivals(
    excerpt: Excerpt, span: Span, rivals: Sequence[ScoredChunk], revision_of: Callable[[str], Revision]
) -> Iterator[tuple[Span, tuple[Rival, ...]]]:
    """Give each sentence of the span that other pages contradict, with those that disagree on the same."""
    quoted, own = excerpt.passage.text_of(span), excerpt.passage
    for place, _ in read_sentences(quoted):
        sentence = Span(span.start + place.start, span.start + place.end)
        said = _Said(
            place.of(quoted), _stated(place.of(quoted)), Place(own.hit, own.revision, sentence.start)
        )
        against: dict[str, Rival] = {}
        for hit in rivals:
            rival = _contradiction(said, hit, revision_of(hit.chunk.doc_id))
            if rival:
                against.setdefault(hit.document.doc_id, rival)
        alike = [r for r in against.values() if _disagree_on(r) == _disagree_on(next(iter(against.values())))]
        if alike:
            yield sentence, tuple(alike[:MAX_RIVALS])


def _disagree_on(rival: Rival) -> tuple[str, str]:
    return rival.difference.kind, rival.difference.one


class _Said(NamedTuple):
    """A quoted sentence."""

    text: str
    stated: Statement
    place: Place


def _contradiction(said: _Said, hit: ScoredChunk, revision: Revision) -> Rival | None:
    """Give the sentence of ``hit`` that disagrees, unless one of the pages says both."""
    found: Rival | None = None
    for sentence, stated in _like(said.stated, hit.text):
        if agrees(said.stated, stated):
            return None
        apart = difference(said.stated, stated) if found is None else None
        place = Place(hit, revision, hit.chunk.char_start + sentence.start)
        if apart and about_the_same(said.text, said.stated, said.place, place):
            own = said.place.hit.text
            if any(agrees(stated, other) for _, other in _like(stated, own)):
                return None
            found = Rival(hit, Span(place.offset, place.offset + sentence.end - sentence.start), apart)
    return None if found and revision.flags_in(*found.span) else found


def _like(said: Statement, text: str) -> Iterator[tuple[Span, Statement]]:
    """Give the sentences of a passage that have all words of ``said``, of several but one."""
    spare = len(said.keys) > _FEW_WORDS
    sought = [opening for key in said.keys if (opening := opening_of(key))]
    for sentence, begun in read_sentences(text):
        if sum(opening not in begun for opening in sought) > spare:
            continue  # most sentences, which need not be read for it
        stated = _stated(sentence.of(text))
        if len(said.keys & stated.keys) >= len(said.keys) - spare:
            yield sentence, stated


def _comparable(hit: ScoredChunk, rival: ScoredChunk) -> bool:
    """Tell whether two pages may be expected to say the same."""
    if hit.document.doc_id == rival.document.doc_id or hit.chunk.lang != rival.chunk.lang:
        return False
    if set(hit.versions) != set(rival.versions):
        return False
    left, right = hit.document.metadata, rival.document.metadata
    if _is_replaced(left) or _is_replaced(right):
        return False
    return all(left[key] == right[key] for key in _SAME_KEYS if key in left and key in right)


def _is_replaced(metadata: Mapping[str, MetadataValue]) -> bool:
    """Tell whether the front matter says that a page is no longer current."""
    if str(metadata.get("status", "")).casefold() in _REPLACED:
        return True
    return any(str(metadata.get(key, "")).casefold() not in _FALSE for key in _REPLACED_KEYS)


def _stated(sentence: str) -> Statement:
    return _STATED.get(sentence, lambda: read_statement(sentence))


def _sentences(text: str) -> Iterator[Span]:
    """List the sentences of prose and list items; tables, code and headings are left out."""
    fences = [match.span() for match in _FENCE.finditer(text)]
    position = 0
    for line in text.split("\n"):
        start, end = position, position + len(line)
        position = end + 1
        if _NO_PROSE.match(line) or any(first <= start < last for first, last in fences):
            continue
        mark = _MARK.match(line)
        for sentence in split_sentences(text, start + (mark.end() if mark else 0), end):
            said = sentence.of(text)
            if _LEAST_WORDS <= len(said.split()) <= _MOST_WORDS and not _EXAMPLE.search(said):
                yield sentence
