"""Mask personal data and secrets in what users wrote, in English and Korean formats.

Rules find what has a shape: addresses, numbers that add up, keys. A name has none, so a name is masked where
the words around it say that it is one, and wherever the caller names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_BIRTH_DATE = r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_AFTER_NAME = "입니다|이고|이에요|예요|이라|라고|[ ,.]|$"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("secret", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    ("secret", re.compile(r"\b(?:sk|pk|rk|kb|kbw|ghp|gho|xox[abp]|glpat|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,}")),
    ("secret", re.compile(r"(?i)(?<=bearer )[\w.~+/-]{8,}=*")),
    ("secret", re.compile(r"(?i)(?:(?<=password[:=])|(?<=password: )|(?<=비밀번호[:=])|(?<=비밀번호: ))\S+")),
    ("secret", re.compile(r"\b(?=[A-Za-z\d]*\d)(?=[A-Za-z\d]*[A-Za-z])[A-Za-z\d]{32,}\b")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("resident number", re.compile(_BIRTH_DATE + r"[- ]?[1-8]\d{6}(?!\d)")),
    ("ip", re.compile(rf"(?<![\d.])(?:{_BYTE}\.){{3}}{_BYTE}(?![\d.]*\d)")),
    ("ip", re.compile(r"(?<![\w:])(?:[\da-fA-F]{1,4}:){3,7}(?::?[\da-fA-F]{1,4}){1,4}(?![\w:])")),
    ("phone", re.compile(r"(?<![\w.-])(?:\+?82[-. ]?\(?0?\)?|0)1[016-9][-. ]?\d{3,4}[-. ]?\d{4}(?!\d)")),
    ("phone", re.compile(r"(?<![\w.-])(?:\+?82[-. ]?0?|0)(?:2|[3-6]\d|70)[-. )]\s?\d{3,4}[-. ]\d{4}(?!\d)")),
    ("phone", re.compile(r"(?<![\w.])\+\d{1,3}[-. ]?(?:\(?\d{1,4}\)?[-. ]?){2,4}\d{2,4}(?!\d)")),
    ("phone", re.compile(r"(?<![\w.-])\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?![\d-])")),
    ("name", re.compile(r"(?i:(?<=my name is )|(?<=my name's ))[^\W\d_]+(?: [A-Z][^\W\d_]+)*")),
    ("name", re.compile(rf"(?:(?<=이름은 )|(?<=성함은 )|(?<=이름이 ))[가-힣]{{2,4}}(?={_AFTER_NAME})")),
)  # fmt: skip


def masked(text: str, words: Iterable[str] = ()) -> str:
    """Put ``[kind]`` in place of personal data, and ``[name]`` in place of each of ``words``.

    >>> masked("제 이름은 홍길동입니다. 010-1234-5678 또는 me@example.com, 900101-1234567")
    '제 이름은 [name]입니다. [phone] 또는 [email], [resident number]'
    >>> masked("Card 4111 1111 1111 1111 from 203.0.113.9, order 4111111111111112")
    'Card [card] from [ip], order 4111111111111112'
    """
    for word in sorted(filter(None, words), key=len, reverse=True):
        text = re.sub(re.escape(word), "[name]", text, flags=re.IGNORECASE)
    text = _CARD.sub(lambda match: "[card]" if _adds_up(match[0]) else match[0], text)
    for kind, pattern in _RULES:
        text = pattern.sub(f"[{kind}]", text)
    return text


def _adds_up(number: str) -> bool:
    """Check the digits of a card number (Luhn)."""
    digits = [int(char) for char in number if char.isdigit()][::-1]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]  # noqa: PLR2004 - two digits from 5 on
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
