"""Check an answer of any origin against the served version, sentence by sentence."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

from kb_server.errors import InvalidRequestError
from kb_server.grounding.checkers import WindowChecker
from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source, Window, headings_above, source_at
from kb_server.grounding.support import Check, Finding, SentenceCheck, Support
from kb_server.index.history import find_revision
from kb_server.index.layout import DataLayout
from kb_server.index.records import Span
from kb_server.searching import Searching, View
from kb_server.verification.locating import Located, Locator
from kb_server.verification.markers import marked_sentences
from kb_server.verification.schemas import (
    MAX_CITED_CHARS,
    MAX_SENTENCES,
    CitationStatus,
    GivenCitation,
    GivenSentence,
    StoredAnswer,
    VerifiedCitation,
    VerifiedFinding,
    VerifiedSentence,
    VerifyRequest,
    VerifyResponse,
)
from kb_server.verification.shown_html import words_of_html
from kb_server.verification.shown_text import unaccounted

_LINK_TITLE = re.compile(r"""\s(?:"[^"\n]{0,500}"|'[^'\n]{0,500}')\)""")


class VerificationService:
    """Says what holds of an answer now."""

    def __init__(
        self, searcher: Searching, layout: DataLayout, *, check: WindowChecker = check_sentence
    ) -> None:
        """Work where ``searcher`` does; older texts are found through ``layout``."""
        self._searcher = searcher
        self._layout = layout
        self._check = check

    async def verify(self, request: VerifyRequest, *, audiences: frozenset[str] | None) -> VerifyResponse:
        """Check against the pages that ``audiences`` may see (None: all).

        Raises ``InvalidRequestError`` where two citations have one id or a text is too long.
        """
        citations: Sequence[GivenCitation] = request.answer.citations if request.answer else request.citations
        ids = _ids(citations)
        return await self._searcher.on_current(
            audiences,
            partial(_verify, self._layout, self._check, request, dict(zip(ids, citations, strict=True))),
        )


def _verify(
    layout: DataLayout,
    checker: WindowChecker,
    request: VerifyRequest,
    citations: Mapping[str, GivenCitation],
    view: View,
) -> VerifyResponse:
    sentences = _sentences(request, list(citations))
    locator = Locator(view.reader, partial(find_revision, layout, audiences=view.audiences))
    located = {key: locator.locate(citation) for key, citation in citations.items()}
    windows = _windows([cited for _, cited in sentences], located)
    checked = [
        _sentence(text, cited, located, checker(text, windows[tuple(cited)])) for text, cited in sentences
    ]
    claims = [sentence for sentence in checked if sentence.support is not Support.NO_CLAIM]
    supported = sum(sentence.support is not Support.UNSUPPORTED for sentence in claims)
    standing = all(found.status is CitationStatus.HOLDS for found in located.values())
    return VerifyResponse(
        version=view.version,
        holds=standing and supported == len(claims),
        claims=len(claims),
        supported=supported,
        sentences=checked,
        citations=[
            VerifiedCitation(id=key, status=found.status, now=found.place) for key, found in located.items()
        ],
    )


def _sentence(
    text: str, cited: Sequence[str], located: Mapping[str, Located], check: SentenceCheck
) -> VerifiedSentence:
    invented = [key for key in cited if key not in located]
    support = Support.UNSUPPORTED if invented else check.support
    findings = () if support is not Support.UNSUPPORTED else _findings(check, cited, located)
    return VerifiedSentence(
        text=text,
        citations=list(cited),
        support=support,
        findings=[VerifiedFinding.model_validate(asdict(finding)) for finding in findings],
        coverage=check.coverage,
    )


def _findings(check: SentenceCheck, cited: Sequence[str], located: Mapping[str, Located]) -> list[Finding]:
    """Say of an unsupported sentence first which of its citations cannot be read."""
    lost = [
        Finding(Check.SOURCE, key, located[key].status if key in located else CitationStatus.NOT_FOUND)
        for key in cited
        if key not in located or located[key].place is None
    ]
    return [*lost, *(finding for finding in check.findings if finding.check is not Check.SOURCE or not lost)]


def _windows(
    cited_by: Sequence[Sequence[str]], located: Mapping[str, Located]
) -> dict[tuple[str, ...], Window]:
    """Read what each sentence may lean on, once for all sentences with the same citations."""
    sources = {key: source for key, found in located.items() if (source := _source(found))}
    windows = {
        tuple(cited): Window(tuple(sources[key] for key in cited if key in sources)) for cited in cited_by
    }
    total = sum(len(source.quote) for window in windows.values() for source in window.sources)
    if total > MAX_CITED_CHARS:
        raise InvalidRequestError(
            f"The sentences cite {total} characters in all, more than {MAX_CITED_CHARS}.",
            remedy="Cite the sentences that carry a claim, not whole pages, or send the answer in parts.",
        )
    return windows


def _source(found: Located) -> Source | None:
    if found.place is None or found.revision is None:
        return None
    start, end = found.place.char_start, found.place.char_end
    headings = (found.place.title, *headings_above(found.revision.text, start))
    flagged = [Span(flag.char_start, flag.char_end) for flag in found.revision.flags]
    return source_at(found.revision.text, start, end, headings=headings, distrusted=flagged)


def _ids(citations: Sequence[GivenCitation]) -> list[str]:
    ids = [citation.id or str(number) for number, citation in enumerate(citations, start=1)]
    twice = next((key for at, key in enumerate(ids) if key in ids[:at]), None)
    if twice is not None:
        raise InvalidRequestError(
            f"Two citations have the id {twice[:80]!r}.", remedy="Give each citation its own id."
        )
    return ids


def _sentences(request: VerifyRequest, ids: Sequence[str]) -> list[tuple[str, list[str]]]:
    if request.text is not None:
        return _marked(request.text, ids)
    given: Sequence[GivenSentence] = request.answer.sentences if request.answer else request.sentences or []
    beside = _said_beside(request.answer, ids) if request.answer else []
    cited = [(sentence.text, [_id(ids, name) for name in sentence.citations]) for sentence in given]
    # What no sentence accounts for cites nothing, so that nothing can support it.
    return [*cited, *((said, list[str]()) for said in beside)]


def _said_beside(answer: StoredAnswer, ids: Sequence[str]) -> list[str]:
    notes = [*(note.text for note in answer.conflicts), *(choice.label for choice in answer.choices)]
    sentences = [sentence.text for sentence in answer.sentences]
    # The HTML shows as a sign what Markdown may write as an entity, and no titles of links.
    shown = [html.unescape(_LINK_TITLE.sub(")", said)) for said in sentences]
    in_html = unaccounted(words_of_html(answer.html, ids), [*sentences, *shown], notes)
    return list(dict.fromkeys([*unaccounted(answer.text, sentences, notes), *in_html]))


def _marked(text: str, ids: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Read a text; without any marker every sentence leans on all citations."""
    sentences = marked_sentences(text)
    if len(sentences) > MAX_SENTENCES:
        raise InvalidRequestError(
            f"The text has {len(sentences)} sentences, more than {MAX_SENTENCES}.",
            remedy="Send it in parts.",
        )
    if not any(sentence.numbers for sentence in sentences):
        return [(sentence.text, list(ids)) for sentence in sentences]
    return [(s.text, [_id(ids, number) for number in s.numbers]) for s in sentences]


def _id(ids: Sequence[str], name: int | str) -> str:
    """Give the id that a sentence cites; a number beyond the citations stays one that nothing has."""
    if isinstance(name, int):
        return ids[name - 1] if 1 <= name <= len(ids) else str(name)
    return name
