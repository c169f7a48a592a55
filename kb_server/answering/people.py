"""Recognize a request that only a person can meet: to talk to one, or to act on the asker's own account.

A question *how* something is done is one for the docs, also when it is about an account or about support.
"""

from __future__ import annotations

import re

_ASKS_HOW = re.compile(
    r"\b(?:how|where|when|which|why|what(?:['’]s| is| are| happens| do)|(?:can|could|may|do) i|is there"
    r"|are there|is it|steps?)\b"
    r"|어떻게|어디|언제|무엇|뭐|왜|방법|절차|가능한가|있나요|있는지|되나요|인가요|할 수 있",
    re.IGNORECASE,
)
_GAP = r"\s{1,3}"
_NEAR = r"\s{0,3}"
"""Gaps are bounded: white space that two of them could share would be shared out in every way."""
_PERSON = (
    rf"(?:(?:an?|the|your|some|any|one of your){_GAP})?"
    rf"(?:(?:real|live|actual|human|support|service|customer){_GAP}){{0,4}}"
    r"(?:human(?: being)?|person|people|someone|somebody|agent|representative|rep|operator|manager"
    r"|supervisor|staff member)"
)
_WANTS_PERSON = re.compile(
    rf"\b(?:talk|speak|chat)(?:ing)?{_GAP}(?:to|with){_GAP}{_PERSON}\b"
    rf"|\b(?:connect|transfer|put|pass|hand){_GAP}me{_GAP}(?:(?:over|through){_GAP})?(?:to|with){_GAP}{_PERSON}\b"
    rf"|\b(?:call|phone|ring){_GAP}me{_GAP}back\b"
    rf"|(?:상담원|상담사|담당자|직원|사람|매니저){_NEAR}(?:좀|과|와|이랑|하고|한테|에게|을|를|께)?{_NEAR}"
    rf"(?:바로|직접|당장)?{_NEAR}"
    r"(?:연결|통화|바꿔|불러|상담|얘기|이야기|말하고)"
    rf"|(?:전화|연락){_NEAR}좀?{_NEAR}(?:해\s?)?주세요",
    re.IGNORECASE,
)
_ACT = (
    r"(?:cancel|refund|delete|close|unlock|unblock|reset|restore|reactivate|suspend|upgrade|downgrade|change"
    r"|update|check|look up|look into|investigate|resend|return)"
)
_OWN = (
    r"(?:my|our)\s+(?:\w+\s+){0,2}?(?:account|order|payment|subscription|plan|invoice|bill|charge|purchase|refund"
    r"|ticket|case|reservation|booking|licen[cs]e|card|transaction)"
)
_POLITE = (
    r"\W*+(?:(?:please|pls|hi|hello|hey|kindly)\b\W++)*+"
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?)?"
)
_ACT_FOR_ME = re.compile(
    rf"^{_POLITE}{_ACT}\s+{_OWN}\b"
    rf"|\bi(?:['’]d like|\s+(?:want|need|would like))\s+you\s+to\s+{_ACT}\b"
    r"|(?:제|내|저의|저희)\s+(?:\S+\s+){0,2}?(?:계정|주문|결제|구독|요금제|청구서|환불|예약|거래|카드)\S*\s+"
    r"(?:\S+\s+){0,2}?(?:취소|환불|삭제|해지|복구|확인|변경|처리|초기화|해제|조회)\S*\s*"
    r"(?:해\s?주세요|해\s?줘|부탁\S*|바랍니다|해\s?주십시오)",
    re.IGNORECASE,
)
_DO = r"(?:해\s?(?:주세요|줘요?|주십시오)|(?:부탁|요청)\s?(?:해요|합니다|드려요|드립니다))\W*$"
_GIVE_BACK = re.compile(
    r"\brefund\s+me\b|^\W*(?:please\s+(?:a\s+)?(?:full\s+)?refund|(?:a\s+)?(?:full\s+)?refund,?\s+please)\W*$"
    r"|\bi(?:['’]d like|\s+(?:want|need|would like|demand))\s+(?:a|my)\s+(?:full\s+)?(?:refund|money back)\b"
    rf"|환불{_NEAR}(?:을{_NEAR})?(?:바로{_NEAR}|좀{_NEAR})?(?:{_DO}|받고\s?싶(?:어요|습니다)\W*$)",
    re.IGNORECASE,
)
_DO_FOR_ME = re.compile(
    rf"(?<![가-힣])(?:구독|주문|결제|계정|예약|요금제|거래|멤버십|회원|이용권)(?:을|를|은|는|도)?{_GAP}"
    rf"(?:\S{{1,12}}{_GAP}){{0,2}}?(?:좀{_GAP})?"
    rf"(?:(?:취소|해지|삭제|복구|초기화|해제|변경|탈퇴|업그레이드|다운그레이드|연장|정지)(?:를|을)?{_NEAR}(?:좀{_NEAR})?"
    rf"(?:처리{_NEAR})?{_DO}|(?:바꿔|올려|내려|풀어|없애)\s?(?:주세요|줘요?|주십시오)\W*$)"
)
"""Korean leaves out whose it is: whoever asks another to cancel a subscription means their own."""


def needs_person(question: str) -> bool:
    """Tell whether the question asks for a person, or for something to be done to the asker's account.

    >>> [needs_person(text) for text in ("상담원 연결해 주세요", "Please refund my last order")]
    [True, True]
    >>> [needs_person(text) for text in ("How do I refund my order?", "상담원에게 연락하려면 어떻게 하나요?")]
    [False, False]
    """
    if _ASKS_HOW.search(question):
        return False
    wishes = (_WANTS_PERSON, _ACT_FOR_ME, _GIVE_BACK, _DO_FOR_ME)
    return any(wish.search(question) for wish in wishes)
