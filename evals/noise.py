"""Noisy twins of questions: the slips of real typists, made by a seeded generator.

``python -m evals.noise DATA OUT --kind typo`` makes a noisy twin of every set in a data folder, for any
other measurement to run on. Each kind of noise takes a text and a generator and gives the text with slips,
or the text itself where it holds nothing that this slip can happen to. The same text and seed give the same
twin on every machine.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

Noise = Callable[[str, random.Random], str]
"""Gives a twin of a text; equal to the text where the slip has no place in it."""

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: tuple[str, ...] = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
_KEYS_OF_INITIALS = list("rRseEfaqQtTdwWczxvg")
_KEYS_OF_MEDIALS = re.findall("h[kol]|n[jpl]|ml|.", "koiOjpuPhhkhohlynnjnpnlbmmll")
_KEYS_OF_FINALS = ("", *re.findall("rt|s[wg]|f[raqtxvg]|qt|.", "rRrtsswsgeffrfafqftfxfvfgaqqttTdwczxvg"))
_KEYS = {
    letter: keys
    for letters, all_keys in (
        (_INITIALS, _KEYS_OF_INITIALS),
        (_MEDIALS, _KEYS_OF_MEDIALS),
        (_FINALS, _KEYS_OF_FINALS),
    )
    for letter, keys in zip(letters, all_keys, strict=True)
    if letter
}
_LETTER_OF_KEY = {keys: letter for letter, keys in _KEYS.items() if len(keys) == 1}
_TYPED_SYLLABLE = re.compile(
    "([rRseEfaqQtTdwWczxvg])(h[kol]|n[jpl]|ml|[koiOjpuPhynbml])"
    "(?:(rt|s[wg]|f[raqtxvg]|qt|[rRsefaqtTdwczxvg])(?![koiOjpuPhynbml]))?"
)

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# What sounds alike, so that the slip is one of spelling and not only of the finger.
_CONFUSED = {
    "ㅐ": "ㅔ", "ㅔ": "ㅐ", "ㅖ": "ㅔ", "ㅚ": "ㅙ", "ㅙ": "ㅚ", "ㅞ": "ㅚ", "ㅢ": "ㅣ",
    "ㄱ": "ㅋ", "ㄲ": "ㄱ", "ㄷ": "ㅌ", "ㄸ": "ㄷ", "ㅂ": "ㅃ", "ㅃ": "ㅂ",
    "ㅅ": "ㅆ", "ㅆ": "ㅅ", "ㅈ": "ㅊ", "ㅉ": "ㅈ",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]{4,}|[가-힣]{2,}")
_TWO_SLIPS_FROM = 7
"""Words of a text long enough for two slips."""
_CODE = re.compile(r"\b([A-Za-z]{1,5})[-_ ]?(\d{2,5})\b")


def typos(text: str, rng: random.Random) -> str:
    """Let the finger slip once in a word of four letters or two syllables, in a long text twice.

    >>> typos("reset the password", random.Random(1))
    'reste the password'
    """
    words = list(_WORD.finditer(text))
    slips = min(len(words), 1 + (len(words) >= _TWO_SLIPS_FROM))
    for word in sorted(rng.sample(words, slips), key=lambda match: -match.start()):
        slip = _latin_slip if word[0].isascii() else _hangul_slip
        text = text[: word.start()] + slip(word[0], rng) + text[word.end() :]
    return text


def joined(text: str, rng: random.Random) -> str:
    """Leave out the spaces between Hangul words, each with a chance of two in three.

    >>> joined("비밀번호 재설정 방법", random.Random(0))
    '비밀번호 재설정 방법'
    """
    return re.sub(r"(?<=[가-힣]) (?=[가-힣])", lambda _: "" if rng.random() < 2 / 3 else " ", text)


def split(text: str, rng: random.Random) -> str:
    """Put a space into one Hangul word of four syllables or Latin word of eight letters.

    >>> split("open the configuration", random.Random(0))
    'open the configu ration'
    """
    words = [*re.finditer(r"[가-힣]{4,}", text), *re.finditer(r"[A-Za-z]{8,}", text)]
    if not words:
        return text
    word = rng.choice(words)
    margin = 4 if word[0].isascii() else 2
    cut = word.start() + rng.randint(margin, len(word[0]) - margin)
    return f"{text[:cut]} {text[cut:]}"


def wrong_layout(text: str, _rng: random.Random) -> str:
    """Type the text with the other of the Korean and the English keyboard layout.

    >>> wrong_layout("안녕", random.Random(0)), wrong_layout("password", random.Random(0))
    ('dkssud', 'ㅔㅁㄴㄴ잭ㅇ')
    """
    if any(_FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE for char in text):
        return "".join(_KEYS.get(letter, letter) for char in text for letter in _letters(char))
    keys = "".join(char if char in _LETTER_OF_KEY else char.lower() for char in text)
    typed = _TYPED_SYLLABLE.sub(_composed, keys)
    return "".join(_LETTER_OF_KEY.get(char, char) for char in typed)


def code_spelling(text: str, rng: random.Random) -> str:
    """Spell each code another way: ``E-4021`` as e4021, E 4021 or e_4021.

    >>> code_spelling("error E-4021", random.Random(0))
    'error E_4021'
    """

    def spelt(match: re.Match[str]) -> str:
        letters = rng.choice((match[1].lower(), match[1].upper()))
        return letters + rng.choice(("", "-", " ", "_")) + match[2]

    return _CODE.sub(spelt, text)


NOISES: Mapping[str, Noise] = {
    "typo": typos,
    "joined": joined,
    "split": split,
    "layout": wrong_layout,
    "code": code_spelling,
}
"""Every kind of noise by its name."""


def noisy_twin(text: str, kind: str, *, seed: int) -> str:
    """Give the twin of ``text`` for a kind of ``NOISES``: text and seed decide, the machine does not."""
    rng = random.Random(f"{seed}:{kind}:{text}")  # noqa: S311 - reproducible, nothing secret
    return NOISES[kind](unicodedata.normalize("NFC", text), rng)


def write_twin(folder: Path, target: Path, kind: str, *, seed: int) -> int:
    """Write the twin of the set in ``folder`` and count its questions; those without a slip are left out.

    ``target`` gets ``questions.jsonl`` and a link to the corpus.
    """
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    twins = []
    for record in map(json.loads, filter(str.strip, lines)):
        twin = noisy_twin(record["question"], kind, seed=seed)
        if twin != unicodedata.normalize("NFC", record["question"]):
            twins.append(record | {"question": twin})
    target.mkdir(parents=True)
    (target / "corpus").symlink_to((folder / "corpus").resolve(), target_is_directory=True)
    text = "".join(json.dumps(twin, ensure_ascii=False) + "\n" for twin in twins)
    (target / "questions.jsonl").write_text(text, encoding="utf-8")
    return len(twins)


def main() -> int:
    """Write the twins of all sets; refuse a folder without sets and one that is there already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds docs/")
    parser.add_argument("out", type=Path, help="new folder for the twins")
    parser.add_argument("--kind", choices=NOISES, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folders = sorted(path.parent for path in (options.data / "docs").glob("*/questions.jsonl"))
    if not folders or options.out.exists():
        reason = f"{options.out} exists already" if folders else f"no set below {options.data / 'docs'}"
        print(f"evals: {reason}: name a folder that holds docs/, and a new one.", file=sys.stderr)
        return 3
    for folder in folders:
        target = options.out / "docs" / folder.name
        print(f"{folder.name}: {write_twin(folder, target, options.kind, seed=options.seed)} questions")
    return 0


def _composed(match: re.Match[str]) -> str:
    """Put the keys of a syllable together."""
    return _syllable(
        _KEYS_OF_INITIALS.index(match[1]),
        _KEYS_OF_MEDIALS.index(match[2]),
        _KEYS_OF_FINALS.index(match[3] or ""),
    )


def _parts(char: str) -> tuple[int, int, int]:
    """Give the places of a syllable's three letters in their lists."""
    number, final = divmod(ord(char) - _FIRST_SYLLABLE, len(_FINALS))
    return *divmod(number, len(_MEDIALS)), final


def _letters(char: str) -> str:
    if not _FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE:
        return char
    initial, medial, final = _parts(char)
    return _INITIALS[initial] + _MEDIALS[medial] + _FINALS[final]


def _syllable(initial: int, medial: int, final: int) -> str:
    return chr(_FIRST_SYLLABLE + (initial * len(_MEDIALS) + medial) * len(_FINALS) + final)


def _latin_slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("swap", "drop", "double", "neighbour"))
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[: at + 1] + word[at:]
    return word[:at] + rng.choice(_neighbours(word[at].lower())) + word[at + 1 :]


def _neighbours(letter: str) -> str:
    row = next(row for row in _ROWS if letter in row)
    at = row.index(letter)
    return row[max(at - 1, 0) : at] + row[at + 1 : at + 2]


def _hangul_slip(word: str, rng: random.Random) -> str:
    """Swap two syllables, or get one letter of a syllable wrong."""
    at = rng.randrange(len(word))
    wrong = _wrong_syllables(word[at])
    if at + 1 < len(word) and rng.randrange(len(wrong) + 1) == len(wrong):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice(wrong) + word[at + 1 :]


def _wrong_syllables(char: str) -> list[str]:
    """Give the syllables that a slip makes of ``char``: a like sound, no final, a key beside the vowel's."""
    initial, medial, final = _parts(char)
    wrong = []
    if like := _CONFUSED.get(_INITIALS[initial]):
        wrong.append(_syllable(_INITIALS.index(like), medial, final))
    if like := _CONFUSED.get(_MEDIALS[medial]):
        wrong.append(_syllable(initial, _MEDIALS.index(like), final))
    if final:
        wrong.append(_syllable(initial, medial, 0))
    key = _KEYS_OF_MEDIALS[medial][-1].lower()
    beside = (_LETTER_OF_KEY[near] for near in _neighbours(key))
    wrong += [_syllable(initial, _MEDIALS.index(vowel), final) for vowel in beside if vowel in _MEDIALS]
    return wrong or [_syllable(initial, _MEDIALS.index("ㅣ"), final)]


if __name__ == "__main__":
    sys.exit(main())
