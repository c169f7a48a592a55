"""Replies to options that take all of them, or none, or say yes to a single one, in English and Korean.

They are read as words without punctuation, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ALL = re.compile(
    r"(?:(?:i (?:want|need|mean|meant)|i'd like|(?:please )?(?:show|tell) me(?: about)?|yes|ok|okay|about) )?"
    r"(?:the )?(?P<all>both|two|all|all two|all three|all four|each|every one|everything)(?: one)?"
    r"(?: of (?:them|these|those|the (?:two|options|above)))?(?: please| thanks)?"
)
_OF_TWO = frozenset({"both", "two", "all two"})
_ALL_KOREAN = re.compile(
    r"(?:네|예|저는|그럼)?(?:(?P<both>둘|두개|두가지)|셋|세개|세가지|넷|네개|네가지)?(?:다|모두|전부){1,2}"
    r"(?:를|을|에대해|에대해서)?(?:요|이요|예요|이에요|입니다)?"
    r"(?:알려|말해|설명해|보여|해|궁금해|필요해)?(?:주세요|줘요?|요)?(?:부탁해요|부탁드립니다|부탁드려요)?"
)
_NONE = re.compile(
    r"(?!no thank)(?:(?:no|nope|sorry|i (?:want|need|mean|meant)|it's|that's|it is|that is) )*"
    r"(?:no|nope|nah|neither|none|nothing|not (?:really|these|those|any|either|it|that|this|them)"
    r"|(?:it|that|this)(?:'s| is) not (?:it|that|this)|(?:something|anything) else"
    r"|(?:another|a different) (?:one|thing|question))(?: one)?"
    r"(?: of (?:these|those|them|the (?:two|above|options)|it|that))?"
    r"(?: (?:fits?|helps?|matches|match|is right|are right|is it|is what i (?:mean|meant|want|need|asked)))?"
    r"(?: please| thanks| thank you| sorry)?"
)
_NONE_KOREAN = re.compile(
    r"(?:아니요|아니오|아뇨|죄송하지만|음)?(?:(?:이|그)?중에?서?는?|여기에?는?|거기에?는?)?"
    r"(?:둘다|둘모두|셋다|다|모두|전부)?"
    r"(?:(?:제가|내가)?(?:찾는|원하는|말한|묻는)(?:게|것이|건|것은|내용이|내용은)?)?"
    r"(?:아니요|아니오|아뇨|아니에요|아니예요|아닙니다|아니야|아닌데요|아니네요|아님|아닌것같아요|아닌거같아요"
    r"|없어요|없네요|없습니다|없는데요|없음|해당(?:사항)?없(?:음|어요|습니다)"
    r"|다른(?:거|것|내용|질문)(?:요|이요|예요|이에요|입니다))"
)
_YES = re.compile(
    r"(?:(?:yes|yeah|yep|yup|ya|sure|right|correct|exactly|ok|okay|of course|that's (?:it|right)|that one"
    r"|it is|i (?:do|am|did)|please|thanks|thank you|네|예|응|넵|넹|맞아요?|맞습니다|그거요|그거예요|그래요"
    r"|좋아요|부탁드려요|부탁드립니다|부탁해요|알려 ?주세요|보여 ?주세요|감사합니다)(?: |$))+"
)
_MOST_WORDS = 20
_TWO = 2


def takes_all(words: Sequence[str], count: int) -> bool:
    """Tell whether a reply takes all of ``count`` options; *both* are two.

    >>> takes_all(["both", "of", "them"], 2), takes_all(["both"], 3), takes_all(["전부", "다요"], 3)
    (True, False, True)
    """
    english, korean = _ALL.fullmatch(" ".join(words)), _ALL_KOREAN.fullmatch("".join(words))
    of_two = (english and english["all"] in _OF_TWO) or (korean and korean["both"])
    return bool(english or korean) and count > 1 and (count == _TWO or not of_two)


def takes_none(words: Sequence[str]) -> bool:
    """Tell whether a reply turns every option down.

    >>> takes_none(["neither"]), takes_none(["둘", "다", "아니에요"]), takes_none(["no", "sound"])
    (True, True, False)
    """
    return bool(_NONE.fullmatch(" ".join(words)) or _NONE_KOREAN.fullmatch("".join(words)))


def says_yes(words: Sequence[str]) -> bool:
    """Tell whether a reply says nothing but yes.

    >>> says_yes(["yes", "please"]), says_yes(["네", "맞아요"]), says_yes(["yes", "but", "how"])
    (True, True, False)
    """
    return len(words) <= _MOST_WORDS and _YES.fullmatch(" ".join(words)) is not None
