"""Tell Korean from English by script: Hangul is proof enough, so no model is needed.

What a page is written in is counted by letters; what a question is asked in also shows in how it is built,
because questions quote error messages and names of menus in the other language.
"""

from __future__ import annotations

import re

ENGLISH = "en"
KOREAN = "ko"

KOREAN_SHARE = 0.1
"""Hangul from this share of the letters on means Korean: code and product names dilute Korean pages."""

_LETTER = re.compile(r"[^\W\d_]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff]")
_ASIDE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|(?<![!-~])[A-Za-z][A-Za-z\d+.-]*://[!-~]+"
    r"|\"[^\"\n]+\"|“[^”\n]+”|‘[^’\n]+’|「[^」\n]+」|(?<![\w'])'[^'\n]+'(?![A-Za-z])"
    r"|(?<![!-~])[!-~]*(?:[A-Za-z\d][._/\\:=@#$]+[A-Za-z\d]|[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z])[!-~]*",
    re.DOTALL,
)
"""What a question only shows: code, addresses, paths, identifiers and what stands in quotes."""
_SPOKEN = re.compile(
    r"(?:[가-힣](?:니다|니까|까|죠|줘|는가|인가|[나데]요)|(?<![개중필주\s])요|(?<=[가-힣])(?:데|냐|네))\s*(?:[?？.!~…]|$)"
)
"""A Korean predicate at the end of a sentence."""
_PARTICLE = re.compile(
    r"(?:[A-Za-z\d)\]](?:은|는|이|가|을|를|의|도|만|과|와|로|으로)|[가-힣](?:을|를|에서|으로)|이?라고|이?라는)(?![가-힣])"
)
_ASKS_IN_ENGLISH = re.compile(
    r"\W*+(?:(?:and|but|so|then|ok|okay|hi|hello|also)\W++)*+(?:how|what|why|where|when|which|who|can|could|does|do"
    r"|did|is|are|was|should|shall|will|would|may|must|has|have|i|my|we|our|please|tell|show|explain|if)\b"
    r"(?!\s+not\b|n['’]t)",
    re.IGNORECASE,
)
_ENGLISH_FRAME = re.compile(
    r"\b(?:how|what|why|where|when|which|who|can|cannot|could|does|do|did|is|are|was|should|shall|will|would|may|must"
    r"|has|have|i|my|me|we|our|you|your|please|the|a|an|to|of|in|on|for|from|with|by|at|it|this|that|and|or|not"
    r"|if|there|be|mean|means|work|use|find|after|before)\b",
    re.IGNORECASE,
)
_LEAST_FRAME = 2
"""Words that hold an English sentence together, its opening one among them."""


def has_hangul(text: str) -> bool:
    """Tell whether any sign of ``text`` is Hangul."""
    return _HANGUL.search(text) is not None


def hangul_share(text: str) -> float:
    """Give the share of Hangul among the letters of ``text``, from 0 to 1; 0 without letters.

    >>> hangul_share("ab 가나")
    0.5
    """
    letters = len(_LETTER.findall(text))
    return len(_HANGUL.findall(text)) / letters if letters else 0.0


def detect_language(text: str) -> str:
    """Name the language of ``text``: ``ko`` when Hangul is a substantial share of its letters, else ``en``.

    >>> detect_language("API 키를 어떻게 만드나요?")
    'ko'
    >>> detect_language("How do I type 한글 in the search box of the console?")
    'en'
    """
    return KOREAN if hangul_share(text) >= KOREAN_SHARE else ENGLISH


def language_asked(text: str) -> str:
    """Name the language in which ``text`` asks, whatever it shows: code, errors and names do not count.

    A question is more than its letters: Korean ends in its predicate, English opens with its question word.
    ``detect_language`` stays the rule for chunks.

    >>> language_asked("javax.net.ssl.SSLPeerUnverifiedException: peer not authenticated 오류가 납니다")
    'ko'
    >>> language_asked("What does the menu 서비스 이용 내역 show?")
    'en'
    """
    prose = _ASIDE.sub(" ", text)
    if not _LETTER.search(prose):
        return detect_language(text)
    if _SPOKEN.search(prose):
        return KOREAN
    letters = _LETTER.findall(prose)
    ends_in_hangul = has_hangul(letters[-1])
    has_particle = _PARTICLE.search(prose) is not None
    if _asks_in_english(prose) and not (ends_in_hangul and has_particle):
        return ENGLISH
    if ends_in_hangul or has_particle:
        return KOREAN
    return detect_language(prose if has_hangul(prose) else text)


def _asks_in_english(prose: str) -> bool:
    framing = _ENGLISH_FRAME.findall(prose)
    return _ASKS_IN_ENGLISH.match(prose) is not None and len(framing) >= _LEAST_FRAME
