"""Compose the extractive answer: quoted sentences and blocks with their citations, or an honest silence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from kb_server.answering.abstention import abstain
from kb_server.answering.answer import (
    Citation,
    ComposedAnswer,
    Conflict,
    Reason,
    Sentence,
    Status,
)
from kb_server.answering.confidence import DEFAULT_MAX_RISK, ConfidenceModel, shipped_confidence
from kb_server.answering.contradicting.conflicts import Dispute, describe, find_disputes
from kb_server.answering.display import shown
from kb_server.answering.quoting.defining import defines, thing_asked
from kb_server.answering.quoting.drafted import signals_of
from kb_server.answering.quoting.editions import asked_about, of_one
from kb_server.answering.quoting.excerpts import Excerpt
from kb_server.answering.quoting.passages import Passage, read_passage
from kb_server.answering.quoting.selection import select
from kb_server.answering.quoting.trust import quotable, unflagged
from kb_server.answering.quoting.wholeness import is_within, with_whole_blocks
from kb_server.answering.verdict import judge
from kb_server.dialogue.follow_up import names_only_an_attribute
from kb_server.grounding.support import Support
from kb_server.index.language import detect_language
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.index.trust import trust_flags
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import page_url
from kb_server.text.phrases import quoted_in

GENERATOR = "extractive"

_READ_HITS = 5
"""Hits beyond these are further from the question than anything worth quoting."""
_SAID_INSTEAD = 0.5
"""Share of the question's idf that the quotations hold from which on they answer without the best passage."""
_SOURCE_PRIOR = 0.6
"""Share of the best hit's score that a hit needs to be read."""
_DEFINING_PRIOR = 0.4
"""The same for one that defines what is asked for."""


def compose(
    result: RetrievalResult,
    revision_of: Callable[[str], Revision],
    *,
    confidence: ConfidenceModel | None = None,
    max_risk: float = DEFAULT_MAX_RISK,
    lang: str | None = None,
    disputes: bool = True,
) -> ComposedAnswer:
    """Answer from the passages of ``result``, or abstain.

    ``revision_of`` gives the current revision of a ``doc_id`` in the version that was searched;
    ``max_risk``, from 0 to 1, is the share of the given answers that may be wrong; ``lang`` is the language
    of the server's own words, by default that of the question. Without ``disputes``, pages that contradict
    what is quoted are not looked for. The same result always gives the same answer.
    """
    lang = lang or result.lang
    passages = read_passages(result, revision_of)
    background, asked = result.query.background, result.query.text
    bare = background is not None and background.follows_up and names_only_an_attribute(asked)
    choose = partial(select, term_weights=result.term_weights, question=asked, of_one_thing=bare)
    chosen = choose(passages)
    kept = of_one(passages, (excerpt.passage for excerpt in chosen), result.query)
    chosen = choose(kept) if len(kept) < len(passages) else chosen
    excerpts = unflagged(chosen)
    result = replace(result, signals=signals_of(result, excerpts))
    verdict = judge(result, confidence or shipped_confidence(), max_risk=max_risk)
    if verdict.reason is not Reason.NONE:
        return abstain(result, verdict, generator=GENERATOR, lang=lang)
    silent = bool(passages) and not chosen
    if not excerpts or _answers_instead(result, revision_of):
        verdict = replace(verdict, reason=Reason.LOW_CONFIDENCE if silent else Reason.FILTERED)
        return abstain(result, verdict, generator=GENERATOR, lang=lang)
    draft = _Draft()
    for excerpt in excerpts:
        draft.add(excerpt)
    told = asked_about(result.hits, result.query) if disputes else []
    for dispute in find_disputes(excerpts, told, revision_of) if told else ():
        draft.dispute(dispute, revision_of, lang)
    return ComposedAnswer(
        status=Status.ANSWERED,
        reason=Reason.NONE,
        language=lang,
        text=draft.text(lang),
        sentences=tuple(draft.sentences),
        citations=tuple(draft.citations),
        conflicts=tuple(draft.conflicts),
        confidence=verdict.confidence,
        nearest=(),
        generator=GENERATOR,
        judgement=verdict.judgement,
    )


def read_passages(result: RetrievalResult, revision_of: Callable[[str], Revision]) -> list[Passage]:
    """Read the best hit that can be quoted, and the next ones that come close enough to add to it."""
    passages: list[Passage] = []
    best = 0.0
    thing = thing_asked(result.query.text)
    nearest = _nearest(result)
    # What something is may be said once, on a page that the search finds behind those where it is used.
    further = asked_about(result.hits, result.query) if thing else nearest
    for hit in further:
        prior = max(hit.score / best, 0.0) if best > 0 else 1.0
        if passages and prior < (_SOURCE_PRIOR if hit in nearest else _DEFINING_PRIOR):
            break
        revision = revision_of(hit.chunk.doc_id)
        whole = with_whole_blocks(hit, revision)
        if is_within(whole, (passage.hit for passage in passages)):
            continue
        read = quotable(read_passage(whole, revision, prior=prior, term_weights=result.term_weights))
        defined = hit in nearest or (read is not None and _defines(read, thing))
        if read is not None and defined:
            best = best if passages else hit.score
            passages.append(read)
    return passages


def _defines(passage: Passage, thing: frozenset[str]) -> bool:
    return any(defines(passage.text_of(unit.span), thing) > 0 for unit in passage.units)


def _nearest(result: RetrievalResult) -> list[ScoredChunk]:
    """Give the hits that are read, of what the question is about."""
    return asked_about(result.hits, result.query, most=_READ_HITS)


def _answers_instead(result: RetrievalResult, revision_of: Callable[[str], Revision]) -> bool:
    """Tell whether what is quoted only stands in for a best passage that is withheld.

    The confidence is that of the best passage: another one has to say what was asked by itself.
    """
    if result.signals.said >= _SAID_INSTEAD:
        return False
    best = next(iter(_nearest(result)), None)
    if best is None:
        return False
    revision = revision_of(best.chunk.doc_id)
    return quotable(read_passage(best, revision, prior=1.0, term_weights=result.term_weights)) is None


@dataclass(slots=True)
class _Draft:
    """The answer under construction."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
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
        self.parts.append(f"{self._separator(excerpt)}{shown(before + quote + after)}{gap}{marks}")
        self.lang = self.lang or excerpt.passage.hit.chunk.lang
        self._last = excerpt

    def dispute(self, dispute: Dispute, revision_of: Callable[[str], Revision], lang: str) -> None:
        """Say which of the quoted sentences other pages contradict, and quote those pages."""
        first = sum(len(sentence.citations) for sentence in self.sentences[: dispute.excerpt])
        cited = [self.citations[first + dispute.place].id]
        said = describe(dispute, lang)
        self.parts.append(f"\n\n{said}")
        for hit, span, _ in dispute.rivals:
            against = self._citation_of(hit.chunk.doc_id, span)
            if against is None:
                passage = read_passage(hit, revision_of(hit.chunk.doc_id), prior=0.0, term_weights={})
                self.parts.append("\n\n")
                self._last = None
                self.add(Excerpt(passage, (span,), is_block=False))
                against = self.citations[-1]
            cited.append(against.id)
        self.conflicts.append(Conflict(dispute.kind, said, tuple(cited)))

    def _citation_of(self, doc_id: str, span: Span) -> Citation | None:
        """Give the citation that quotes the span already."""
        return next(
            (
                citation
                for citation in self.citations
                if citation.doc_id == doc_id
                and citation.char_start <= span.start
                and span.end <= citation.char_end
            ),
            None,
        )

    def text(self, lang: str) -> str:
        """Give the whole text, opened by a phrase where the quotes are in another language than ``lang``."""
        quoted = "".join(self.parts)
        # A page may speak both languages: what counts is what is quoted of it.
        said = "\n".join(sentence.text for sentence in self.sentences)
        is_own = lang in {self.lang, detect_language(said)}
        return quoted if is_own else f"{quoted_in(self.lang, lang)}\n\n{quoted}"

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
