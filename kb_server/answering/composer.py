"""Compose the extractive answer: quoted sentences and blocks with their citations, or an honest silence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kb_server.answering.answer import (
    Citation,
    ComposedAnswer,
    PagePointer,
    Reason,
    Sentence,
    Status,
)
from kb_server.answering.confidence import ConfidenceModel, shipped_confidence
from kb_server.answering.excerpts import Excerpt
from kb_server.answering.passages import Passage, read_passage
from kb_server.answering.phrases import Phrase, phrase, quoted_in
from kb_server.answering.selection import select
from kb_server.answering.trust import quotable, unflagged
from kb_server.grounding.support import Support
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.index.trust import trust_flags
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import page_url

GENERATOR = "extractive"

_SAID = {
    Reason.NOT_IN_DOCS: Phrase.NOT_IN_DOCS,
    Reason.LOW_CONFIDENCE: Phrase.LOW_CONFIDENCE,
    Reason.FILTERED: Phrase.FILTERED,
}
_READ_HITS = 5
"""Hits beyond these are further from the question than anything worth quoting."""
_SOURCE_PRIOR = 0.6
"""Share of the best hit's score that a hit needs to be read."""
_NEAREST_PAGES = 3


def compose(
    result: RetrievalResult,
    revision_of: Callable[[str], Revision],
    *,
    confidence: ConfidenceModel | None = None,
) -> ComposedAnswer:
    """Answer from the passages of ``result``, or abstain.

    ``revision_of`` gives the current revision of a ``doc_id`` in the version that was searched. The same
    result always gives the same answer.
    """
    judge = (confidence or shipped_confidence()).of(result.lang)
    chance = judge.confidence(result.signals) if result.hits else 0.0
    if not result.hits or chance < judge.answer_from:
        unknown = not result.hits or chance < judge.not_in_docs_below
        return _abstention(result, Reason.NOT_IN_DOCS if unknown else Reason.LOW_CONFIDENCE, chance)
    passages = _read(result, revision_of)
    excerpts = unflagged(select(passages, result.term_weights, result.query.text))
    if not excerpts:
        return _abstention(result, Reason.FILTERED, chance)
    draft = _Draft()
    for excerpt in excerpts:
        draft.add(excerpt)
    return ComposedAnswer(
        status=Status.ANSWERED,
        reason=Reason.NONE,
        language=result.lang,
        text=draft.text(result.lang),
        sentences=tuple(draft.sentences),
        citations=tuple(draft.citations),
        confidence=chance,
        nearest=(),
        generator=GENERATOR,
    )


def _read(result: RetrievalResult, revision_of: Callable[[str], Revision]) -> list[Passage]:
    """Read the best hit that can be quoted, and the next ones that come close enough to add to it."""
    passages: list[Passage] = []
    best = 0.0
    for hit in result.hits[:_READ_HITS]:
        prior = max(hit.score / best, 0.0) if best > 0 else 1.0
        if passages and prior < _SOURCE_PRIOR:
            break
        revision = revision_of(hit.chunk.doc_id)
        read = quotable(read_passage(hit, revision, prior=prior, term_weights=result.term_weights))
        if read is not None:
            best = best if passages else hit.score
            passages.append(read)
    return passages


@dataclass(slots=True)
class _Draft:
    """The answer under construction."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    lang: str = ""
    _last: Excerpt | None = None

    def add(self, excerpt: Excerpt) -> None:
        """Quote an excerpt, cite it, and mark it in the text."""
        first = len(self.citations)
        self.citations += (cite(excerpt.passage, span) for span in excerpt.spans)
        added = self.citations[first:]
        quote = "\n".join(citation.quote for citation in added)
        self.sentences.append(Sentence(quote, tuple(citation.id for citation in added), Support.VERBATIM))
        marks = " ".join(f"[{number}]" for number in range(first + 1, len(self.citations) + 1))
        before, after = excerpt.fences
        gap = "\n\n" if excerpt.is_block else " "
        self.parts.append(f"{self._separator(excerpt)}{before}{quote}{after}{gap}{marks}")
        self.lang = self.lang or excerpt.passage.hit.chunk.lang
        self._last = excerpt

    def text(self, lang: str) -> str:
        """Give the whole text, opened by a phrase where the quotes are in another language than ``lang``."""
        quoted = "".join(self.parts)
        return quoted if self.lang == lang else f"{quoted_in(self.lang, lang)}\n\n{quoted}"

    def _separator(self, excerpt: Excerpt) -> str:
        """Keep sentences of one paragraph on one line, everything else apart."""
        last = self._last
        if last is None:
            return ""
        gap = excerpt.passage.revision.text[last.spans[-1].end : excerpt.spans[0].start]
        together = last.passage is excerpt.passage and "\n\n" not in gap
        return "\n\n" if last.is_block or excerpt.is_block or not together else " "


def cite(passage: Passage, span: Span) -> Citation:
    """Cite a span of a passage's revision."""
    chunk, document, revision = passage.hit.chunk, passage.hit.document, passage.revision
    section = chunk.section_at(span.start)
    address = f"{chunk.doc_id}\n{revision.revision}\n{span.start}\n{span.end}"
    return Citation(
        id="cit_" + hashlib.sha256(address.encode()).hexdigest()[:16],
        doc_id=chunk.doc_id,
        path=document.path,
        title=document.title,
        heading_path=section.heading_path,
        url=page_url(document),
        anchor=section.anchor,
        revision=revision.revision,
        char_start=span.start,
        char_end=span.end,
        quote=passage.text_of(span),
        line_start=revision.source_map.line_at(span.start),
        line_end=revision.source_map.line_at(span.end - 1),
        flags=trust_flags(document, revision, span),
    )


def _abstention(result: RetrievalResult, reason: Reason, chance: float) -> ComposedAnswer:
    nearest = _nearest(result.hits)
    text = phrase(_SAID[reason], result.lang)
    if nearest:
        pages = ", ".join(pointer.title for pointer in nearest)
        text += " " + phrase(Phrase.NEAREST_PAGES, result.lang, pages=pages)
    return ComposedAnswer(
        status=Status.ABSTAINED,
        reason=reason,
        language=result.lang,
        text=text,
        sentences=(),
        citations=(),
        confidence=chance,
        nearest=nearest,
        generator=GENERATOR,
    )


def _nearest(hits: Sequence[ScoredChunk]) -> tuple[PagePointer, ...]:
    """Give the first pages among the hits, each once, at the best hit's heading."""
    pages: dict[str, PagePointer] = {}
    for hit in hits:
        if len(pages) == _NEAREST_PAGES:
            break
        pages.setdefault(
            hit.document.doc_id,
            PagePointer(
                doc_id=hit.document.doc_id,
                path=hit.document.path,
                title=hit.document.title,
                heading_path=hit.chunk.heading_path,
                url=page_url(hit.document),
                anchor=hit.chunk.anchor,
            ),
        )
    return tuple(pages.values())
