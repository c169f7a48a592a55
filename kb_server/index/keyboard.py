"""The two layouts of a Korean keyboard: what a text would be, had the other one been switched on.

Korean is typed letter by letter on the keys of the Latin alphabet (the standard two-set layout), and the
keyboard puts the letters together to syllables. Who forgets to switch types ``dkssud`` for 안녕, or
``ㅔㅁㄴㄴ잭ㅇ`` for password.
"""

from __future__ import annotations

import re

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS: tuple[str, ...] = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
"""가 and 힣; between them every syllable of the three lists, in their order."""

_SINGLE_KEYS = dict(
    zip(
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        strict=True,
    )
)
_TWO_KEYS = {
    "ㅘ": "hk", "ㅙ": "ho", "ㅚ": "hl", "ㅝ": "nj", "ㅞ": "np", "ㅟ": "nl", "ㅢ": "ml",
    "ㄳ": "rt", "ㄵ": "sw", "ㄶ": "sg", "ㄺ": "fr", "ㄻ": "fa", "ㄼ": "fq", "ㄽ": "ft", "ㄾ": "fx",
    "ㄿ": "fv", "ㅀ": "fg", "ㅄ": "qt",
}  # fmt: skip
_KEYS = _SINGLE_KEYS | _TWO_KEYS
_LETTER_OF_KEY = {key: letter for letter, key in _SINGLE_KEYS.items()}
_LETTER_OF_KEY |= {
    key.upper(): letter for key, letter in _LETTER_OF_KEY.items() if key.upper() not in _LETTER_OF_KEY
}
_PAIRS = {"".join(_LETTER_OF_KEY[key] for key in keys): letter for letter, keys in _TWO_KEYS.items()}
_LETTER = "[ㄱ-ㅎㅏ-ㅣ]"
_VOWEL_PAIR = "|".join(pair for pair, letter in _PAIRS.items() if letter in MEDIALS)
_FINAL_PAIR = "|".join(pair for pair, letter in _PAIRS.items() if letter in FINALS)
_SYLLABLE = re.compile(
    rf"([{INITIALS}])({_VOWEL_PAIR}|[{MEDIALS}])"
    rf"((?:{_FINAL_PAIR}|[{''.join(FINALS)}])(?![{MEDIALS}]))?"
)


def to_hangul(text: str) -> str:
    """Give what the keys of ``text`` type in the Korean layout; characters of other keys stay.

    >>> to_hangul("dkssudgktpdy"), to_hangul("password")
    ('안녕하세요', 'ㅔㅁㄴㄴ잭ㅇ')
    """
    letters = "".join(_LETTER_OF_KEY.get(char, char) for char in text)
    return _SYLLABLE.sub(_composed, letters)


def to_latin(text: str) -> str:
    """Give the keys that type the Hangul of ``text``; other characters stay.

    >>> to_latin("ㅔㅁㄴㄴ잭ㅇ"), to_latin("안녕")
    ('password', 'dkssud')
    """
    return "".join(_KEYS.get(letter, letter) for char in text for letter in letters_of(char))


def letters_of(char: str) -> str:
    """Take a syllable apart into its two or three letters; any other character is itself.

    >>> letters_of("밀"), letters_of("a")
    ('ㅁㅣㄹ', 'a')
    """
    if not FIRST_SYLLABLE <= ord(char) <= LAST_SYLLABLE:
        return char
    number, final = divmod(ord(char) - FIRST_SYLLABLE, len(FINALS))
    initial, medial = divmod(number, len(MEDIALS))
    return INITIALS[initial] + MEDIALS[medial] + FINALS[final]


def near_syllables(syllable: str) -> list[str]:
    """Give the syllables that differ from ``syllable`` in one letter; none for any other character.

    >>> len(near_syllables("말")), "밀" in near_syllables("말"), near_syllables("a")
    (65, True, [])
    """
    if not FIRST_SYLLABLE <= ord(syllable) <= LAST_SYLLABLE:
        return []
    number, final = divmod(ord(syllable) - FIRST_SYLLABLE, len(FINALS))
    initial, medial = divmod(number, len(MEDIALS))
    near = [(other, medial, final) for other in range(len(INITIALS)) if other != initial]
    near += [(initial, other, final) for other in range(len(MEDIALS)) if other != medial]
    near += [(initial, medial, other) for other in range(len(FINALS)) if other != final]
    return [_syllable(*letters) for letters in near]


def _composed(match: re.Match[str]) -> str:
    initial, medial, final = match.groups("")
    medial, final = _PAIRS.get(medial, medial), _PAIRS.get(final, final)
    return _syllable(INITIALS.index(initial), MEDIALS.index(medial), FINALS.index(final))


def _syllable(initial: int, medial: int, final: int) -> str:
    return chr(FIRST_SYLLABLE + (initial * len(MEDIALS) + medial) * len(FINALS) + final)
