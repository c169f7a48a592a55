"""Split text into search terms: the one tokenizer of indexing, querying and grounding.

English words become Snowball stems. Identifiers are kept whole *and* split, so that both the exact name
and a part of it find the place. Hangul runs become character bigrams: a noun is found under any particle
(``비밀번호`` in ``비밀번호를``) without a dictionary.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from importlib.metadata import version

from Stemmer import Stemmer

from kb_server.remembering import remembered

TOKENIZER_VERSION = f"2+snowball.{version('snowballstemmer')}"
"""Changes whenever the same text could give other terms; an index keeps the version it was built with."""

_STOP_WORD_LIST = """
a about an and are as at be been being but by can could did do does doing for from had has have he her here
him his how i i'd i'll i'm i've if in into is it it's its just me my of on or our she should so some than
that that's the their them then there these they this those to too us was we were what what's when where
which while who whom why will with would you your yours
"""
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())
"""English words that say nothing about the topic. Negations and directions (no, not, off, up) do."""

_KOREAN_STOP_WORD_LIST = """
어떻게 어떤 무엇 무엇을 무엇이 무엇인가요 뭐 뭔가요 왜 언제 어디 어디서 어디에서 어느 하나요 되나요
있나요 없나요 할 수 수가 수도 있는 있을 있도록 있습니다 있어요 없습니다 없어요 하는 하면 하려면 하고 해야
한 되는 됩니다 합니다 및 또는 그리고 그런데 이 그 저 것 것은 것이 것을 등 때 경우 같은 이런 그런 위해
대한 대해 대해서 통해 싶어요 싶은데 싶습니다 주세요 알려주세요 입니다 인가요 건가요 거예요
무슨 어떠한 무엇으로 무엇에 무엇인지 무엇입니까 무엇이며 뭘 뭐가 뭐예요 무얼 얼마나 얼마 얼마인가요 누가 몇
언제까지 언제부터 혹시 궁금합니다 궁금해요 뜻 뜻은 뜻이 뜻인가요 뜻인지 뜻하나요 의미는 의미가 의미인가요
의미인지 의미하나요
"""
KOREAN_STOP_WORDS = frozenset(_KOREAN_STOP_WORD_LIST.split())
"""Korean words that carry grammar or politeness, or only ask. Bare 의미 is not one: 의미 검색 is a topic."""

_ENDING = re.compile(
    r"(?<=.)(?:하려면|하나요|되나요|있나요|없나요|인가요|한가요|할까요|될까요|합니다|됩니다|입니다|있습니다|없습니다"
    r"|습니다|습니까|하세요|주세요|되는데|하는데|했는데|인데|는데|나요|가요|까요|어요|아요|해요|돼요|니다"
    r"|하는|되는|하고|하지|하면|되면|해서|하여|하기|해야)$",
)
"""Verb endings of questions and manuals: left in, they outweigh the verb (``설정`` in ``설정하나요``)."""

_SYLLABLE_AND_PARTICLE = re.compile(
    r".(?:을|를|은|는|이|가|의|에|로|와|과|도|만|에서|으로|에는|에도|에게|부터|까지|마다|들|들을|들이|라는|이라는|이나)",
)
"""A noun of one syllable (앱, 키, 값) has no bigram of its own: it is kept beside those of ``앱을``."""

# After NFKC. Scripts written without spaces, or with endings glued to the stem, become bigrams.
_GLUED = r"\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
_WORD = rf"[^\W_{_GLUED}]"
_TERM = re.compile(
    rf"[{_GLUED}]+"
    rf"|\d{{1,3}}(?:,\d{{3}})+(?!\d)"  # 10,000
    rf"|(?<!\w)[A-Za-z](?:\+\+|#)(?!\w)"  # C++, C#
    rf"|{_WORD}+(?:[._\-/:@'’\u2010-\u2012]{{1,2}}{_WORD}+)*",
)
_IS_GLUED = re.compile(rf"[{_GLUED}]")
_SEGMENT = re.compile(r"[/:@]+")
_PART = re.compile(r"[._\-]+")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+")
_SIGNED = re.compile(r"[A-Za-z](?:\+\+|#)")
_NUMERIC = re.compile(r"v?\d+(?:\.\d+)+", re.IGNORECASE)
_PUNCTUATION = str.maketrans({"’": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", ",": None})
_MIN_PART = 2
_MAX_TERM = 100
"""Characters; longer runs are hashes and encoded data, which nobody types."""

# Compiled, from the same rules as the package that names the version. It remembers nothing by itself: what
# people wrote must not outlive an erasure.
_stemmer = Stemmer("english", 0)
_stemmer_lock = threading.Lock()


def tokenize(text: str) -> list[str]:
    """List the search terms of ``text`` in reading order.

    >>> tokenize("Set KB_DATA_DIR before installing")
    ['set', 'kb_data_dir', 'kb', 'data', 'dir', 'befor', 'instal']
    >>> tokenize("SDK를 설치합니다")
    ['sdk', '를', '설치']
    """
    terms: list[str] = []
    for run in _TERM.findall(unicodedata.normalize("NFKC", text)):
        terms += _terms_of_run(run)
    return terms


def without_ending(run: str) -> str:
    """Cut the verb ending of questions and manuals off a Korean word.

    >>> without_ending("설정하나요")
    '설정'
    """
    return _ENDING.sub("", run)


@remembered(1 << 17)
def _terms_of_run(run: str) -> tuple[str, ...]:
    if _IS_GLUED.match(run):
        return _glued_terms(run)
    run = run.translate(_PUNCTUATION)
    if _SIGNED.fullmatch(run):
        return (run.casefold(),)
    if len(run) > _MAX_TERM:
        return ()
    if _NUMERIC.fullmatch(run):
        return _version_terms(run.casefold().removeprefix("v"))
    segments = _SEGMENT.split(run)
    terms = [run.casefold()] if len(segments) > 1 else []
    for segment in segments:
        terms += _segment_terms(segment)
    return tuple(terms)


def _glued_terms(run: str) -> tuple[str, ...]:
    """Give the bigrams of a Korean run: ``설치합니다`` → 설치, ``앱을`` → 앱, 앱을."""
    if run in KOREAN_STOP_WORDS:
        return ()
    run = without_ending(run)
    bigrams = tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)
    return (run[0], *bigrams) if _SYLLABLE_AND_PARTICLE.fullmatch(run) else bigrams


def _segment_terms(segment: str) -> list[str]:
    """Give an identifier whole, then its parts: ``foo.bar`` → foo.bar, foo, bar."""
    parts = _PART.split(segment)
    if len(parts) == 1:
        return _word(segment)
    terms = [segment.casefold()]
    for part in parts:
        terms += _word(part)
    return terms


def _version_terms(number: str) -> tuple[str, ...]:
    """Give a version whole and each shorter release line: ``1.2.3`` → 1.2.3, 1.2."""
    numbers = number.split(".")
    return tuple(".".join(numbers[:end]) for end in range(len(numbers), 1, -1))


def _word(word: str) -> list[str]:
    """Give the stem of a word, and of each hump of a camelCase one."""
    folded = word.casefold()
    if not folded or folded in STOP_WORDS:
        return []
    terms = [_stem(folded)]
    if not (word.islower() or word[1:].islower() or word.isdigit()):
        humps = [hump for hump in _HUMP.findall(word) if len(hump) >= _MIN_PART]
        terms += [_stem(hump.casefold()) for hump in humps if hump != word]
    return terms


@remembered(1 << 17)
def _stem(word: str) -> str:
    if not word.isalpha() and "'" not in word:  # h264, 2fa: a name
        return word
    with _stemmer_lock:  # the stemmer keeps its state in itself
        stem: str = _stemmer.stemWord(word)
    return stem
