"""What a question wants to have defined, and what defines it.

*What is X?* is answered by the sentence that says what X is, or by the entry X of a glossary; most sentences
that name X say what is done with it.
"""

from __future__ import annotations

import re

from kb_server.index.language import KOREAN, language_asked
from kb_server.index.records import Span
from kb_server.index.tokenization import tokenize
from kb_server.remembering import remembered

_THING = r"(?P<thing>[^?.!,]{1,60}?)"
_ASKS = (
    re.compile(
        rf"(?:(?:so|and|ok|okay|hi|hello|please)[, ]+){{0,2}}(?:can you |could you )?(?:tell me |explain )?"
        rf"(?:what(?:['’]s| is| are| exactly (?:is|are))|define|what do you mean by"
        rf"|what(?:['’]s| is) (?:the )?(?:meaning|definition) of) (?:an? |the )?[\"“'`]?{_THING}[\"”'`]?"
        r"(?: exactly| in general)?[\s?.!]*",
        re.IGNORECASE,
    ),
    re.compile(
        rf"what (?:does|do) (?:an? |the )?[\"“'`]?{_THING}[\"”'`]? (?:mean|stand for)[\s?.!]*", re.IGNORECASE
    ),
    re.compile(
        rf"(?:can you |could you |please )?(?:tell me |explain |i want to know )what (?:an? |the )?{_THING} "
        r"(?:is|are|means)[\s?.!]*",
        re.IGNORECASE,
    ),
)
_WHAT_KOREAN = r"(?:무엇|뭐|뭔|뭘|(?:무슨|어떤) (?:뜻|의미|말|거|것))\S*"
_ASKS_KOREAN = (
    re.compile(
        rf"{_THING}(?:의|이란|란|이라는)? ?(?:뜻|의미|정의)(?:[이가은는을를]?(?: \S+){{0,2}})?[\s?.!]*"
    ),
    re.compile(
        rf"{_THING}(?:이라는|라는|이란|란)(?: (?:것|건|게|말|용어)[은는이가]?)?(?: {_WHAT_KOREAN})?[\s?.!]*"
    ),
    re.compile(
        rf"{_THING}(?:이|가|은|는)? ?(?:정확히 |도대체 |대체 )?{_WHAT_KOREAN}"
        r"(?: (?:의미|뜻|말)하\S*)?(?: (?:설명|알려|궁금)\S*(?: \S+)?)?[\s?.!]*"
    ),
)
_PARTICLE = re.compile(r"(?<=\S)(?:이|가|은|는|을|를)$")
"""``보안 그룹은``: without it the words of the thing are those of every text."""
_MOST_WORDS = 5
"""What is longer names no thing: ``the difference between the two``."""

_MARKS = r"[*_`\"”'’]{0,3}"
_OPENING = r"\s*+(?:[-*+]\s++|\d{1,3}[.)]\s++|>\s*+)?"
_IS = re.compile(
    rf"{_OPENING}(?:(?:in|for|with|on) [^,]{{1,40}}, )?(?P<thing>[^.,:;?!]{{1,80}}?)(?:,[^,]{{1,60}},)?"
    rf"{_MARKS} "
    r"(?:(?:is|are) (?:\w+ly )?(?:an?|the|one|another|any|some|our|your|what|how|where|when|used|designed"
    r"|intended|meant|short for|like|basically)|means?|refers? to|stands? for|describes?|represents?|denotes?"
    r"|defines?)\b",
    re.IGNORECASE,
)
_IS_KOREAN = re.compile(
    rf"{_OPENING}(?P<thing>[^.,:;?!]{{1,60}}?){_MARKS} ?(?:은|는|이란|란|이라 함은|라 함은),?\s"
    r"[^?]*(?:(?:입니|이)다|(?:이에|예)요|(?:말|의미|뜻)(?:합니|한)다|(?:가리|일컫|나타)\S{1,2}니다|기능|서비스|의미함|임)"
    r"[\s.!)\]*]{0,20}$"
)
_NAMES = re.compile(
    rf"{_OPENING}(?:\*\*|__|`)?(?P<thing>[^:：|.?!]{{1,60}}?)(?:\*\*|__|`)?\s*(?:[:：]|\s[-–—]\s)\W*\S+ \S"
    r"|\s*\|(?P<row>[^|\n]{1,60})\|"
)
_IN_BRACKETS = re.compile(r"\([^()]{0,80}\)")
_BETWEEN_HANGUL = re.compile(r"(?<=[가-힣]) +(?=[가-힣])")
"""Compounds are written with a space or without: 대리 결재, 대리결재."""
_LINE = re.compile(r"\S[^\n]*")
_MOST_NEWS = 2
"""Words around the thing where it is defined: ``A DNS Plus zone is``."""


def thing_asked(question: str) -> frozenset[str]:
    """Give the terms of what a question wants to have defined; empty where it asks anything else.

    >>> sorted(thing_asked("What is a security group?")), sorted(thing_asked("보안 그룹이란 무엇인가요?"))
    (['group', 'secur'], ['그룹', '보안'])
    >>> thing_asked("What is it used for, and how do I switch it off?")
    frozenset()
    """
    patterns = _ASKS_KOREAN if language_asked(question) == KOREAN else _ASKS
    found = next((match for each in patterns if (match := each.fullmatch(question.strip()))), None)
    thing = _PARTICLE.sub("", found["thing"].strip()) if found else ""
    return frozenset(tokenize(thing)) if len(thing.split()) <= _MOST_WORDS else frozenset()


def defines(text: str, thing: frozenset[str]) -> float:
    """Give the share that ``thing`` has in what a sentence, an item or a row defines; 0 where it does not.

    >>> group = thing_asked("What is a security group?")
    >>> defines("A security group is a firewall.", group), defines("Create a security group first.", group)
    (1.0, 0.0)
    >>> defines("보안 그룹은 가상의 방화벽입니다.", thing_asked("보안 그룹이 뭔가요?"))
    1.0
    """
    return max((_share(line, thing) for line in text.split("\n")), default=0.0)


def definition_in(text: str, thing: frozenset[str]) -> Span:
    """Give the place of the line that defines ``thing`` best: of an item, also one of those below it."""
    lines = [Span(*found.span()) for found in _LINE.finditer(text)]
    return max(lines, key=lambda line: _share(line.of(text), thing), default=Span(0, len(text)))


def _share(line: str, thing: frozenset[str]) -> float:
    if not thing:
        return 0.0
    held = (said for said in _defined(line) if thing <= said and len(said - thing) <= _MOST_NEWS)
    return max((len(thing) / len(said) for said in held), default=0.0)


@remembered(1 << 13)
def _defined(text: str) -> tuple[frozenset[str], ...]:
    """Give the terms of what a text defines: as it is named, without what stands in brackets, and that."""
    found = next((match for each in (_IS, _IS_KOREAN, _NAMES) if (match := each.match(text))), None)
    if found is None:
        return ()
    thing = found["thing"] or found.groupdict().get("row") or ""
    names = [thing, _IN_BRACKETS.sub(" ", thing), *(each[1:-1] for each in _IN_BRACKETS.findall(thing))]
    names += [_BETWEEN_HANGUL.sub("", name) for name in names]
    return tuple({frozenset(tokenize(each)) for each in names})
