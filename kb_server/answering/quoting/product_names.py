"""By which words a question names a product: as the front matter spells it, or as the other script does.

A Korean question writes *Pro* as 프로 and *cloud* as 클라우드, with or without the brand before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from kb_server.index.language import has_hangul
from kb_server.index.tokenization import tokenize
from kb_server.remembering import remembered
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.sounding.hangul import sound
from kb_server.retrieval.sounding.latin import price_of_stem

_WORD = re.compile(r"[가-힣]+|[^\W_가-힣]+")
_PARTICLES = re.compile(
    r"(?:이?에요|이?예요|입니다|인데|에서|에게|으로|까지|부터|이나|처럼|보다|하고|이랑|[용판로에와과랑의이가을를])?"
    r"(?:은|는|도|만)?(?:이?요)?"
)
_TITLE_PARTICLE = re.compile(r"(?<=[가-힣])(?:에서|으로|[의와과을를은는])$")
_MOST_WORDS = 2
"""Words of a name in a title."""
_LIKE = 0.3
"""Highest price of two spellings of one sound that name one product."""
_SHORTEST = 3
"""Letters of a word that is told by its sound."""
_BRAND = 2
"""Syllables that may stand before a name without a space."""
_NAMES = 1 << 12


@remembered(_NAMES)
def is_named(value: str, text: str) -> bool:
    """Tell whether a text names the product or version ``value``, word by word and in either script.

    >>> [is_named("pro", text) for text in ("Does Pro sync?", "프로에서는요?", "A problem", "프로그램은?")]
    [True, True, False, False]
    >>> is_named("서버", "Server?"), is_named("pro", "헬리오프로는요?"), is_named("Helio Pro", "Helio")
    (True, True, False)
    """
    said = [word.casefold() for word in _WORD.findall(text)]
    words = _words(value)
    return bool(words) and all(any(_is_said(word, other) for other in said) for word in words)


def without_names(text: str, values: Iterable[str]) -> str:
    """Leave out the words of a text that name one of ``values``.

    >>> without_names("헬리오 프로의 백업", ("home", "pro")), without_names("Helio Pro backups", ("pro",))
    ('헬리오 백업', 'Helio backups')
    """
    words = {word for value in values for word in _words(value)}

    def left(run: re.Match[str]) -> str:
        return "" if any(_is_said(word, run[0].casefold()) for word in words) else run[0]

    return " ".join(_WORD.sub(left, text).split())


def own_words(title: str, other: str) -> tuple[str, str]:
    """Give the one place in which two titles that are alike otherwise differ; empty where they are not alike.

    >>> own_words("Backups for companies", "Backups for families"), own_words("Backups", "Restore")
    (('companies', 'families'), ('', ''))
    >>> own_words("개인용 노트 백업", "기업용 노트 백업")
    ('개인용', '기업용')
    """
    one, two = _WORD.findall(title), _WORD.findall(other)
    start = len(_common(one, two))
    end = len(_common(one[start:][::-1], two[start:][::-1]))
    middles = one[start : len(one) - end], two[start : len(two) - end]
    shared = one[:start] + one[len(one) - end :]
    if not tokenize(" ".join(shared)) or not all(0 < len(middle) <= _MOST_WORDS for middle in middles):
        return "", ""
    return _bare(middles[0]), _bare(middles[1])


def _common(one: Sequence[str], two: Sequence[str]) -> list[str]:
    return [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))]


def _bare(words: Sequence[str]) -> str:
    """Give a name as it is spelt without a particle."""
    return _TITLE_PARTICLE.sub("", " ".join(words))


def _words(value: str) -> list[str]:
    return _WORD.findall(value.casefold())


def _is_said(word: str, said: str) -> bool:
    """Tell whether ``said``, in running text, is ``word`` with or without an ending, or a brand before it."""
    if not has_hangul(said):
        return _in_other_script(said, word) if has_hangul(word) else _is_same(word, said)
    bare = {said[:end] for end in range(1, len(said) + 1) if _PARTICLES.fullmatch(said, end)}
    behind_brand = {stem[at:] for stem in bare for at in range(_BRAND, len(stem) - 1)}
    if has_hangul(word):
        return word in bare | behind_brand
    return any(_in_other_script(word, stem) for stem in bare | behind_brand)


def _is_same(word: str, said: str) -> bool:
    stems = tokenize(word)
    return word == said or (bool(stems) and stems == tokenize(said))


@remembered(_NAMES)
def _in_other_script(latin: str, hangul: str) -> bool:
    """Tell whether a word in Hangul spells a Latin one by its sound, or is what that is called in Korean."""
    if len(latin) >= _SHORTEST and latin.isalpha() and latin.isascii():
        heard = sound(hangul)
        if price_of_stem(latin, heard, _LIKE)[0] <= _LIKE:
            return True
    meant = list(shipped_lexicon().of_korean(hangul)) if hangul in shipped_lexicon().ko else []
    return len(meant) == 1 and any(way.factor == 1 and list(way.terms) == tokenize(latin) for way in meant[0])
