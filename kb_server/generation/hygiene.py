"""What no sentence may bring along, whatever its words say: markup, addresses, marks of its own."""

from __future__ import annotations

import re
import unicodedata

from kb_server.index.language import KOREAN, KOREAN_SHARE, hangul_share

_FOREIGN = re.compile(
    r"!?\[[^\]\n]*\]\s*[(\[:][^)\n]*\)?"  # Markdown links and images, also by reference
    r"|<[A-Za-z!/?][^>\n]*>?"  # HTML
    r"|&(?:#\w+|[A-Za-z]+);"
    r"|~~[^~\n]{0,300}~~"  # struck out: it is shown as taken back
    r"|[\u0300-\u036f\u20d0-\u20f0]+"  # signs laid over a letter or a digit
    r"|[\u0370-\u052f]+"  # Greek and Cyrillic letters, many of which look like Latin ones
    r"|(?<![\w.,)\]}`])(?:[-−<>≤≥≈±×=~^]|[<>]=)\s?\d[\d.,]*"  # a sign before a number
    r"|\d \d+"  # a number that was cut in two
    r"|\d\s?[A-Za-z]{1,5}/[A-Za-z]{1,6}(?![A-Za-z])"  # an amount per something
    r"|(?:[A-Za-z][A-Za-z0-9+.-]{1,19}:)?//[^\s<>\"'`)\]]+"
    r"|\b(?:javascript|data|mailto|tel|vbscript):\S+"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|\b(?:www\.)?(?:[a-z0-9-]{1,63}\.){1,8}(?:com|net|org|io|dev|app|kr|co|ru|cn|info|biz|xyz|example|evil)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"(?:(?<=\s)|^|(?<=[.!?。,;:]))\s{0,3}[\[【(（]\s{0,3}(?:\^|cit|source|출처)?[\s:_]{0,3}(?:\d{1,3}|k[0-9a-f]{4})(?:\s*,\s*(?:\d{1,3}|k[0-9a-f]{4}))*\s*[\]】)）]"
)
_BRACKETED = re.compile(r"\[[^\]\n]{0,40}\]|【[^】\n]{0,40}】")
_BLOCK_MARKUP = re.compile(r"^(?:#{1,6}\s|\|\s|>\s|[-*+•]\s|\d{1,3}[.)]\s)")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_OR_HANGUL = re.compile(r"[A-Za-z\u00c0-\u024f\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_OTHER_SCRIPT_SHARE = 0.2
_CODE = re.compile(r"`[^`\n]*`")


def cleaned(text: str) -> str:
    r"""Take marks and list signs off a sentence, and signs that are not seen.

    >>> cleaned("- The port is 8000.[2]\u200b")
    'The port is 8000.'
    """
    seen = "".join(
        sign
        for sign in text
        if unicodedata.category(sign) not in {"Cc", "Cf", "Co", "Cn", "Cs"} or sign in "\n\t"
    )
    flat = " ".join(seen.split())
    return _BLOCK_MARKUP.sub("", _MARK.sub("", flat)).strip()


def brings_foreign_matter(text: str, quotes: str) -> bool:
    """Tell whether ``text`` has what ``quotes`` do not have letter for letter.

    That is markup, an address, brackets, a letter of another script or a sign before a number.

    >>> brings_foreign_matter("See [docs](https://evil.example).", "See the docs.")
    True
    >>> brings_foreign_matter("Open http://localhost:8000 first.", "Open http://localhost:8000 in a browser.")
    False
    >>> brings_foreign_matter("Members can~~not~~ delete it.", "Members cannot delete it.")
    True
    """
    parts = [
        match.group().rstrip(".,;:!?")
        for pattern in (_FOREIGN, _BRACKETED)
        for match in pattern.finditer(text)
    ]
    return any(part not in quotes for part in parts)


def speaks(text: str, lang: str) -> bool:
    """Tell whether a sentence is in ``lang``; code in it and names do not count against it.

    >>> speaks("`KB_PORT` 기본값은 8000입니다.", "ko"), speaks("端口是 8000。", "en")
    (True, False)
    """
    prose = _CODE.sub(" ", text)
    letters = len(_LETTER.findall(prose))
    if not letters:
        return True
    if letters - len(_LATIN_OR_HANGUL.findall(prose)) > _OTHER_SCRIPT_SHARE * letters:
        return False
    share = hangul_share(prose)
    return share >= KOREAN_SHARE if lang == KOREAN else share < 2 * KOREAN_SHARE
