"""Foreign words in Hangul that the index writes in Latin letters: 멤캐시드 for memcached, 유알엘 for URL.

A word is heard only where no row has it in Hangul and the lexicon across languages does not know it either.
"""

from __future__ import annotations

import re

from kb_server.index.tokenization import KOREAN_STOP_WORDS, tokenize, without_ending
from kb_server.index.vocabulary import Vocabulary
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.reading.replacements import Replacement
from kb_server.retrieval.sounding.hangul import spelt_letters
from kb_server.retrieval.sounding.words import SoundTable

_RUN = re.compile("(?<![A-Za-z\\d가-힣])[가-힣]{2,}")
_PARTICLE = re.compile(
    "(?<=..)(?:에서는|에서도|으로는|에서|으로|에는|에도|까지|부터|이나|라는|이란|처럼|보다|하고|이랑|랑"
    "|을|를|은|는|이|가|의|에|로|와|과|도|만)$"
)
_MOST_HEARD = 8
"""Words; a text with more that no row holds is about something else."""


def foreign_words(text: str, vocabulary: Vocabulary) -> list[Replacement]:
    """Give the Latin words that words of ``text`` in Hangul spell, in reading order."""
    runs = [run for run in _RUN.finditer(text) if run[0] not in KOREAN_STOP_WORDS]
    unknown = [(run, words) for run in runs if (words := _unknown_words(run[0], vocabulary))]
    if len(unknown) > _MOST_HEARD or not unknown:
        return []
    table = sounds_of(vocabulary)
    return [
        Replacement(run.start(), run.start() + len(word), latin)
        for run, words in unknown
        for word, latin in _first(words, vocabulary, table)
    ]


def sounds_of(vocabulary: Vocabulary) -> SoundTable:
    """Give the Latin words of an index by their sound; made once, 10 µs a word."""
    table: SoundTable = vocabulary.notes.get("sounds", lambda: SoundTable(vocabulary.latin_words()))
    return table


def _unknown_words(run: str, vocabulary: Vocabulary) -> list[str]:
    """Give ``run`` as it is, without its ending, and without its particle: those that nothing knows."""
    words = list(dict.fromkeys((run, without_ending(run), _PARTICLE.sub("", run))))
    lexicon = shipped_lexicon()
    return (
        [] if any(word in lexicon.ko for word in words) else [w for w in words if _is_unknown(w, vocabulary)]
    )


def _first(words: list[str], vocabulary: Vocabulary, table: SoundTable) -> list[tuple[str, str]]:
    """Give the first of ``words`` that spells one of the index, with that one."""
    for word in words:
        if latin := _abbreviation(word, vocabulary) or table.like(word):
            return [(word, latin)]
    return []


def _abbreviation(word: str, vocabulary: Vocabulary) -> str:
    letters = spelt_letters(word)
    known = len(letters) > 1 and any(map(vocabulary.knows_term, tokenize(letters)))
    return letters.upper() if known else ""


def _is_unknown(word: str, vocabulary: Vocabulary) -> bool:
    """Tell whether no row can hold ``word``: it lacks a pair of its syllables."""
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return bool(pairs) and not vocabulary.pair_frequencies(pairs).all()
