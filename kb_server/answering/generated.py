"""Put a language model's answer in place of the quoted one, where its sentences hold."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kb_server.answering.answer import Citation, ComposedAnswer, Reason, Sentence, Status, Usage
from kb_server.answering.composer import GENERATOR, cite
from kb_server.answering.contradicting.conflicts import with_conflicts
from kb_server.answering.display import shown
from kb_server.answering.gate import verify_answer
from kb_server.answering.parts import joined
from kb_server.answering.progress import SILENCE, Listener
from kb_server.answering.quoting.editions import asked_about, of_one
from kb_server.answering.quoting.passages import Passage, read_passage
from kb_server.answering.quoting.trust import quotable
from kb_server.errors import CitationMismatchError, NotFoundError
from kb_server.generation.records import (
    Consumption,
    Evidence,
    Failure,
    Piece,
    Source,
    Task,
    Written,
    WrittenSentence,
)
from kb_server.generation.writer import Writer
from kb_server.grounding.checkers import SentenceChecker
from kb_server.grounding.support import Support
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.retrieval.results import RetrievalResult
from kb_server.searching import milliseconds

_log = logging.getLogger(__name__)
_SOURCES = 6
"""Passages beyond these cost tokens and are hardly ever drawn from."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a model may draw from for one question."""

    task: Task
    passages: tuple[Passage, ...]
    """In the order of the task's sources."""

    @property
    def hits(self) -> list[ScoredChunk]:
        """List where the passages come from."""
        return [passage.hit for passage in self.passages]


def material_of(
    quoted: ComposedAnswer, result: RetrievalResult, revision_of: Callable[[str], Revision]
) -> Material | None:
    """Gather the best passages, cut into what can be cited; None where no model will be asked."""
    if quoted.status is not Status.ANSWERED:
        return None
    read = (
        read_passage(hit, revision_of(hit.chunk.doc_id), prior=1.0, term_weights=result.term_weights)
        for hit in asked_about(result.hits, result.query, most=_SOURCES)
    )
    passages = [passage for each in read if (passage := quotable(each))]
    led_by = [
        each for cited in quoted.citations for each in passages if each.hit.chunk.doc_id == cited.doc_id
    ]
    passages = of_one(passages, led_by, result.query)
    task = Task(result.query.text, result.lang, tuple(_source(passage) for passage in passages))
    return Material(task, tuple(passages))


class Wording:
    """Has a model word the answers that the docs give."""

    def __init__(self, writer: Writer | None) -> None:
        """Word with ``writer``; without one, answers stay as they are."""
        self._writer = writer
        self._generator = f"llm:{writer.name}" if writer else GENERATOR

    @property
    def is_asked(self) -> bool:
        """Whether there is a model."""
        return self._writer is not None

    async def word(
        self, quoted: ComposedAnswer, material: Material, listener: Listener = SILENCE
    ) -> tuple[ComposedAnswer, float]:
        """Give the model's answer, or ``quoted`` with the reason why it stands in for it.

        ``listener`` is told each sentence that holds while the model goes on; where it then breaks off, the
        quoted answer follows what was told. The second value is the time that it took, in milliseconds.
        """
        if self._writer is None or quoted.status is not Status.ANSWERED:
            return quoted, 0.0
        began = time.perf_counter()
        release = _Release(quoted, material, self._writer.check, listener)
        written = await self._writer.write(material.task, emit=None if listener is SILENCE else release)
        quoted = replace(quoted, usage=_usage(written.consumption))
        answer = await asyncio.to_thread(self._answer, quoted, written, material, self._writer.check)
        if not answer.text.startswith(release.told.text if release.told else ""):
            answer = self._continued(release.told, answer)
        return answer, milliseconds(began)

    def _answer(
        self, quoted: ComposedAnswer, written: Written, material: Material, check: SentenceChecker
    ) -> ComposedAnswer:
        if written.failure is not None:
            return replace(quoted, fallback=written.failure.value)
        answer = _from_sentences(quoted, written, material.passages)
        try:
            verify_answer(answer, _lookup(material.passages), check=check)
        except CitationMismatchError as error:
            _log.warning("the model's answer was held back: %s", error.message)
            return replace(quoted, fallback=Failure.UNSUPPORTED.value)
        return replace(answer, generator=self._generator)

    def _continued(self, told: ComposedAnswer | None, answer: ComposedAnswer) -> ComposedAnswer:
        """Put ``answer`` below what a reader has already: nothing that was shown is taken back."""
        if told is None:
            return answer
        return replace(
            joined([told, answer], whole=answer),
            generator=self._generator,
            fallback=answer.fallback,
            usage=answer.usage,
        )


class _Release:
    """Tells a listener the sentences of a model that pass the same check as a whole answer."""

    def __init__(
        self, quoted: ComposedAnswer, material: Material, check: SentenceChecker, listener: Listener
    ) -> None:
        """Begin with nothing told."""
        self.told: ComposedAnswer | None = None
        self._sentences: list[WrittenSentence] = []
        self._quoted = quoted
        self._material = material
        self._check = check
        self._listener = listener
        self._is_open = True

    async def __call__(self, sentence: WrittenSentence) -> None:
        """Tell one more sentence; after one that fails, no more."""
        if not self._is_open:
            return
        passages = self._material.passages
        alone = _worded(self._quoted, [sentence], passages)
        try:
            await asyncio.to_thread(verify_answer, alone, _lookup(passages), check=self._check)
        except CitationMismatchError as error:
            self._is_open = False
            _log.warning("a sentence was held back: %s", error.message)
            return
        self._sentences.append(sentence)
        self.told = _worded(self._quoted, self._sentences, passages)
        self._listener.wrote(self.told.text, self.told.citations)


def _usage(used: Consumption | None) -> Usage | None:
    if used is None:
        return None
    return Usage(used.model, used.input_tokens, used.output_tokens, used.cost_usd)


def _from_sentences(quoted: ComposedAnswer, written: Written, passages: Sequence[Passage]) -> ComposedAnswer:
    answer = _worded(quoted, written.sentences, passages)
    if written.is_partial:
        answer = replace(answer, status=Status.PARTIAL, reason=Reason.NOT_IN_DOCS)
    return with_conflicts(answer, quoted)


def _worded(
    quoted: ComposedAnswer, written: Sequence[WrittenSentence], passages: Sequence[Passage]
) -> ComposedAnswer:
    citations: dict[str, Citation] = {}
    sentences: list[Sentence] = []
    parts: list[str] = []
    for sentence in written:
        cited = [_cited(evidence, passages) for evidence in sentence.evidence]
        for citation in cited:
            citations.setdefault(citation.id, citation)
        numbers = list(citations)
        marks = "".join(f"[{numbers.index(citation.id) + 1}]" for citation in cited)
        parts.append(f"{shown(sentence.text)} {marks}")
        sentences.append(Sentence(sentence.text, tuple(c.id for c in cited), _support(sentence, cited)))
    return replace(
        quoted,
        text=" ".join(parts),
        sentences=tuple(sentences),
        citations=tuple(citations.values()),
        conflicts=(),
    )


def _support(sentence: WrittenSentence, cited: Sequence[Citation]) -> Support:
    is_quote = sentence.text == "\n".join(citation.quote for citation in cited)
    return Support.VERBATIM if is_quote else Support.SUPPORTED


def _cited(evidence: Evidence, passages: Sequence[Passage]) -> Citation:
    return cite(passages[evidence.source], evidence.piece.span)


def _source(passage: Passage) -> Source:
    chunk, title = passage.hit.chunk, passage.hit.document.title
    flagged = [passage.text_of(Span(flag.char_start, flag.char_end)) for flag in passage.revision.flags]

    def headings_above(span: Span) -> tuple[str, ...]:
        above = (title, *chunk.section_at(span.start).heading_path)
        return tuple(heading for heading in above if not any(heading in text for text in flagged))

    pieces = tuple(Piece(unit.span, headings_above(unit.span)) for unit in passage.units)
    return Source(passage.revision.text, chunk.lang, pieces, is_clean=not passage.revision.flags)


def _lookup(passages: Sequence[Passage]) -> Callable[[str, str], Revision]:
    known = {(p.revision.doc_id, p.revision.revision): p.revision for p in passages}

    def revision(doc_id: str, name: str) -> Revision:
        if (doc_id, name) not in known:
            raise NotFoundError(f"No passage is of revision {name!r} of {doc_id!r}.")
        return known[doc_id, name]

    return revision
