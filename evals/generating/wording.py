"""Headings as questions, in English and Korean, by rules: no model and no tables of the corpus.

A heading that is a question stays as it is. A verb becomes "How do I …?", and whatever else a request to
explain it. Korean sentences are built so that no particle depends on the last letter of the heading.
"""

from __future__ import annotations

import re

_ASKS_EN = re.compile(
    r"(?:(?:what|where|when|why|who|which|how)|(?:how (?:many|much|long|often|far)|(?:what|which) \w+))\s+"
    r"(?:is|are|do|does|did|can|should|will|may|must)\s+\w.*"
    r"|(?:can|does|do|is|are|should|will|may|must)\s+(?:i|you|we|it|the|my|there)\b.*",
    re.IGNORECASE,
)
_HOW_TO = re.compile(r"how\s+to\s+(.+)", re.IGNORECASE)
_GERUND = re.compile(r"[A-Za-z]{2,}ing\b")
_VERBS = frozenset(
    re.findall(
        r"\w+",
        """
        access activate add adjust allow append apply archive assign attach authenticate authorize
        back backup block browse build call cancel change check choose clean clear clone close
        combine compare complete compress configure confirm connect convert copy count create
        customize debug declare decrypt define delete deploy detect develop disable disconnect
        display download drag edit enable encrypt ensure evaluate exclude export extend extract
        filter find fix follow format generate get give group handle hide host identify ignore
        implement import include increase insert inspect install integrate invite join keep launch
        learn limit link list load lock log maintain make manage map mark measure merge migrate
        modify monitor mount move name navigate open optimize order organize override pass pause pin
        preview prepare prevent print process protect provide publish purchase query read rebuild
        recover redeem redirect reduce refund register reload remove rename renew reorder replace
        report request require reset resize resolve restart restore restrict retrieve return reuse
        review revoke rollback rotate run save scan schedule search secure see select send separate
        serve set share show sign skip sort specify split start stop store submit subscribe switch
        sync synchronize tag test toggle track transfer translate troubleshoot turn type undo
        uninstall unlink unlock unpin unsubscribe update upgrade upload use validate verify view
        wait watch wrap write zoom
        """,
    )
)
_QUESTION_WORDS = frozenset({"what", "where", "when", "why", "who", "which", "how"})
_ASKS_KO = re.compile(r".*(?:나요|까요|인가요|은가요|는가요|니까|은가|는가|인가)")
_STATES_KO = re.compile(r".* .*(?:요|니다|[한된]다|음|됨|함)")
_NUMBER = re.compile(r"(?:(?:step|단계)\s*)?\d+(?:[-.]\d+)*\s*[.):]\s+|단계\s*\d+\s+", re.IGNORECASE)
_ACTS_KO = re.compile(
    r".*(?:하기|되기|보내기|만들기|바꾸기|가져오기|내보내기|불러오기|올리기|내리기|켜기|끄기|열기|닫기|찾기"
    r"|지우기|고치기|쓰기|읽기|넣기|빼기|옮기기|받기|숨기기|맞추기|나누기|합치기|되돌리기|늘리기|줄이기|붙이기)"
)
_GENERIC = frozenset(
    re.split(
        r"\s*\|\s*",
        """overview|introduction|summary|conclusion|notes|note|tip|tips|warning|caution|
        info|example|examples|see also|next steps|what's next|related|resources|
        references|reference|prerequisites|requirements|before you begin|recap|
        table of contents|contents|faq|options|usage|parameters|syntax|description|
        details|technical details|more|other|misc|
        개요|소개|요약|참고|참고하세요|참고 자료|주의|주의사항|
        예시|예제|팁|다음 단계|관련 문서|목차|자주 묻는 질문|설명|
        정리|기타|알아두기|유의사항|마치며|들어가기|사용법|옵션|
        매개변수|문법""",
    )
)
_MIN_LETTERS = 3
_HANGUL = re.compile("[가-힣]{2}")
_MAX_CHARS = 120


def asks(heading: str, lang: str) -> bool:
    """Tell whether a heading is a question already.

    >>> asks("How do I pay?", "en"), asks("Paying", "en"), asks("환불은 되나요", "ko")
    (True, False, True)
    """
    if heading.rstrip().endswith(("?", "？")):
        return True
    return bool((_ASKS_KO if lang == "ko" else _ASKS_EN).fullmatch(heading.rstrip(" .")))


def question(heading: str, lang: str, *, title: str = "") -> str | None:
    """Make a question of a heading, with the ``title`` of its page where the heading alone is not enough.

    None for headings that say nothing by themselves, such as *Overview*, and for ones that are no words.

    >>> question("Install the CLI", "en"), question("Roll back", "en", title="Operations")
    ('How do I install the CLI?', 'What do I need to know about Roll back (Operations)?')
    >>> question("How pages are cut", "en"), question("Billing", "en")
    ('Can you tell me how pages are cut?', 'How does billing work?')
    >>> question("비밀번호 바꾸기", "ko"), question("환불 방법", "ko"), question("요금", "ko", title="구독")
    ('비밀번호 바꾸기는 어떻게 하나요?', '환불 방법을 알려 주세요.', '구독의 요금에 대해 알려 주세요.')
    """
    words = _NUMBER.sub("", heading.strip(), count=1).rstrip(":.")
    says = _HANGUL.search(words) or sum(map(str.isalpha, words)) >= _MIN_LETTERS
    if words.casefold() in _GENERIC or not says or len(words) > _MAX_CHARS:
        return None
    if asks(heading, lang):
        return words if words.endswith(("?", "？")) else f"{words}?"
    return _korean(words, title) if lang == "ko" else _english(words, title)


def _english(words: str, title: str) -> str:
    about = f" ({title})" if title else ""
    if match := _HOW_TO.fullmatch(words):
        return f"How do I {match[1]}{about}?"
    first, _, rest = words.partition(" ")
    if first.lower() in _QUESTION_WORDS and rest:
        return f"Can you tell me {_lowered(words)}{about}?"
    if _GERUND.fullmatch(first):
        return f"How does {_lowered(words)}{about} work?"
    if first.lower() in _VERBS and rest and first[1:].islower():
        return f"How do I {_lowered(words)}{about}?"
    return f"What do I need to know about {words}{about}?"


def _korean(words: str, title: str) -> str:
    about = f"{title}의 " if title else ""
    if words.endswith("방법"):
        return f"{about}{words}을 알려 주세요."
    if _ACTS_KO.fullmatch(words):
        return f"{about}{words}는 어떻게 하나요?"
    if _STATES_KO.fullmatch(words):
        return f"{about}“{words}”라는 부분을 설명해 주세요."
    return f"{about}{words}에 대해 알려 주세요."


def _lowered(words: str) -> str:
    """Begin in lower case, but for a name in capitals."""
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def of_version(text: str, lang: str, label: str) -> str:
    """Ask the same about one version.

    >>> of_version("How do I pay?", "en", "v2"), of_version("결제 방법을 알려 주세요.", "ko", "v2")
    ('In v2, how do I pay?', 'v2에서 결제 방법을 알려 주세요.')
    """
    return f"{label}에서 {text}" if lang == "ko" else f"In {label}, {_lowered(text)}"
