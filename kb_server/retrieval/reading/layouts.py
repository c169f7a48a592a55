"""Words typed in the other keyboard layout: ``dkssud`` for 안녕, ``ㅔㅁㄴㄴ잭ㅇ`` for password."""

from __future__ import annotations

import re
from typing import NamedTuple

from kb_server.index.keyboard import to_hangul, to_latin
from kb_server.index.tokenization import KOREAN_STOP_WORDS, STOP_WORDS, tokenize
from kb_server.index.vocabulary import Vocabulary
from kb_server.retrieval.reading.replacements import Replacement

_RUN = re.compile("[A-Za-z]+|[가-힣ㄱ-ㅎㅏ-ㅣ]+")
_LOOSE_LETTER = re.compile("[ㄱ-ㅎㅏ-ㅣ]")
_LAUGHTER = re.compile("[가-힣]*(?:ㅋ+|ㅎ+|ㅠ+|ㅜ+|ㅇ+)")
_SYLLABLES = re.compile("[가-힣]+")
_KNOWN_PAIRS = 0.5
"""Share of a Korean word's pairs of syllables that the index must hold for the word to be meant."""
_MIN_KEYS = 4
"""Shorter words turn into words of the other language by chance (행 is ``god``)."""
_MIN_ALONE = 6
"""Letters of a single such word among others that are typed right."""


class _Suspect(NamedTuple):
    """A word that the index does not know, and what its keys type in the other layout."""

    start: int
    end: int
    reading: str
    meant: bool
    """Whether the index knows the reading."""


def other_layout(text: str, vocabulary: Vocabulary) -> list[Replacement]:
    """Give what the words of ``text`` that were typed in the wrong layout mean, in reading order."""
    runs = list(_RUN.finditer(text))
    suspects = [suspect for run in runs if (suspect := _suspect(run, vocabulary))]
    meant = [suspect for suspect in suspects if suspect.meant]
    if not meant or (
        2 * len(meant) < len(runs) and all(suspect.end - suspect.start < _MIN_ALONE for suspect in meant)
    ):
        return []
    # Who typed half of the unknown words in the wrong layout typed the others in it, too.
    chosen = suspects if 2 * len(meant) >= len(suspects) else meant
    return [Replacement(suspect.start, suspect.end, suspect.reading) for suspect in chosen]


def _suspect(run: re.Match[str], vocabulary: Vocabulary) -> _Suspect | None:
    word = run[0]
    if word.isascii():
        if word.casefold() in STOP_WORDS or vocabulary.knows(tokenize(word)):
            return None
        reading = to_hangul(word)
        if not _SYLLABLES.fullmatch(reading):
            return None
        return _Suspect(run.start(), run.end(), reading, _is_korean(reading, vocabulary))
    loose = _LOOSE_LETTER.search(word) is not None and not _LAUGHTER.fullmatch(word)
    if not loose and (word in KOREAN_STOP_WORDS or vocabulary.knows(tokenize(word))):
        return None
    reading = to_latin(word)
    is_word = loose or len(reading) >= _MIN_KEYS
    meant = is_word and (reading.casefold() in STOP_WORDS or vocabulary.knows(tokenize(reading)))
    return _Suspect(run.start(), run.end(), reading, meant)


def _is_korean(word: str, vocabulary: Vocabulary) -> bool:
    if len(word) == 1:  # three keys type some syllable by chance
        return False
    terms = tokenize(word)
    if word in KOREAN_STOP_WORDS or not terms:
        return True
    return sum(map(vocabulary.knows_term, terms)) >= _KNOWN_PAIRS * len(terms)
