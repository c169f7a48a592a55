"""Tell what is no claim: a greeting, thanks, an offer of help. Nothing in it could be right or wrong."""

from __future__ import annotations

import re

_PLEASANTRY = re.compile(
    r"(?:hi|hello|hey|dear \w+|good (?:morning|afternoon|evening)|thanks?(?: you)?(?: (?:so|very) much)?"
    r"(?: for (?:your question|asking|reaching out|contacting us))?|you'?re welcome|my pleasure"
    r"|great question|sure|of course|certainly|i hope (?:this|that) helps|happy to help|glad to help"
    r"|(?:please )?(?:let me|let us) know if (?:you|there)[\w' ]{0,60}"
    r"|(?:please )?feel free to (?:ask|reach out|contact (?:us|support))[\w' ]{0,40}"
    r"|if you have (?:any )?(?:more|other|further)? ?questions,?"
    r" (?:please )?(?:let me know|ask|feel free to ask)"
    r"|is there anything else [\w' ]{0,40}"
    r"|have a (?:nice|great|good) (?:day|one|evening)"
    r"|here(?:'s| is| are) (?:the answer|what i found|the steps|how)"
    r"|안녕하세요|안녕하십니까|반갑습니다|감사합니다|고맙습니다|고마워요|천만에요|별말씀을요|네|물론입니다|물론이죠"
    r"|(?:문의|질문)(?:해 ?주셔서|주셔서) 감사합니다|도움이 되(?:었|셨)(?:으면|기를|길)[가-힣 ]{0,20}"
    r"|도움이 되셨나요|(?:더|추가로|다른) ?[가-힣 ]{0,12}"
    r"(?:궁금한|필요한|궁금하신|문의)[가-힣 ]{0,30}"
    r"|언제든지? ?[가-힣 ]{0,30}|좋은 하루 (?:되세요|보내세요)|좋은 질문입니다"
    r"|답변드리겠습니다|안내해 ?드리겠습니다)"
    r"(?:[ ,]+(?:there|everyone|again))?",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 120


def is_pleasantry(sentence: str) -> bool:
    """Tell whether a sentence is nothing but courtesy.

    >>> [is_pleasantry(text) for text in ("Hello!", "도움이 되었으면 좋겠습니다.", "Hello, it is off.")]
    [True, True, False]
    """
    said = sentence.strip(" \t\n.!?~…😊🙂")
    return len(said) <= _MOST_CHARACTERS and bool(_PLEASANTRY.fullmatch(said.replace("’", "'")))
