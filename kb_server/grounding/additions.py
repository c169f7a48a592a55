"""What a sentence adds to its source: a yes or no, another clause, somebody in a name's place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb_server.grounding.alignment import Alignment, Difference
from kb_server.grounding.denials import denials, denies
from kb_server.grounding.numbers import spelled_values
from kb_server.grounding.sources import Window
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind

_YES = r"yes|yeah|yep|certainly|absolutely|of course|네|예|응|그럼요|물론입니다|물론이죠|맞습니다|그렇습니다"
_NO = r"no|nope|아니요|아니오|아뇨|아닙니다"
_OPENER = re.compile(rf"\s*(?:(?P<yes>{_YES})|(?P<no>{_NO}))\s*[,.:;!—–-]\s+(?=\S)", re.IGNORECASE)
_COPY_SHARE = 0.6
_LONGEST_NAME = 4
_CONTRAST = frozenset({"but", "while", "whereas", "though", "although", "however", "and", "yet", "so", "or"})
_HARD_CONTRAST = frozenset({"but", "whereas"})
_SUBORDINATE = frozenset({"unless", "because", "if", "although", "provided", "until", "except"})
_KOREAN_CLAUSE_END = re.compile(
    r".+(?:지만|으나|는데|은데|으며|하며|되며|이며|하고|되고|있고|없고|있으나|없으나|않고)$"
)
_STRENGTHS = tuple(
    (re.compile(said, re.IGNORECASE), re.compile(as_said, re.IGNORECASE))
    for said, as_said in (
        (
            r"always|항상|언제나|늘|매번",
            r"always|every|all|each|any|constant|continu|forever|must|never|항상|언제나|늘|매번|모든|모두|마다|매|계속|반드시|꼭|무조건",
        ),
        (
            r"automatically|자동(?:으로|적으로)",
            r"auto|itself|themsel|default|every|daily|hourly|weekly|schedul|자동|스스로|기본|알아서|저절로|예약|매일|매주|매시간",
        ),
        (
            r"immediately|instantly|즉시|곧바로",
            r"immediat|instant|once|right|straight|real|soon|moment|즉시|즉각|곧바로|바로|실시간|하자마자|곧",
        ),
        (
            r"permanently|irreversibly|영구(?:적으로|히)",
            r"permanent|irrevers|irrecover|forever|never|undo|undone|recover|restor|영구|완전|영원|복구|복원|되돌",
        ),
        (
            r"unconditionally|guaranteed|무조건",
            r"uncondition|guarant|always|every|any|regardless|must|무조건|보장|항상|모든|반드시|꼭",
        ),
    )
)
"""Words that make a statement stronger, and those with one of which the sources say as much."""
_LEAST_SHARE = 0.5
_LEAST_WORDS_OF_A_LIST = 2
_DETERMINER_WORDS = """
the a an this that these those its their our your his her they it he she we you any all some each
him them me us one someone people
"""
_DETERMINERS = frozenset(_DETERMINER_WORDS.split())


def opening_verdict(text: str) -> tuple[str, str]:
    """Split an opening yes or no off a sentence: ``yes``, ``no`` or nothing, and the rest.

    >>> opening_verdict("Yes, it is."), opening_verdict("아니요, 됩니다."), opening_verdict("No guest can.")
    (('yes', 'it is.'), ('no', '됩니다.'), ('', 'No guest can.'))
    """
    match = _OPENER.match(text)
    return (match.lastgroup or "", text[match.end() :]) if match else ("", text)


def opens_so(verdict: str, window: Window) -> bool:
    """Tell whether a sentence of the sources itself opens with this yes or no."""
    words = (_YES if verdict == "yes" else _NO).split("|")
    return any(unit[0].text.casefold() in words for unit in window.units)


def verdict_findings(verdict: str, rest: Sequence[Word]) -> list[Finding]:
    """Name a yes before a denial and a no before a statement."""
    if not verdict:
        return []
    first = next(iter(_clauses(rest)), ())
    is_denied = bool(denials(first))
    return [Finding(Check.POLARITY, verdict)] if is_denied == (verdict == "yes") else []


def addition_findings(sentence: Sequence[Word], best: Alignment, window: Window) -> list[Finding]:
    """Name each clause and strong word that the sources lack, and whoever stands where they have a name."""
    return [
        *_added_clauses(sentence, window),
        *_strengthened(sentence, best, window),
        *_unnamed(sentence, best, window),
    ]


def _strengthened(sentence: Sequence[Word], best: Alignment, window: Window) -> list[Finding]:
    """Name what makes a statement stronger than the sources do: always, automatically, at once, for good."""
    said = {word.key for word in sentence if word.is_content}
    if len(said & {word.key for word in best.unit}) < _LEAST_SHARE * len(said):
        return []
    return [
        Finding(Check.POLARITY, word.text)
        for at, word in enumerate(sentence)
        for strong, as_said in _STRENGTHS
        if strong.fullmatch(word.text) and not (at and denies(sentence[at - 1]))
        if not any(as_said.match(other.text) for other in best.unit)
        if not any(strong.fullmatch(other.text) for other in window.words)
    ]


def _added_clauses(sentence: Sequence[Word], window: Window) -> list[Finding]:
    clauses = list(_clauses(sentence))
    findings = []
    opens = bool(clauses) and clauses[0][0].text.casefold() in _SUBORDINATE
    for clause in clauses[0 if opens else 1 :] if len(clauses) > 1 else ():
        joins = clause[0].text.casefold() in _SUBORDINATE
        content = [word for word in clause[joins:] if word.is_content]
        known = sum(_is_known(word, window) for word in content)
        most = len(content) // 2 if clause[0].text.casefold() in _HARD_CONTRAST else 0
        if content and known <= most and _says_something(clause, content):
            findings.append(Finding(Check.COVERAGE, " ".join(word.text for word in clause)))
    return findings


def _says_something(clause: Sequence[Word], content: Sequence[Word]) -> bool:
    return len(content) >= _LEAST_WORDS_OF_A_LIST or len(clause) > len(content) + 1


def _is_known(word: Word, window: Window) -> bool:
    if word.key in window.keys or spelled_values((word,)).get(0, word.key) in window.values:
        return True
    return sum(term in window.terms for term in word.terms) * 2 >= len(word.terms)


def _clauses(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut a sentence where a new statement may begin."""
    start = 0
    for at, word in enumerate(words):
        if at > start and (_begins_clause(words, at, start) or ";" in word.gap):
            yield words[start:at]
            start = at
    if start < len(words):
        yield words[start:]


def _begins_clause(words: Sequence[Word], at: int, start: int) -> bool:
    word = words[at]
    if word.is_hangul:
        return bool(_KOREAN_CLAUSE_END.match(words[at - 1].text)) and words[at - 1].is_hangul
    folded = word.text.casefold()
    if folded in _HARD_CONTRAST or folded in _SUBORDINATE:
        return True
    return "," in word.gap and (folded in _CONTRAST or words[start].text.casefold() in _SUBORDINATE)


def _unnamed(sentence: Sequence[Word], best: Alignment, window: Window) -> list[Finding]:
    """Name unknown words that stand where a near copy of the source has a name."""
    if best.share < _COPY_SHARE:
        return []
    return [
        Finding(Check.NAME, " ".join(w.text for w in part.said), " ".join(w.text for w in part.stated))
        for part in best.differences
        if _takes_a_names_place(part, sentence, best.unit, window)
    ]


def _takes_a_names_place(
    part: Difference, sentence: Sequence[Word], unit: Sequence[Word], window: Window
) -> bool:
    if not 0 < len(part.said) <= _LONGEST_NAME or not 0 < len(part.stated) <= _LONGEST_NAME:
        return False
    keys = {word.key for word in sentence}
    is_name = all(
        word.kind is WordKind.NAME and word.is_content and word.key not in keys for word in part.stated
    )
    begins = part.stated[0] is unit[0]
    if not is_name or begins or any(word.text.casefold() in _DETERMINERS for word in part.said):
        return False
    return not any(word.is_hangul or word.key in window.keys for word in part.said)
