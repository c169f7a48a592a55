"""Text as the measures compare it: words and syllables, English and Korean alike, in any script.

Korean glues particles to its words, so a Hangul word counts by its syllables (as the F1 of KorQuAD does); all
other words count whole.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_TOKEN = re.compile(rf"[{_HANGUL}]|[^\W_{_HANGUL}]+")
_IS_HANGUL = re.compile(rf"[{_HANGUL}]")
_MARKER = re.compile(r"(?<!\\)\[\d+(?:\s*[,–-]\s*\d+)*\](?!\()")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)|^#{1,6}\s+|^>\s?", re.MULTILINE)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "|": " "})
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`|https?://\S+|\b\w*[_/\\.=]\w+\b|--?[a-z][\w-]*")
_ENDS = re.compile(r"(?:(?<=[.!?。？！])|(?<=[.!?。？！][\"'”’)\]]))\s+|\n+")
_SIGN = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the"})
_KOREAN_SHARE = 0.1


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    r"""Reduce a text to what a reader compares: no marks, one case, single spaces.

    >>> plain("Set **`KB_PORT`** to 9000. [1]\nIt is \\[fixed\\].")
    'set kb_port to 9000. it is [fixed].'
    """
    unmarked = _MARKUP.sub("", _MARKER.sub("", unicodedata.normalize("NFKC", text)))
    return " ".join(_ESCAPE.sub(r"\1", unmarked).translate(_QUOTES).casefold().split())


def squeezed(text: str) -> str:
    r"""Give the plain text without any space, to compare quotes whose line breaks differ.

    >>> squeezed("Run `kb rollback`\n을 실행") == squeezed("run kb rollback을  실행")
    True
    """
    return plain(text).replace(" ", "")


def without_markers(text: str) -> str:
    """Drop the marks of citations.

    >>> without_markers("Open Settings. [1] Press Save. [2, 3]")
    'Open Settings. Press Save.'
    """
    return re.sub(r" {2,}", " ", _MARKER.sub("", text)).strip()


def tokens(text: str) -> list[str]:
    """List lower-case words, and of Korean words the syllables.

    >>> tokens("Ports start at 8000. 포트는 8000")
    ['ports', 'start', 'at', '8000', '포', '트', '는', '8000']
    """
    return _TOKEN.findall(plain(text))


def answer_words(text: str) -> list[str]:
    """List words as the SQuAD script does (case, punctuation and articles dropped), Korean by syllables.

    >>> answer_words("The U.S. has 1,000 ports"), answer_words("포트는 8000번")
    (['us', 'has', '1000', 'ports'], ['포', '트', '는', '8000', '번'])
    """
    return list(_answer_words(text))


@lru_cache(maxsize=1 << 12)
def _answer_words(text: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [word for word in _SIGN.sub(_unless_punctuation, folded).split() if word not in _ARTICLES]
    return tuple(part for word in words for part in _syllables(word))


def _unless_punctuation(match: re.Match[str]) -> str:
    # The script drops the ASCII signs of string.punctuation, a few of which Unicode calls symbols.
    sign = match.group()
    return "" if unicodedata.category(sign).startswith("P") or sign in "$+<=>^`|~" else sign


def _syllables(word: str) -> list[str]:
    return re.findall(rf"[{_HANGUL}]|[^{_HANGUL}]+", word) if _IS_HANGUL.search(word) else [word]


def sentences(text: str) -> list[str]:
    r"""Cut a text into sentences and lines.

    >>> sentences("Run it. Then wait!\n- one")
    ['Run it.', 'Then wait!', '- one']
    """
    return [part.strip() for part in _ENDS.split(text) if part.strip()]


def language_of(text: str) -> str:
    """Give ``ko`` where a tenth of the letters are Hangul, else ``en``; empty where there is only code.

    >>> language_of("KB_PORT는 포트입니다."), language_of("The port."), language_of("`kb serve`")
    ('ko', 'en', '')
    """
    prose = _CODE.sub(" ", _FENCE.sub(" ", text))
    letters = sum(map(str.isalpha, prose))
    if not letters:
        return "ko" if _IS_HANGUL.search(text) else ""
    return "ko" if len(_IS_HANGUL.findall(prose)) >= _KOREAN_SHARE * letters else "en"
