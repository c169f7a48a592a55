"""The last check of every answer before it is sent, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kb_server.answering.answer import Citation, ComposedAnswer, Sentence
from kb_server.errors import CitationMismatchError, NotFoundError
from kb_server.grounding.checkers import SentenceChecker
from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source, source_at
from kb_server.grounding.support import Support
from kb_server.index.records import Revision

RevisionLookup = Callable[[str, str], Revision]
"""Gives a revision by ``doc_id`` and revision name; ``NotFoundError`` where there is none."""

_REPORT = "The answer was held back. Please report this with the request id."


def verify_answer(
    answer: ComposedAnswer, revision_lookup: RevisionLookup, *, check: SentenceChecker = check_sentence
) -> None:
    """Raise ``CitationMismatchError`` unless every quote stands at its span and carries its sentence."""
    for citation in answer.citations:
        _verify_quote(citation, revision_lookup)
    citations = {citation.id: citation for citation in answer.citations}
    for sentence in answer.sentences:
        cited = [citations[key] for key in sentence.citations if key in citations]
        if not cited or len(cited) != len(sentence.citations):
            raise CitationMismatchError(
                f"A sentence cites {list(sentence.citations)}, not all of them citations of the answer.",
                remedy=_REPORT,
            )
        if sentence.support is Support.VERBATIM:
            _verify_wording(sentence, cited)
        else:
            _verify_support(sentence, [source_of(citation, revision_lookup) for citation in cited], check)


def source_of(citation: Citation, revision_lookup: RevisionLookup) -> Source:
    """Give what a sentence with this citation may lean on."""
    text = revision_lookup(citation.doc_id, citation.revision).text
    headings = (citation.title, *citation.heading_path)
    return source_at(text, citation.char_start, citation.char_end, headings=headings)


def _verify_quote(citation: Citation, revision_lookup: RevisionLookup) -> None:
    try:
        text = revision_lookup(citation.doc_id, citation.revision).text
    except NotFoundError:
        text = ""  # no such revision: nothing can stand at its span
    if not citation.quote or text[citation.char_start : citation.char_end] != citation.quote:
        raise CitationMismatchError(
            f"Citation {citation.id!r} of {citation.path!r} is not what revision "
            f"{citation.revision[:12]} says at {citation.char_start}:{citation.char_end}.",
            remedy=_REPORT,
        )


def _verify_wording(sentence: Sentence, cited: Sequence[Citation]) -> None:
    if sentence.text != "\n".join(citation.quote for citation in cited):
        raise CitationMismatchError(
            f"A sentence is not what its citations {list(sentence.citations)} quote.", remedy=_REPORT
        )


def _verify_support(sentence: Sentence, sources: Sequence[Source], check: SentenceChecker) -> None:
    verdict = check(sentence.text, sources)
    if not verdict.holds:
        failed = ", ".join(f"{finding.check} {finding.value!r}" for finding in verdict.findings)
        raise CitationMismatchError(
            f"A sentence is not supported by its citations {list(sentence.citations)}: {failed}.",
            remedy=_REPORT,
        )
