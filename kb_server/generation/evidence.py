"""Believe a model's sentence only where stretches of the sources that it names carry it, and find those."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb_server.generation.hygiene import brings_foreign_matter, cleaned, speaks
from kb_server.generation.records import Draft, Evidence, Source, WrittenSentence
from kb_server.grounding.checks import LEAST_COVERAGE
from kb_server.grounding.sources import Source as GroundingSource
from kb_server.grounding.sources import source_at
from kb_server.grounding.support import Check as Aspect
from kb_server.grounding.support import SentenceCheck, Support
from kb_server.index.tokenization import tokenize

_SHOWN = frozenset({Aspect.NUMBER, Aspect.POLARITY})
"""What must follow from the quotes that the reader sees, not only from the sentences next to them."""
_LEAST_COVERAGE = 0.7
"""Stricter than for what people write: one word in three may be the whole claim of a short sentence.

What holds with less than the check itself demands, a model for entailment has vouched for.
"""
MAX_PIECES = 3
"""A sentence that needs more of the docs than this says too much for one sentence."""

Check = Callable[[str, Sequence[GroundingSource]], SentenceCheck]
"""Says whether a sentence follows from sources."""


class Fault(StrEnum):
    """Why a draft is not believed."""

    UNSUPPORTED = "unsupported"
    WRONG_LANGUAGE = "wrong_language"
    NO_CLAIM = "no_claim"
    """A greeting or an empty line: nothing to show, and nothing to repair."""


@dataclass(frozen=True, slots=True)
class Evidencer:
    """Checks drafts against the sources of one question."""

    check: Check
    sources: Sequence[Source]
    places: Mapping[str, int]
    """Sources by the ids that were given."""
    lang: str

    def believe(self, draft: Draft) -> WrittenSentence | Fault:
        """Give the sentence with the stretches that carry it, or say why it is not shown.

        Only sources that the model was given and names count; ids of its own invention are nothing.
        """
        text = cleaned(draft.text)
        if not any(sign.isalnum() for sign in text) or self.check(text, ()).support is Support.NO_CLAIM:
            return Fault.NO_CLAIM
        if not speaks(text, self.lang):
            return Fault.WRONG_LANGUAGE
        named = dict.fromkeys(self.places[key] for key in draft.ids if key in self.places)
        evidence = self._carrying(text, list(named))
        return WrittenSentence(text, tuple(evidence)) if evidence else Fault.UNSUPPORTED

    def _carrying(self, text: str, named: Sequence[int]) -> list[Evidence]:
        """Add the most similar pieces until they carry ``text``; then leave out what it does not need."""
        chosen: list[Evidence] = []
        for piece in self._similar(text, named):
            chosen.append(piece)
            if len(chosen) == 1 and self._finds(text, chosen, {Aspect.POLARITY}):
                return []  # what the closest piece denies, no other piece can make true
            if self._holds(text, chosen):
                return _in_order(self._needed(text, chosen))
        return []

    def _similar(self, text: str, named: Sequence[int]) -> list[Evidence]:
        """Give up to ``MAX_PIECES`` pieces, each of which adds most to the words that are covered."""
        missing = set(tokenize(text))
        pieces = {
            Evidence(place, piece): set(tokenize(self.sources[place].quote(piece)))
            for place in named
            for piece in self.sources[place].pieces
        }
        found: list[Evidence] = []
        while pieces and len(found) < MAX_PIECES:
            best = max(pieces, key=lambda piece: (len(pieces[piece] & missing), -len(pieces[piece])))
            gain = pieces.pop(best) & missing
            if not gain:
                break
            missing -= gain
            found.append(best)
        return found

    def _needed(self, text: str, chosen: list[Evidence]) -> list[Evidence]:
        for piece in list(chosen):
            fewer = [other for other in chosen if other != piece]
            if fewer and self._holds(text, fewer):
                chosen = fewer
        return chosen

    def _holds(self, text: str, evidence: Sequence[Evidence]) -> bool:
        quotes = "\n".join(self.sources[each.source].quote(each.piece) for each in evidence)
        if brings_foreign_matter(text, quotes) or self._finds(text, evidence, _SHOWN):
            return False
        verdict = self.check(text, [self._around(each) for each in evidence])
        return verdict.holds and not LEAST_COVERAGE <= verdict.coverage < _LEAST_COVERAGE

    def _around(self, evidence: Evidence) -> GroundingSource:
        source, piece = self.sources[evidence.source], evidence.piece
        if not source.is_clean:
            return self._alone(evidence)
        return source_at(source.text, *piece.span, headings=piece.headings)

    def _alone(self, evidence: Evidence) -> GroundingSource:
        quote = self.sources[evidence.source].quote(evidence.piece)
        return GroundingSource(quote, headings=evidence.piece.headings)

    def _finds(self, text: str, evidence: Sequence[Evidence], aspects: Collection[Aspect]) -> bool:
        """Tell whether the pieces by themselves, without the sentences next to them, fail in ``aspects``."""
        verdict = self.check(text, [self._alone(each) for each in evidence])
        return any(finding.check in aspects for finding in verdict.findings)


def _in_order(evidence: Sequence[Evidence]) -> list[Evidence]:
    return sorted(evidence, key=lambda each: (each.source, each.piece.span))
