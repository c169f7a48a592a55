"""Contact data that askers put beside a question: an address of mail or a telephone number.

It says nothing of what is asked, but counts among the words that no page holds, and each of its parts may
stand somewhere. What any row holds as it is typed, such as the address of the support, stays.
"""

from __future__ import annotations

import re

from kb_server.index.tokenization import tokenize
from kb_server.index.vocabulary import Vocabulary
from kb_server.retrieval.reading.replacements import Replacement

_CONTACT = (
    r"(?:[\w.+-]{1,64}@[\w-]{1,63}(?:\.[A-Za-z\d-]{1,63}){1,8}"
    r"|(?<![\w.-])(?:\+82[-. ]?\(?0?\)?|0)(?:1[016-9]|2|[3-6]\d|70)[-. )]\s?\d{3,4}[-. ]\d{4}(?!\d)"
    r"|(?<![\w.-])01[016-9]\d{7,8}(?!\d)"
    r"|(?<![\w.])\+\d{1,3}[-. ]?(?:\(?\d{1,4}\)?[-. ]?){2,4}\d{2,4}(?!\d)"
    r"|(?<![\w.-])\(?\d{3}\)?[- ]\d{3}[- ]\d{4}(?![\d-]))"
)
_BEFORE = (
    r"(?:\b(?:my|our)\s+(?:e-?mail|phone|mobile|telephone|number|address|contact)(?:\s+(?:address|number))?"
    r"\s{0,3}(?:is|:)?\s{0,3}"
    r"|\b(?:please\s+)?(?:(?:e-?mail|call|text|contact|reach|reply\s+to|answer|write)\s+(?:to\s+)?(?:me|us)"
    r"(?:\s+back)?)\s+(?:at|on|under|via|by)\s+"
    r"|(?:(?:제|내|저희)\s{0,3})?(?:휴대폰|휴대전화|핸드폰|전화|연락처|이메일|메일|번호)\s{0,3}(?:번호|주소)?"
    r"(?:는|은|가|이)?\s{0,3}:?\s{0,3})?"
)
_BEHIND = r"(?:\s{0,3}(?:입니다|이에요|예요|이고요?|이며))?(?:(?<=[가-힣])[.!]?)"
_STATED = re.compile(rf"{_BEFORE}(?P<contact>{_CONTACT})(?:{_BEHIND})?", re.IGNORECASE)


def contact_data(text: str, vocabulary: Vocabulary) -> list[Replacement]:
    """Give what leads to a person and not to a page, with the words that only announce it, to be left out.

    None where nothing that is asked would be left.
    """
    found = [
        Replacement(match.start(), match.end(), " ")
        for match in _STATED.finditer(text)
        if not vocabulary.knows_term(match["contact"].casefold())
    ]
    rest = text
    for start, end, _ in reversed(found):
        rest = f"{rest[:start]} {rest[end:]}"
    return found if tokenize(rest) else []
