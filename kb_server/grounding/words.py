"""Read text as words that can be compared: a key each, and what kind of word it is.

English words are compared by stem, Korean ones without particle and verb ending, numbers by value.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

from kb_server.index.tokenization import KOREAN_STOP_WORDS, STOP_WORDS, tokenize, without_ending
from kb_server.remembering import remembered


class WordKind(StrEnum):
    """What a word is."""

    WORD = "word"
    NAME = "name"
    """Capitalised inside a sentence."""
    IDENTIFIER = "identifier"
    """With digits, capitals or marks inside: an error code, a version of a product, a path, an address."""
    NUMBER = "number"
    SIGN = "sign"
    """``%``, ``$`` and their like."""


class Word(NamedTuple):
    """A word of a text, in NFKC."""

    text: str
    key: str
    kind: WordKind
    is_hangul: bool
    is_content: bool
    """False for words that carry grammar only."""
    terms: tuple[str, ...]
    """Search terms by which it can be found in part."""
    gap: str
    """What stands between the word before and this one."""


_URL = r"[A-Za-z][A-Za-z0-9+.\-]{1,19}://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}…*_]"
_LATIN_SIGN = r"A-Za-z0-9_\u00c0-\u024f"
_NUMBER = (
    rf"(?<![{_LATIN_SIGN}])[vV]?\d+(?:,\d{{3}}(?!\d))*(?:\.\d+)*"
    rf"(?:(?i:st|nd|rd|th|[kmgt]i?b(?:ps|/s)?|ms|µs|[kmg]?hz|mm|cm|km|kg|mah?|px|fps|[smhdxkmgwv])(?![{_LATIN_SIGN}]))?"
    rf"(?![{_LATIN_SIGN}])"
)
_LATIN = rf"[{_LATIN_SIGN}]+(?:[._\-@'’+#]{{1,2}}[{_LATIN_SIGN}]+)*(?:\+\+|#(?![{_LATIN_SIGN}]))?"
_GLUED = r"[\u1100-\u11ff\u3040-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff]+"
_TOKEN = re.compile(
    rf"(?P<url>{_URL})|(?P<number>{_NUMBER})|(?P<latin>{_LATIN})|(?P<glued>{_GLUED})|(?P<sign>[%‰$€£¥₩°])|\w+"
)
_RUN = re.compile(rf"[a-z0-9\u00df-\u024f]+|{_GLUED}")
_COMPARABLE = re.compile(r"[a-z]{2}|[가-힣]{2}")
_OPENING = 2
"""Characters that a word and its key begin with alike."""
_IDENTIFIER = re.compile(r"(?=.*[A-Za-z])(?:.*[\d_@+#]|.*[^.]\.[^.]|.*[a-z][A-Z]|[A-Z]{2,})")
_NUMBER_PARTS = re.compile(r"[vV]?(?P<digits>[\d,.]+)(?P<unit>[A-Za-zµ/]*)")
_POSSESSIVE = re.compile(r"['’]s?$")

# Particles that no Korean noun ends with by chance, then those that need a longer noun before them.
_PARTICLE = re.compile(
    r"(?:(?<=.)(?:에서는|에서도|에서의|에게서|에게는|으로는|으로도|으로써|으로서|으로부터|로부터|에서|에게|에는|에도"
    r"|으로|까지는|까지|부터|마다|처럼|이라는|라는|이라고|라고|이란|이며|이고|이나|와의|과의|들은|들이|들을|들의"
    r"|을|를|은|는)"
    r"|(?<=..)(?:로는|로도|로서|로써|보다|에|이|가|의|로|와|과|도|만|들|나|란|임))$"
)
_PREDICATE = re.compile(
    r"^(?P<stem>.{2,}?)(?:하|해|했|할|한|함|합|되|돼|됐|될|된|됨|됩|시키|시켜|시킨|입|였|이었|인|이다)[가-힣]{0,5}$"
)
_FUNCTION_WORD_LIST = """
더 또 또한 매우 각 해당 통해 따라 의해 위한 있다 있으며 있고 한다 된다 했다 하며 되며 있었다 되었다 하였다
이다 하지만 그러나 즉 약
"""
_KOREAN_FUNCTION_WORDS = KOREAN_STOP_WORDS | frozenset(_FUNCTION_WORD_LIST.split())


def read_words(text: str) -> tuple[Word, ...]:
    """List the words of ``text`` in reading order.

    >>> [word.key for word in read_words("Backups keep 1,000 files; 백업을 저장합니다.")]
    ['backup', 'keep', '1000', 'file', '백업', '저장']
    """
    normal = unicodedata.normalize("NFKC", text)
    words: list[Word] = []
    previous = 0
    for match in _TOKEN.finditer(normal):
        words.append(_word(match, gap=normal[previous : match.start()]))
        previous = match.end()
    return tuple(words)


def openings(text: str) -> str:
    """Give how the words of ``text`` begin: far cheaper than reading them, and enough to tell what is absent.

    >>> sorted(openings("Backups keep 1,000 files").split())
    ['00', '1', 'ba', 'fi', 'ke']
    """
    normal = unicodedata.normalize("NFKC", text).casefold().replace("y", "i")  # a stem has i for y
    return f" {' '.join({run[:_OPENING] for run in _RUN.findall(normal)})} "


def opening_of(key: str) -> str:
    """Give what ``openings`` hold of a word of ``key``; empty where that cannot be told.

    >>> [opening_of(key) for key in ("tri", "백업", "7", "c++")]
    [' tr ', ' 백업 ', '', '']
    """
    opening = key[:_OPENING].replace("y", "i")
    return f" {opening} " if _COMPARABLE.fullmatch(opening) else ""


def _word(match: re.Match[str], *, gap: str) -> Word:
    text, found = match.group(), match.lastgroup
    if found == "url":
        return Word(
            text, text.casefold().rstrip("/"), WordKind.IDENTIFIER, False, True, (text.casefold(),), gap
        )
    if found == "number":
        key = number_key(text)
        return Word(text, key, WordKind.NUMBER, False, True, (key,), gap)
    if found == "latin":
        return _latin(text, gap)
    if found == "glued":
        key = korean_key(text)
        return Word(text, key, WordKind.WORD, True, text not in _KOREAN_FUNCTION_WORDS, _bigrams(key), gap)
    kind = WordKind.SIGN if found == "sign" else WordKind.WORD
    return Word(text, text.casefold(), kind, False, kind is WordKind.WORD, (text.casefold(),), gap)


def _latin(text: str, gap: str) -> Word:
    bare = _POSSESSIVE.sub("", text) or text
    terms = _terms(bare)
    folded = bare.casefold().replace("’", "'")
    content = folded not in STOP_WORDS and not folded.endswith("n't")
    if _IDENTIFIER.match(bare):
        kind = WordKind.IDENTIFIER
    else:
        kind = WordKind.NAME if bare[0].isupper() and bare != "I" else WordKind.WORD
    return Word(
        text, terms[0] if content and terms else folded, kind, False, content, terms or (folded,), gap
    )


@remembered(1 << 14)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokenize(text)))


def number_key(text: str) -> str:
    """Give the spelling by which numbers are compared; a version stays whole.

    >>> [number_key(text) for text in ("1,000", "007", "v1.2.3", "2.50", "10MB", "3rd")]
    ['1000', '7', '1.2.3', '2.5', '10', '3']
    """
    parts = _NUMBER_PARTS.match(text)
    digits = parts["digits"].replace(",", "").rstrip(".") if parts else text
    whole, dot, fraction = digits.partition(".")
    if not dot or "." in fraction:
        return digits if dot else whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    return f"{whole.lstrip('0') or '0'}.{fraction}" if fraction else whole.lstrip("0") or "0"


def glued_unit(text: str) -> str:
    """Give the unit that is written onto a number: ``10MB`` → ``MB``."""
    parts = _NUMBER_PARTS.match(text)
    return parts["unit"] if parts else ""


@remembered(1 << 14)
def korean_key(run: str) -> str:
    """Take particle and verb ending off a Korean word.

    >>> [korean_key(run) for run in ("비밀번호를", "저장하려면", "삭제되지", "값은")]
    ['비밀번호', '저장', '삭제', '값']
    """
    bare = without_ending(run)
    predicate = _PREDICATE.match(bare)
    return predicate["stem"] if predicate else _PARTICLE.sub("", bare) or bare


def _bigrams(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1)) or (run,)


def bigrams_of(words: tuple[Word, ...]) -> frozenset[str]:
    """Give the syllable pairs of the Korean words as they are written."""
    return frozenset(pair for word in words if word.is_hangul for pair in _bigrams(word.text))
