"""Which words of the other language a word may stand for: a lexicon learned from parallel documentation.

``lexicon.json`` has two objects. ``ko``: beginnings of Korean words, to which particles and endings are
glued, each with English search terms; ``en``: English search terms with such beginnings. Every entry has
the chance that one is translated by the other. ``README.md`` beside it says what it was learned from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb_server.index.tokenization import KOREAN_STOP_WORDS, tokenize, without_ending

SHIPPED_LEXICON = Path(__file__).with_name("lexicon.json")

_LEAST = 0.08
"""Chance below which a translation is not looked for."""
_SHORT_RUN = 2
"""A single syllable stands for a word only where the run is no longer than this."""
_ENDING = re.compile(
    "(?:들)?(?:에서|에게|한테|으로|까지|부터|처럼|보다|마다|이나|이랑|하고|이라|라고|이라고|[은는이가을를의에로와과도만])?"
    "(?:[은는도만])?|(?:하|되|시키)?(?:시|셨|였|었|았)?(?:[은는던면고지며게려서기어아]|려면|으면|니까|는데|도록|거나)?"
    "|[한할해했된될돼됐함됨](?:[은는면고지을])?"
)
"""What may follow a Korean word, none of it a word that is asked for."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to say a word in the other language."""

    terms: tuple[str, ...]
    """Search terms: a stem, or the pairs of syllables of a Korean word."""
    factor: float
    """What each counts beside a word of the question's own language, up to 1 for the likeliest way."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Translations of single words, by chance."""

    ko: Mapping[str, Mapping[str, float]]
    en: Mapping[str, Mapping[str, float]]
    longest: int
    """Syllables of the longest Korean entry."""

    def of_korean(self, run: str) -> Iterator[tuple[Alternative, ...]]:
        """Give the ways to say each part of a run of Hangul; none for a part that is not known.

        ``비밀번호변경을`` is two words; what follows the last one is taken for an ending.
        """
        if run in KOREAN_STOP_WORDS:
            return
        rest = without_ending(run)
        known = self._beginnings(rest, single=len(rest) <= _SHORT_RUN)
        if not known:
            yield ()
        while known:
            yield _ways({(term,): chance for term, chance in self._chances(known).items()})
            rest = rest[len(known[0]) :]
            known = self._beginnings(rest, single=False)

    def of_english(self, term: str) -> tuple[Alternative, ...]:
        """Give the ways to say an English search term in Korean."""
        return _ways({tuple(tokenize(word)): chance for word, chance in self.en.get(term, {}).items()})

    def knows_english(self, term: str) -> bool:
        """Tell whether an English search term is a word, whatever the docs hold."""
        return term in self.en

    def knows_korean(self, word: str) -> bool:
        """Tell whether a run of Hangul is a word, or several, up to a particle or an ending."""
        reached = {0}
        for start in range(len(word)):
            if start in reached:
                reached |= {start + len(entry) for entry in self._beginnings(word[start:], single=False)}
        return any(_ENDING.fullmatch(word[end:]) for end in reached - {0})

    def _beginnings(self, run: str, *, single: bool) -> list[str]:
        """List the entries with which ``run`` begins, the longest first."""
        shortest = 1 if single else 2
        lengths = range(min(self.longest, len(run)), shortest - 1, -1)
        return [run[:length] for length in lengths if run[:length] in self.ko]

    def _chances(self, entries: list[str]) -> dict[str, float]:
        """Let a shorter beginning say only what the longer ones leave open."""
        chances: dict[str, float] = {}
        open_share = 1.0
        for entry in entries:
            for term, chance in self.ko[entry].items():
                chances[term] = chances.get(term, 0.0) + chance * open_share
            open_share *= max(1 - sum(self.ko[entry].values()), 0.0)
        return {term: chance for term, chance in chances.items() if chance >= _LEAST}


def _ways(chances: Mapping[tuple[str, ...], float]) -> tuple[Alternative, ...]:
    best = max(chances.values(), default=1.0)
    return tuple(Alternative(terms, chance / best) for terms, chance in chances.items() if terms)


def load_lexicon(path: Path = SHIPPED_LEXICON) -> Lexicon:
    """Read a lexicon."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Lexicon(content["ko"], content["en"], longest=max(map(len, content["ko"])))


@cache
def shipped_lexicon() -> Lexicon:
    """Give the lexicon that comes with the server, read once."""
    return load_lexicon()
