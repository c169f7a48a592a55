"""The lexicon of ``kb_server.retrieval.crossing``, learned from segments that say the same.

IBM Model 1 (Brown et al. 1993) from Korean to English, with two changes. Korean glues particles and endings
to a word, so every beginning of a word takes part and takes its share; and a pseudo-count keeps rare
beginnings from being sure. ``python -m ingest.training.lexicon --pairs FILE… --out lexicon.json``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.training.commands import MAX_PAIRS_BYTES
from ingest.training.pair_files import read_pairs
from kb_server.errors import KbError
from kb_server.index.tokenization import KOREAN_STOP_WORDS, tokenize

ROUNDS = 8
_MOST_WORDS = 14
"""Longer segments say little about single words and cost the square of their length."""
_LEAST_COUNT = 5
_LEAST_TOGETHER = 3
_ALWAYS = 0.9
"""A beginning that goes on in the same way this often is no word of its own."""
_PSEUDO_COUNT = 1.0
_LEAST_CHANCE = {"ko": 0.12, "en": 0.1}
_MOST_WAYS = {"ko": 3, "en": 4}
_HANGUL = re.compile(r"[가-힣]+")
_PARTICLE_LIST = """
을 를 은 는 이 가 의 에 로 와 과 도 만 나 인 란 에서 으로 에는 에도 에게 부터 까지 마다 들 들을 들이 들의
라는 이라는 이나 이란 으로는 에서는 에서의 에서도 에게는 와의 과의 로는 로의 로서 로만 으로만 에만 만을 까지는
입니다 하고 하는 하면 합니다 됩니다 되는 있습니다 처럼 보다 이며 이고 인지
"""
_PARTICLES = frozenset(_PARTICLE_LIST.split())
_SHORT_RUN = 3
"""Only in a run up to this long can the first syllable be a word of its own."""
_ONE_SYLLABLE = tuple("을를은는이가의에로와과도")

Chances = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class _Segment:
    en: tuple[str, ...]
    """Stems."""
    ko: tuple[str, ...]
    """Runs of Hangul."""


def learn(pairs: Iterable[tuple[str, str]]) -> dict[str, Chances]:
    """Learn from ``pairs`` of an English and a Korean text; gives the content of a lexicon file.

    Empty where no word comes often enough.
    """
    segments = [segment for en, ko in pairs if (segment := _segment(en, ko))]
    words = Counter(run for segment in segments for run in segment.ko)
    beginnings, counts = _beginnings(words)
    korean = _without_particles(_chances(segments, beginnings))
    return {"ko": _kept(korean, "ko"), "en": _kept(_turned(_kept(korean, "ko", digits=4), counts), "en")}


def _segment(en: str, ko: str) -> _Segment | None:
    stems = tuple(dict.fromkeys(t for t in tokenize(en) if t.isascii() and t.isalpha() and len(t) > 1))
    runs = tuple(
        run for run in dict.fromkeys(_HANGUL.findall(ko)) if run not in _PARTICLES | KOREAN_STOP_WORDS
    )
    usable = 0 < len(stems) <= _MOST_WORDS and 0 < len(runs) <= _MOST_WORDS
    return _Segment(stems, runs) if usable else None


def _beginnings(words: Mapping[str, int]) -> tuple[dict[str, int], Mapping[str, int]]:
    """Give the beginnings that can be words their numbers, from 1, and how often each comes."""
    counts: Counter[str] = Counter()
    following: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, count in words.items():
        for length in range(1, len(word) + 1):
            counts[word[:length]] += count
            following[word[:length]][word[length : length + 1]] += count
    chosen = [start for start in counts if _can_be_word(start, counts[start], following[start], words)]
    return {start: number for number, start in enumerate(chosen, start=1)}, counts


def _can_be_word(start: str, count: int, following: Mapping[str, int], words: Mapping[str, int]) -> bool:
    if count < _LEAST_COUNT or start in _PARTICLES or start in KOREAN_STOP_WORDS:
        return False
    if any(sign and often >= _ALWAYS * count for sign, often in following.items()):
        return False
    alone = words.get(start, 0) + sum(words.get(start + particle, 0) for particle in _ONE_SYLLABLE)
    return len(start) > 1 or alone >= 2 * _LEAST_COUNT


def _chances(segments: Sequence[_Segment], beginnings: Mapping[str, int]) -> Chances:
    """Run the model; gives the chance of each stem by beginning."""
    seen = Counter(stem for segment in segments for stem in segment.en)
    stems = [stem for stem, count in seen.items() if count >= _LEAST_TOGETHER]
    number = {stem: place for place, stem in enumerate(stems)}
    sources, targets, owners = _triples(segments, beginnings, number)
    if not sources.size:
        return {}
    pairs, which = np.unique(sources.astype(np.int64) * len(stems) + targets, return_inverse=True)
    pair_source, pair_target = np.divmod(pairs, len(stems))
    together = np.bincount(which)
    chance = np.ones(len(pairs))
    for _ in range(ROUNDS):
        share = chance[which]
        share /= np.bincount(owners, weights=share)[owners]
        expected = np.bincount(which, weights=share, minlength=len(pairs))
        chance = expected / (np.bincount(pair_source, weights=expected)[pair_source] + _PSEUDO_COUNT)
    names = ["", *beginnings]
    found: Chances = {}
    for place in np.flatnonzero((chance >= _LEAST_CHANCE["ko"]) & (together >= _LEAST_TOGETHER)).tolist():
        if pair_source[place]:  # 0 is the empty word
            entry = found.setdefault(names[pair_source[place]], {})
            entry[stems[pair_target[place]]] = float(chance[place])
    return found


def _triples(
    segments: Sequence[_Segment], beginnings: Mapping[str, int], stems: Mapping[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Give every pair of a beginning and a stem of one segment, and which stem of all it may explain."""
    sources, targets = [], []
    for segment in segments:
        starts = {
            run[:end]
            for run in segment.ko
            for end in range(1, len(run) + 1)
            if end > 1 or len(run) <= _SHORT_RUN
        }
        known = np.array([0, *sorted(beginnings[start] for start in starts if start in beginnings)], np.int32)
        if known.size > 1:
            for stem in (stem for stem in segment.en if stem in stems):
                sources.append(known)
                targets.append(stems[stem])
    sizes = [each.size for each in sources]
    flat = np.concatenate(sources) if sources else np.empty(0, np.int32)
    return flat, np.repeat(np.array(targets, np.int32), sizes), np.repeat(np.arange(len(sources)), sizes)


def _without_particles(korean: Chances) -> Chances:
    """Leave out a word with a particle where the word itself is known."""

    def has_particle(word: str) -> bool:
        ends = (word[:-size] for size in range(1, 4) if len(word) > size + 1 and word[-size:] in _PARTICLES)
        return any(start in korean for start in ends)

    return {word: ways for word, ways in korean.items() if not has_particle(word)}


def _turned(korean: Chances, counts: Mapping[str, int]) -> Chances:
    """Turn the direction round, by Bayes' rule."""
    joint: Chances = {}
    for word, ways in korean.items():
        for stem, chance in ways.items():
            joint.setdefault(stem, {})[word] = chance * counts[word]
    return {
        stem: {word: each / sum(ways.values()) for word, each in ways.items()} for stem, ways in joint.items()
    }


def _kept(chances: Chances, lang: str, *, digits: int = 2) -> Chances:
    """Keep the likeliest ways to say each word."""
    kept: Chances = {}
    for word, ways in sorted(chances.items()):
        best = sorted(ways.items(), key=lambda way: (-way[1], way[0]))[: _MOST_WAYS[lang]]
        likely = {other: round(chance, digits) for other, chance in best if chance >= _LEAST_CHANCE[lang]}
        if likely:
            kept[word] = likely
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn a lexicon from files of pairs and write it."""
    parser = argparse.ArgumentParser(description="Learn which words of two languages say the same.")
    parser.add_argument(
        "--pairs", type=Path, nargs="+", required=True, help="JSON Lines, see kb train-encoder"
    )
    parser.add_argument("--out", type=Path, required=True, help="write the lexicon here")
    options = parser.parse_args(arguments)
    try:
        segments = [
            (segment.en, segment.ko)
            for file in options.pairs
            for segment in read_pairs(file, max_bytes=MAX_PAIRS_BYTES).segments
        ]
    except KbError as error:
        sys.stderr.write(f"lexicon: {error.message} {error.remedy}\n")
        return 2
    content = learn(dict.fromkeys(segments))
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(content['ko'])} Korean and {len(content['en'])} English entries\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
