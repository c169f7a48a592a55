"""Refusals in words, English and Korean, of systems that do not tell their status in a field.

Only for these: a phrase list never knows every way to decline, so ``status_by`` of a reply says that it was
used.
"""

from __future__ import annotations

import re

_DECLINE = re.compile(
    r"""\b(?:
      (?:do(?:es)?\ not|don't|doesn't|did\ not|didn't|could\ not|couldn't|cannot|can't|can\ not
         |am\ not|i'm\ not|unable\ to|not\ able\ to)\ (?:\w+\ ){0,2}
        (?:know|find|have|see|contain|cover|mention|provide|include|answer|locate|specify|say|sure|help)
      | no\ (?:such\ |relevant\ |specific\ |further\ )*
        (?:information|answer|mention|details?|data|documentation|results?)\b
      | not\ (?:mentioned|covered|specified|documented|described|stated|found|available)\ (?:in|by|anywhere)
      | (?:outside|beyond)\ (?:of\ )?(?:the|my)\ (?:scope|knowledge)
      | (?:i|we)\ (?:must\ )?decline
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_KOREAN_DECLINE = re.compile(
    r"(?:답변|답|대답|확인|안내|제공|말씀)[을를은는]?\s*(?:드리기\s*|하기\s*|해\s*드릴\s*|드릴\s*|할\s*)?(?:수(?:가|는)?\s*없|어렵|못)"
    r"|알\s*수\s*없|모르겠|찾을\s*수(?:가|는)?\s*없|찾지\s*못|나와\s*있지\s*않|포함(?:되어|돼)\s*있지\s*않"
    r"|(?:정보|내용|자료|답|언급|설명)[이가은는]?\s*(?:전혀\s*)?(?:없|존재하지\s*않)|다루(?:고\s*있)?지\s*않|다루지\s*않|언급(?:되어|돼)?\s*있지\s*않"
)
_OPENING = 2
"""Sentences: a refusal says so at once; further down, a denial is part of an answer."""
_ENDS = re.compile(r"(?<=[.!?。])\s+|\n+")


def is_refusal(text: str) -> bool:
    """Tell whether a text opens by declining to answer.

    >>> is_refusal("I couldn't find that in the documentation."), is_refusal("문서에서 찾을 수 없습니다.")
    (True, True)
    >>> is_refusal("Press Save. The old file is kept. You cannot find it in the list.")
    False
    """
    straight = text.replace("’", "'")
    opening = [part for part in _ENDS.split(straight.strip()) if part][:_OPENING]
    return not opening or any(_DECLINE.search(part) or _KOREAN_DECLINE.search(part) for part in opening)
