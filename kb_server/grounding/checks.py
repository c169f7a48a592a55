"""Check a sentence against the spans that it cites, by rules alone: the same input gives the same verdict.

Measured ingredients: coverage, numbers, polarity and names of the cited window, as in lexical support checks
of summaries; what is put in another value's place is found by laying the sentence beside its source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from kb_server.grounding.additions import (
    addition_findings,
    opening_verdict,
    opens_so,
    verdict_findings,
)
from kb_server.grounding.alignment import Weight, closest_units
from kb_server.grounding.claims import is_pleasantry
from kb_server.grounding.denials import denies
from kb_server.grounding.exchanges import exchange_findings
from kb_server.grounding.moments import Moment, moment_findings, moments
from kb_server.grounding.names import name_findings, path_findings
from kb_server.grounding.numbers import number_findings, quantities, spelled_values, stated_units
from kb_server.grounding.orders import reports
from kb_server.grounding.polarity import closest_alignment, polarity_findings
from kb_server.grounding.rates import rate_findings, rates
from kb_server.grounding.roles import role_findings
from kb_server.grounding.sequences import agreed, sequence_findings
from kb_server.grounding.sources import Source, Window, compact
from kb_server.grounding.support import Check, Finding, SentenceCheck, Support
from kb_server.grounding.tenses import tense_findings
from kb_server.grounding.turns import means_the_same, turn_findings
from kb_server.grounding.words import Word, read_words

LEAST_COVERAGE = 0.6
"""Share of the weight of a sentence's words that its sources must have."""

_MARKER = re.compile(r"(?:(?<!\s)\s+)?\[\d{1,3}(?:\s*[,\-–]\s*\d{1,3})*\]")
_LIST_MARK = re.compile(r"^[^\S\n]*+(?:[-*+>]|\d{1,3}[.)]|#{1,6})\s+", re.MULTILINE)


_MOST_VALUES = 100
"""Dates, times and rates of a sentence that are compared with those of its sources."""


class EntailmentModel(Protocol):
    """Reads a source and a sentence together."""

    def entailments(self, premise: str, sentences: Sequence[str]) -> Sequence[float]:
        """Give the chance, 0 to 1, that ``premise`` says each of ``sentences``."""
        ...


_ENTAILED_FROM = 0.5
_CONTRADICTED_BELOW = 0.1
_MODEL_MAY_OVERRULE = frozenset({Check.COVERAGE, Check.LANGUAGE})
"""A model may know that other words say the same; a number or name that no source has stays one."""


def uniform(_term: str) -> float:
    """Weigh every word alike."""
    return 1.0


def check_sentence(
    sentence: str,
    sources: Sequence[Source] | Window,
    *,
    weight: Weight = uniform,
    model: EntailmentModel | None = None,
) -> SentenceCheck:
    """Say how the cited ``sources`` carry ``sentence``, or which checks it fails.

    ``weight`` gives how much a search term tells, such as its idf; citation markers like ``[1]`` in the
    sentence are passed over. A ``Window`` of sources is read once for several sentences.

    >>> source = Source("Backups are kept for 30 days.")
    >>> check_sentence("Backups are kept for 30 days [1].", [source]).support.value
    'verbatim'
    >>> check_sentence("Backups are kept for 60 days.", [source]).findings
    (Finding(check=<Check.NUMBER: 'number'>, value='60 days', expected='30'),)
    """
    said = _MARKER.sub("", sentence).strip()
    window = sources if isinstance(sources, Window) else Window(tuple(sources))
    if window.quotes(said) or window.quotes(sentence):
        return SentenceCheck(Support.VERBATIM)
    if is_pleasantry(said):
        return SentenceCheck(Support.NO_CLAIM)
    bare = _LIST_MARK.sub("", said)
    verdict, claim = opening_verdict(bare)
    if verdict and opens_so(verdict, window):
        verdict, claim = "", bare
    if not reports(claim):
        window = window.without_orders
    if not window.words:
        return SentenceCheck(Support.UNSUPPORTED, (Finding(Check.SOURCE, ""),), coverage=0.0)
    words = read_words(claim)
    when = moments(claim)[:_MOST_VALUES]
    agreed = _agreed(when, window)
    share = coverage(words, window, weight, known=agreed)
    findings = [*verdict_findings(verdict, words), *_findings(claim, words, window, share, when)]
    if model is not None:
        findings = _with_model(findings, model, claim, window)
    support = Support.UNSUPPORTED if findings else Support.SUPPORTED
    return SentenceCheck(support, tuple(findings), coverage=round(share, 4))


def coverage(
    words: Sequence[Word],
    window: Window,
    weight: Weight = uniform,
    *,
    known: frozenset[str] = frozenset(),
) -> float:
    """Give the weighted share of the words that the window has, denials apart; 0 without any.

    ``known`` are words that it has in another notation.
    """
    found = total = 0.0
    spelled = spelled_values(words)
    for at, word in enumerate(words):
        if not word.is_content or denies(word):
            continue
        heaviness = max(weight(term) for term in word.terms)
        total += heaviness
        if word.text in known or word.key in window.keys or spelled.get(at, word.key) in window.values:
            found += heaviness
        else:
            found += heaviness * sum(term in window.terms for term in word.terms) / len(word.terms)
    return found / total if total else 0.0


def _agreed(when: Sequence[Moment], window: Window) -> frozenset[str]:
    """Give the words of the dates and times that the window has too, but in another notation."""
    agreed = (
        said
        for said in when
        if compact(said.text).casefold() not in window.compact
        if any(said.agrees(other) for other in window.moments)
    )
    return frozenset(word.text for moment in agreed for word in read_words(moment.text))


def _findings(
    text: str, words: Sequence[Word], window: Window, share: float, when: Sequence[Moment]
) -> list[Finding]:
    if _other_language(words, window):
        return [Finding(Check.LANGUAGE, "ko" if any(word.is_hangul for word in words) else "en")]
    findings = []
    if share < LEAST_COVERAGE:
        findings.append(Finding(Check.COVERAGE, f"{share:.2f}", f"{LEAST_COVERAGE:.2f}"))
    units = closest_units(words, window)
    best = closest_alignment(words, window, units)
    said = quantities(words)
    same = _agreed(when, window) | stated_units(said, window.quantities)
    joined = agreed(words, units)
    found = [
        *number_findings(said, window.quantities),
        *name_findings(text, words, window),
        *polarity_findings(words, window, units, best),
    ]
    for exchange in exchange_findings(words, units):
        if not means_the_same(exchange.value, exchange.expected):
            _add(found, exchange)
    found = [
        each
        for each in found
        if not (each.value.casefold() in joined if each.check is Check.POLARITY else _is_of(each.value, same))
    ]
    more = (
        *moment_findings(when, window.moments),
        *rate_findings(rates(words, said)[:_MOST_VALUES], window.rates),
        *turn_findings(words, best),
        *addition_findings(words, best, window),
        *path_findings(words, units),
        *role_findings(words, units),
        *tense_findings(words, units),
        *sequence_findings(words, units),
    )
    for finding in more:
        _add(found, finding)
    return [*findings, *found]


def _is_of(value: str, known: frozenset[str]) -> bool:
    """Tell whether a value is nothing but words that the sources have in another notation."""
    words = read_words(value)
    return bool(words) and all(word.text in known for word in words)


def _add(found: list[Finding], exchange: Finding) -> None:
    """Add an exchange, or tell an earlier finding of the same value what stands in its place."""
    said = set(exchange.value.split())
    for at, finding in enumerate(found):
        if said & set(finding.value.split()):
            found[at] = replace(finding, expected=finding.expected or exchange.expected)
            return
    found.append(exchange)


def _other_language(words: Sequence[Word], window: Window) -> bool:
    """Tell whether one side is Korean and the other has no Korean at all."""
    said = [word.is_hangul for word in words if word.is_content]
    stated = [word.is_hangul for word in window.words if word.is_content]
    return (any(said) and not any(stated)) or (bool(said) and not any(said) and bool(stated) and all(stated))


def _with_model(
    findings: list[Finding], model: EntailmentModel, sentence: str, window: Window
) -> list[Finding]:
    premise = "\n".join(source.quote for source in window.sources)
    (chance,) = model.entailments(premise, [sentence])
    if chance >= _ENTAILED_FROM:
        return [finding for finding in findings if finding.check not in _MODEL_MAY_OVERRULE]
    if not findings and chance < _CONTRADICTED_BELOW:
        return [Finding(Check.MODEL, f"{chance:.2f}")]
    return findings
