"""Split canonical text into sentences, English and Korean, with their offsets.

A split in the wrong place shows a customer half a thought, a missed one only a longer quote. So each rule
needs a reason to cut: nothing is cut inside code, addresses, brackets or quotation marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from kb_server.index.records import Span
from kb_server.remembering import remembered

_MAX_QUOTED = 300
"""Characters; a longer pair of brackets or quotation marks is more likely two unrelated marks."""
_SIGHT = 80
"""Characters on either side of a mark that decide what it is."""
_PROTECTED = re.compile(
    rf"(?<!`)(?P<ticks>`{{1,3}})(?!`).{{1,{_MAX_QUOTED}}}?(?<!`)(?P=ticks)(?!`)"
    r"|\b[a-z][a-z0-9+.-]{1,19}://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}…]"
    rf"|\([^()\n]{{0,{_MAX_QUOTED}}}\)|\[[^\[\]\n]{{0,{_MAX_QUOTED}}}\]"
    rf"|“[^”\n]{{0,{_MAX_QUOTED}}}”|「[^」\n]{{0,{_MAX_QUOTED}}}」|『[^』\n]{{0,{_MAX_QUOTED}}}』"
    rf"|(?<!\w)\"[^\"\n]{{1,{_MAX_QUOTED}}}\"|‘[^’\n]{{0,{_MAX_QUOTED}}}’(?!\w)",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?P<mark>\.{2,}|[.!?…。！？]+)(?P<closers>[\"'”’»)\]}」』*]*)")
# A polite Korean ending without its full stop, before a new word: "저장됩니다 그 다음".
_ENDINGS = ("니다", "세요", "십시오")
_BARE_ENDING = re.compile(rf"(?<=[가-힣])(?:{'|'.join(_ENDINGS)})(?=[ \t]+[^\W_])")
_FULL_WIDTH = frozenset("。！？")
_KOREAN_ENDING = re.compile(r"(?:다|요|죠|까|음|함|됨|임)$")
_HANGUL = re.compile(r"[가-힣]")
_QUOTED_ON = re.compile(r"(?:이?라[고는며]|하[고는며])(?:\s|$)")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4}|[가나다라마바사아자차카타파하]|[①-⑳])$")
_DATE = re.compile(r"\d{4}\.\s*\d{1,2}(?:\.\s*\d{1,2})?$")
_IDENTIFIER = re.compile(r"\w*[A-Z0-9_]|\w+(?:\.\w{2,})+")
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘]+$")
# Followed by more of the same sentence.
_OPEN_ABBREVIATION = re.compile(
    r"e\.?g|i\.?e|cf|vs?|viz|approx|ca|mr|mrs|ms|dr|prof|st|figs?|eq|sec|ch|vol|pp|eds?|al|incl|excl|resp|esp"
    r"|tel|ext|min|max|ver|dept|est",
    re.IGNORECASE,
)
_NUMBER_ABBREVIATION = re.compile(
    r"nos?|nr|art|p|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec", re.IGNORECASE
)
_INITIAL = re.compile(r"(?<!\w)[A-Z]$")
# After a capital letter and a full stop these open a sentence ("plan A. The rest"), other words are a name.
_OPENER = re.compile(
    r"(?:A|After|All|Also|An|And|Any|As|At|Before|But|By|Click|Do|Each|Enter|Every|For|From|How|However|If|In"
    r"|Its?|Make|Note?|On|Once|Only|Open|Or|Please|See|Select|Set|So|Some|That|The|Then|There|These|They|This"
    r"|Those|To|Use|We|What|When|Where|Which|While|With|Your?)\b",
)


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """List the sentences of ``text[start:end]``: trimmed, in order, disjoint, covering all but white space.

    A line break ends a sentence: canonical text keeps only those that the writer meant.

    >>> text = "Use v1.2.3, e.g. from example.com. 저장합니다. 다음을 누르세요."
    >>> [span.of(text) for span in split_sentences(text)]
    ['Use v1.2.3, e.g. from example.com.', '저장합니다.', '다음을 누르세요.']
    """
    spans: list[Span] = []
    position = start
    for line in text[start:end].split("\n"):
        spans += (Span(position + first, position + last) for first, last in _pieces(line))
        position += len(line) + 1
    return spans


def ends_bare(text: str) -> bool:
    """Tell a Korean sentence without its full stop: what follows on its line stood on a line of its own.

    >>> ends_bare("파일을 실행하십시오"), ends_bare("저장합니다."), ends_bare("서버")
    (True, False, False)
    """
    return text.endswith(_ENDINGS)


@remembered(1 << 13)
def _pieces(line: str) -> tuple[tuple[int, int], ...]:
    """Cut one line; pages come again with every question, and looking where they end takes longest."""
    return tuple(_trimmed(line, _cut_points(line)))


def _trimmed(line: str, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    previous = 0
    for cut in (*cuts, len(line)):
        piece = line[previous:cut]
        stripped = piece.strip()
        if stripped:
            first = previous + piece.index(stripped)
            yield first, first + len(stripped)
        previous = cut


def _cut_points(line: str) -> list[int]:
    """Give the offsets at which a new sentence may start."""
    protected = [match.span() for match in _PROTECTED.finditer(line)]
    cuts: list[int] = []
    for match in _MARK.finditer(line):
        sentence_start = cuts[-1] if cuts else 0
        if not _inside(match.end(), protected) and _ends_sentence(line, sentence_start, match):
            cuts.append(match.end())
    bare = [m.end() for m in _BARE_ENDING.finditer(line) if not _inside(m.end(), protected)]
    return sorted({*cuts, *bare}) if bare else cuts


def _inside(offset: int, protected: list[tuple[int, int]]) -> bool:
    position = bisect_left(protected, (offset,)) - 1
    return position >= 0 and offset < protected[position][1]


def _ends_sentence(line: str, sentence_start: int, match: re.Match[str]) -> bool:
    """Decide whether a new sentence starts after the marks of ``match``."""
    mark, closers = match["mark"], match["closers"]
    before = line[max(sentence_start, match.start() - _SIGHT) : match.start()].lstrip()
    rest = line[match.end() : match.end() + _SIGHT]
    following = rest.lstrip()
    if not following:
        return True
    if following == rest:  # nothing but Korean and full-width marks ends a sentence without a space
        return mark[-1] in _FULL_WIDTH or bool(_KOREAN_ENDING.search(before) and _HANGUL.match(following))
    if closers and _QUOTED_ON.match(following):  # "저장합니다." 라고
        return False
    if following[0].islower():
        return bool(_HANGUL.search(before[-1:])) or (mark == "." and _starts_with_name(following))
    return mark != "." or not (
        _continues_after_dot(before, following) or (not closers and _is_initial(before, following))
    )


def _starts_with_name(following: str) -> bool:
    """Tell an identifier that opens a sentence (``go2rtc``, ``iOS``, ``app.py``) from a word inside one."""
    return bool(_IDENTIFIER.match(following.split(maxsplit=1)[0].rstrip(".,;:!?)")))


def _continues_after_dot(before: str, following: str) -> bool:
    """Recognize list numbers, dates and abbreviations."""
    if (
        _ENUMERATOR.match(before)
        or (before[-1:].isdigit() and following[0].isdigit())
        or _DATE.search(before)
    ):
        return True
    last = _LAST_WORD.search(before)
    word = last.group().strip("*_") if last else ""
    if _NUMBER_ABBREVIATION.fullmatch(word):
        return following[0].isdigit()
    return bool(_OPEN_ABBREVIATION.fullmatch(word))


def _is_initial(before: str, following: str) -> bool:
    """Recognize the ``J.`` of a name, unless the next word usually opens a sentence."""
    return bool(_INITIAL.search(before) and re.match("[A-Za-z]", following) and not _OPENER.match(following))
