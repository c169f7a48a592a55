"""Korean words with a wrong syllable, found by the pairs of syllables that no row holds.

A wrong syllable inside a word spoils the pair on either side, two swapped ones spoil up to three. A single
unknown pair is no slip: it is a particle that this noun has nowhere else, or two words without a space. Nor
is a word of the lexicon, unless it sounds like the other: Korean words of two syllables lie so close together
that one which the docs lack has a neighbour there by chance (사진, 사전).
"""

from __future__ import annotations

import re

import numpy as np

from kb_server.index.keyboard import letters_of, near_syllables
from kb_server.index.tokenization import KOREAN_STOP_WORDS, without_ending
from kb_server.index.vocabulary import Vocabulary
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.reading.replacements import Replacement

_RUN = re.compile("[가-힣]{3,}")
_MIN_ROWS = 2
"""Rows that must hold each pair of the word that is read instead."""
_SPOILT_BY_ONE, _SPOILT_BY_SWAP = 2, 3
_HEARD = str.maketrans("ㅔㅖㅚㅞ", "ㅐㅒㅙㅙ")
"""Vowels that sound alike: who writes 결재 may mean 결제, though both are words."""
_MOST_SPOILT = 8
"""Words with such pairs; a text with more is about something that the index does not speak of."""


def misspelt_hangul(text: str, vocabulary: Vocabulary) -> list[Replacement]:
    """Give what the misspelt Korean words of ``text`` mean, in reading order."""
    words = [
        (run.start(), without_ending(run[0]))
        for run in _RUN.finditer(text)
        if run[0] not in KOREAN_STOP_WORDS
    ]
    spoilt = [(start, word, pairs) for start, word in words if (pairs := _spoilt(word, vocabulary))]
    if len(spoilt) > _MOST_SPOILT:
        return []
    return [
        Replacement(start, start + len(word), meant)
        for start, word, pairs in spoilt
        if (meant := _meant(word, pairs, vocabulary))
    ]


def _spoilt(word: str, vocabulary: Vocabulary) -> tuple[int, int] | None:
    """Give the first and last pair of ``word`` that one slip may have spoilt."""
    unknown = np.flatnonzero(vocabulary.pair_frequencies(_pairs(word)) == 0)
    if not _SPOILT_BY_ONE <= len(unknown) <= _SPOILT_BY_SWAP or np.ptp(unknown) != len(unknown) - 1:
        return None
    return int(unknown[0]), int(unknown[-1])


def _meant(word: str, spoilt: tuple[int, int], vocabulary: Vocabulary) -> str | None:
    first, last = spoilt
    is_word = shipped_lexicon().knows_korean(word)
    if last - first == _SPOILT_BY_ONE - 1:
        others = [
            each for each in near_syllables(word[last]) if not is_word or _sound_alike(each, word[last])
        ]
        variants = [word[:last] + other + word[last + 1 :] for other in others]
        if best := _best(variants, first, last, vocabulary):
            return best
    if is_word:
        return None
    swaps = range(max(first - 1, 0), min(last + 1, len(word) - 2) + 1)
    return _best(
        [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in swaps],
        first - 1,
        last + 1,
        vocabulary,
    )


def _sound_alike(one: str, other: str) -> bool:
    return letters_of(one).translate(_HEARD) == letters_of(other).translate(_HEARD)


def _best(variants: list[str], first: int, last: int, vocabulary: Vocabulary) -> str | None:
    """Give the variant whose pairs ``first`` to ``last`` are all known, the rarest of them most widely."""
    if not variants:
        return None
    pairs = [_pairs(variant)[max(first, 0) : last + 1] for variant in variants]
    frequencies = vocabulary.pair_frequencies([pair for some in pairs for pair in some])
    rarest = frequencies.reshape(len(variants), -1).min(axis=1)
    best = int(rarest.argmax())
    return variants[best] if rarest[best] >= _MIN_ROWS else None


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]
