"""Find pages that contradict what an answer quotes: both are cited, and the answer says so.

Only current pages about the same thing are compared: pages of other versions, products, plans or languages
may differ, and so may pages whose titles and headings each name something that the sentences do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import NamedTuple

from kb_server.answering.answer import ComposedAnswer, Sentence
from kb_server.answering.disagreement import (
    POLARITY,
    Difference,
    Statement,
    context_words,
    difference,
    read_statement,
)
from kb_server.answering.display import shown
from kb_server.answering.excerpts import Excerpt
from kb_server.grounding.support import Support
from kb_server.grounding.words import opening_of, openings
from kb_server.index.records import Document, Revision, ScoredChunk, Span
from kb_server.remembering import Recent, remembered
from kb_server.text.phrases import Phrase, phrase
from kb_server.text.sentences import split_sentences

MAX_CONFLICTS = 2
"""Conflicts that one answer reports; more only say the same again."""
MAX_RIVALS = 3
"""Pages that are named against one quoted sentence."""

_SAME_KEYS = ("product", "version", "plan", "edition", "platform", "region", "audience")
"""Front matter that says what a page is about: pages that name other values are about something else."""
_MARK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_NO_PROSE = re.compile(r"\s*(?:#{1,6} |\||```|~~~|\[\^)")
_FENCE = re.compile(r"^[ ]*(`{3,}|~{3,}).*?(?:^[ ]*\1[`~]*[ ]*$|\Z)", re.MULTILINE | re.DOTALL)
_LEAST_WORDS, _MOST_WORDS = 3, 60
_DATES = ("updated", "last_updated", "lastmod", "last_modified", "date")
_SENTENCES: Recent[str, tuple[tuple[Span, str], ...]] = Recent(
    1 << 15, size_of=lambda sentences: 1 + len(sentences)
)
"""Of the texts that were compared last, with how the words of each begin: up to about 10 MB."""
_STATED: Recent[str, Statement] = Recent(1 << 12)
"""The sentences that were read last: up to about 8 MB."""
# Titles that name a kind of page, and nothing that it is about.
_KIND_OF_PAGE = context_words(
    (
        "FAQ questions answers overview guide introduction reference troubleshooting help support tips notes",
        "manual documentation docs basics limits limitations quick start getting started general about page",
        "개요 안내 소개 참고 문제 해결 도움말 자주 묻는 질문 답변 설명서 시작하기 제한 사항 문서 정보 일반",
    )
)


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
    quoted = excerpt.passage.text_of(span)
    for place, _ in read_sentences(quoted):
        said = _stated(place.of(quoted))
        against: dict[str, Rival] = {}
        for rival in rivals:
            apart, other = _contradiction(said, excerpt.passage.hit, rival)
            if apart and not revision_of(rival.chunk.doc_id).flags_in(*other):
                against.setdefault(rival.document.doc_id, Rival(rival, other, apart))
        alike = [r for r in against.values() if _disagree_on(r) == _disagree_on(next(iter(against.values())))]
        if alike:
            sentence = Span(span.start + place.start, span.start + place.end)
            yield sentence, tuple(alike[:MAX_RIVALS])


def _disagree_on(rival: Rival) -> tuple[str, str]:
    return rival.difference.kind, rival.difference.one


def _contradiction(said: Statement, hit: ScoredChunk, rival: ScoredChunk) -> tuple[Difference | None, Span]:
    """Give the sentence of ``rival`` that disagrees, unless another one there says the same."""
    found: Difference | None = None
    place = Span(0, 0)
    sought = [opening for key in said.keys if (opening := opening_of(key))]
    for sentence, begun in read_sentences(rival.text):
        if sum(opening not in begun for opening in sought) > 1:
            continue  # most sentences, which need not be read for it
        stated = _stated(sentence.of(rival.text))
        if len(said.keys & stated.keys) < len(said.keys) - 1:
            continue
        if stated == said:
            return None, place
        apart = difference(said, stated)
        if apart and found is None and _same_context(said, hit, rival):
            start = rival.chunk.char_start
            found, place = apart, Span(start + sentence.start, start + sentence.end)
    return found, place


def _comparable(hit: ScoredChunk, rival: ScoredChunk) -> bool:
    """Tell whether two pages may be expected to say the same."""
    if hit.document.doc_id == rival.document.doc_id or hit.chunk.lang != rival.chunk.lang:
        return False
    if set(hit.versions) != set(rival.versions):
        return False
    left, right = hit.document.metadata, rival.document.metadata
    return all(left[key] == right[key] for key in _SAME_KEYS if key in left and key in right)


def _same_context(said: Statement, hit: ScoredChunk, rival: ScoredChunk) -> bool:
    """Tell whether one of the pages stands under no heading that the other and the sentence do not have."""
    left, right = (
        _context(one, other) - said.keys - _KIND_OF_PAGE for one, other in ((hit, rival), (rival, hit))
    )
    return not left - right or not right - left


def _context(hit: ScoredChunk, rival: ScoredChunk) -> frozenset[str]:
    """Give what a page is about: of two with one file name, such as ``mail/limits.md``, the folders tell."""
    page, other = PurePosixPath(hit.document.path), PurePosixPath(rival.document.path)
    folders = [part for part in page.parent.parts if part not in other.parent.parts]
    named = folders if page.name == other.name else []
    return _context_of((hit.document.title, *hit.chunk.heading_path, *named))


@remembered(1024)
def _context_of(texts: tuple[str, ...]) -> frozenset[str]:
    return context_words(texts)


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
            if _LEAST_WORDS <= len(sentence.of(text).split()) <= _MOST_WORDS:
                yield sentence
