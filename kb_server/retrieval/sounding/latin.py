"""How English spelling is written in Hangul: for each group of letters its sounds, with a price.

The rules are those of the usual transliteration: ph and f give ㅍ, th gives ㅅ or ㄷ, a last e is silent, and
so on. A price of 0 is the rule itself, a higher one a spelling that people use beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

FAR = 9.0
"""More than any price that is asked for."""
Row = dict[int, float]
_RULES = """
b b 0 B 0 p .8
p p 0 B 0 b .5
ph p 0
f p 0 h .5
v b 0 p .5
t t 0 T 0 d .7
d d 0 T .3 t .5 di .4
th s 0 t .2 d .3 T .3
k k 0 K 0 g .5
c k 0 K 0 g .5
ck k 0 K 0
q k 0 K 0
ch c 0 k .2 s .5 K .3 ci 0
tch c 0 ci 0
g g 0 K .2 k .6
gh _ 0 g .2
dg j 0 ji 0
dge j 0 ji 0
ge j 0 ji 0
gi ji 0 jai .3
gy ji 0
ce s 0 se 0 si 0 s3 .2
ci si 0 sai 0
cy si 0 sai 0
s s 0 j .3 T .4
sh s 0 si 0
sc s .1
z j 0 s .4
j j 0 Y .6
x Ks 0 gj .4 j .5 ks .2 eKs .2
l L 0 l .3
r l 0 L .5
m m 0
n n 0 N .4 en .6
ng N 0 Ng 0 nj 0 ng .2
nk Nk 0 NK 0
nc Nk 0 ns 0
h h 0 _ .4
w W 0 u 0 _ .4
war W3 0
wh W 0 h .2 u .2
wr l 0
kn n 0
gn n .2
y Y 0 i 0 ai 0
qu kW 0 ku .1 k .3
tion sY3n 0 s3n .1
sion jY3n 0 sY3n 0 j3n 0
ture c3 0
ti si .6
a a 0 e 0 ei 0 3 .3 o .5
e e 0 i 0 3 .3 _ .4
i i 0 ai 0 3 .6 e .7 Y .5
o o 0 a .2 3 .3 ou .2 u .5
u 3 0 u 0 Yu 0 a .3 i .6
ea i 0 e 0 ia .3
ee i 0
oo u 0 o .4
ou au 0 u .2 3 .2 o .3
ow au 0 o 0
ai ei 0 e .2
ay ei 0 i .5
au o 0 au 0
aw o 0
ei ei 0 i .2 ai .2
ey ei .2 i 0
eu u 0 Yu 0
ew u 0 Yu 0
ie i 0 ai 0
oa o 0
oi oi 0
oy oi 0
er 3 0
ar a 0 3 .2 o .4 e .4
or o 0 3 0
ur 3 0 u .2
ir 3 0
ear i3 0 3 .2
re 3 .2 Ya3 .3
are e3 0
ire ai3 0
ure Yu3 0 3 .3
ia ia 0 i3 .2
io io 0 ai3 .3
le L 0
al 3L 0
el 3L 0 eL 0
ate eit 0 eiT 0
age iji 0 eiji 0
cc k 0 K 0 Ks .2
"""
_VOWELS = "aeiouy"
_MUTE_AT_THE_END = "bdghkpt"
_MUTE_PRICE = 0.8
_SHORT_END = re.compile("[^aeiou][aiou][kpt]$")
_ENDINGS = {
    "ing": ("iN",),
    "ed": ("d", "T", "id", "t"),
    "s": ("s",),
    "es": ("is", "s3s"),
    "er": ("3",),
    "y": ("i",),
    "ity": ("iti", "3ti"),
    "al": ("3L",),
    "ic": ("iK",),
    "ence": ("3ns",),
    "ency": ("3nsi",),
    "ment": ("m3nt",),
    "ation": ("eisY3n",),
    "ion": ("Y3n", "3n"),
}
"""What the stemmer takes off, and how it sounds."""
_ENDING_PRICE = 0.2


def _rules() -> Iterator[tuple[str, tuple[tuple[str, float], ...]]]:
    for line in _RULES.strip().splitlines():
        letters, *rest = line.split()
        sounds = tuple(
            (each.replace("_", ""), float(price)) for each, price in zip(rest[::2], rest[1::2], strict=True)
        )
        yield letters, sounds
        if len(letters) == 1 and letters in "bdfgklmnpqrstvz":
            yield letters * 2, sounds


_SOUNDS: Mapping[str, tuple[tuple[str, float], ...]] = dict(_rules())
_LONGEST = max(map(len, _SOUNDS))


def price(word: str, heard: str, limit: float) -> float:
    """Give what it costs to hear ``word`` as ``heard``; ``FAR`` where that is more than ``limit``."""
    return _rows(word, heard, limit)[-1].get(len(heard), FAR)


def price_of_stem(stem: str, heard: str, limit: float) -> tuple[float, str]:
    """Give the lowest price of a form of ``stem``, and the form."""
    rows = _rows(stem, heard, limit)
    if not any(rows[-3:]):
        return FAR, stem
    found = [(rows[-1].get(len(heard), FAR), stem)]
    if stem[-1] == "t":
        found += [
            (rows[-2].get(len(heard) - len(end), FAR) + _ENDING_PRICE, f"{stem}ion")
            for end in ("sY3n", "s3n")
            if heard.endswith(end)
        ]
    if stem[-1] in "cg":
        whole = f"{stem}y" if stem.endswith("log") else f"{stem}e"
        found.append((price(whole, heard, limit), whole))
    if stem[-1] == "i":
        found.append((rows[-1].get(len(heard), FAR), f"{stem[:-1]}y"))
    if stem[-1] == "r" and heard.endswith("liN"):
        found.append((rows[-1].get(len(heard) - 3, FAR) + _ENDING_PRICE, f"{stem}ing"))
    for ending, sounds in _ENDINGS.items():
        for end in sounds:
            if heard.endswith(end):
                at = len(heard) - len(end)
                found.append((rows[-1].get(at, FAR) + _ENDING_PRICE, stem + ending))
    cost, form = min(found)
    # A consonant with a vowel of its own behind it in Hangul (노트, not 놋) follows a long vowel: note.
    has_mute_e = form == stem and _SHORT_END.search(stem) and heard[-1] == stem[-1]
    return cost, f"{stem}e" if has_mute_e else form


def _rows(word: str, heard: str, limit: float) -> list[Row]:
    """Give, for each number of letters read, the sounds heard by then and the lowest price."""
    rows: list[Row] = [{} for _ in range(len(word) + 1)]
    rows[0][0] = 0.0
    for at, row in enumerate(rows[:-1]):
        if row:
            for size, sounds in _ways(word, at):
                target = rows[at + size]
                for spoken, cost in sounds:
                    for begin, paid in row.items():
                        total = paid + cost
                        end = begin + len(spoken)
                        if (
                            total <= limit
                            and total < target.get(end, FAR)
                            and heard.startswith(spoken, begin)
                        ):
                            target[end] = total
    return rows


def _ways(word: str, at: int) -> Iterator[tuple[int, tuple[tuple[str, float], ...]]]:
    for size in range(1, min(_LONGEST, len(word) - at) + 1):
        if sounds := _SOUNDS.get(word[at : at + size]):
            yield size, sounds
    letter, behind = word[at], word[at + 1 : at + 2]
    if letter == "r" and (not behind or behind not in _VOWELS):
        yield 1, (("", 0.0),)
    elif not behind:
        if letter == "e":
            yield 1, (("", 0.0),)
        if letter in _MUTE_AT_THE_END:
            yield 1, (("", _MUTE_PRICE),)
    elif letter == "e" and word[at + 1 :] in {"d", "s"}:
        yield 1, (("", 0.0),)
