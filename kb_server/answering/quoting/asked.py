"""What kind of answer a question asks for, and whether a sentence could be one.

"When" is answered by a date, "how many" by a number, "can I" by a sentence that allows or denies. Patterns
see only the surface, so they add a little to what the words say and never decide alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb_server.answering.quoting.defining import thing_asked
from kb_server.index.language import ENGLISH, KOREAN, language_asked
from kb_server.index.tokenization import tokenize
from kb_server.remembering import remembered


class AnswerType(StrEnum):
    """What would answer a question."""

    TIME = "time"
    NUMBER = "number"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    VERDICT = "verdict"
    """Yes or no."""
    ACTION = "action"
    """How to do it."""
    ANY = "any"


# The first pattern that matches decides.
_ASKS: Mapping[str, tuple[tuple[AnswerType, re.Pattern[str]], ...]] = {
    ENGLISH: (
        (
            AnswerType.REASON,
            re.compile(r"\bwhy\b|\bwhat(?:'s| is| was)? (?:the )?(?:reason|cause)", re.IGNORECASE),
        ),
        (
            AnswerType.NUMBER,
            re.compile(
                r"\bhow (?:many|much|long|old|often|far|large|big|high|tall|fast|deep|wide)\b"
                r"|\bpercentage\b|\b(?:what|which)\b(?: \S+){0,3} (?:percent|number|proportion|fraction"
                r"|amount|size|age|temperature|limit|maximum|minimum|port|price|cost)\b",
                re.IGNORECASE,
            ),
        ),
        (
            AnswerType.TIME,
            re.compile(
                r"\bwhen (?:was|were|is|are|did|do|does|will|can|would|has|have)\b|^when\b"
                r"|\b(?:what|which)\b(?: \S+){0,2} (?:years?|dates?|days?|months?|centur\w+|decades?|time)\b",
                re.IGNORECASE,
            ),
        ),
        (
            AnswerType.PERSON,
            re.compile(r"\b(?:who|whom|whose)\b|\bwhat\b(?: \S+){0,3} name\b", re.IGNORECASE),
        ),
        (
            AnswerType.PLACE,
            re.compile(
                r"\bwhere\b|\b(?:what|which)\b(?: \S+){0,2} (?:city|country|state|place|region|area|continent"
                r"|county|river|street|folder|directory|page|menu)\b",
                re.IGNORECASE,
            ),
        ),
        (
            AnswerType.ACTION,
            re.compile(r"\bhow (?:do|can|could|should|would|to|did|are|is|does)\b", re.IGNORECASE),
        ),
        (
            AnswerType.VERDICT,
            re.compile(
                r"(?:^|[.!?,] )(?:can|could|may|is|are|was|were|does|do|did|will|would|should|must|has|have)"
                r"(?:n't)? \w",
                re.IGNORECASE,
            ),
        ),
    ),
    KOREAN: (
        (AnswerType.REASON, re.compile(r"왜|이유|원인")),
        (
            AnswerType.TIME,
            re.compile(
                r"언제|몇 ?[년월]|[연년]도|며칠|날짜|시기|기한"
                r"|(?:한|된|던|간|난|린|은|인|운|진|온|친) ?(?:해|날|때)[는은가이]?\W*$"
            ),
        ),
        (
            AnswerType.NUMBER,
            re.compile(
                r"몇|얼마|개수|횟수|비율|확률|점수|나이|금액|높이|길이|거리|넓이|가격|크기|용량|포트|최대|최소|[명번회개]수"
            ),
        ),
        (AnswerType.PERSON, re.compile(r"누구|누가|인물|사람")),
        (AnswerType.PLACE, re.compile(r"어디|장소|곳[은는이]|도시|나라|국가|지역")),
        (AnswerType.ACTION, re.compile(r"어떻게|방법|하려면|(?:으)?려면|하고 싶|싶어요|싶습니다")),
        (
            AnswerType.VERDICT,
            re.compile(
                r"(?:되|있|없|한|인|하|않)(?:나요|가요|습니까|니까|을까요|나)\W*$|[가-힣]까요\W*$"
                r"|(?:돼요|되죠|하죠|있죠|가능해요|되요)\s*\?"
            ),
        ),
    ),
}
_PATTERNS_OF_VERDICT = {lang: dict(asks)[AnswerType.VERDICT] for lang, asks in _ASKS.items()}
_NUMBER = re.compile(r"\d[\d,.]*")
_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|millions?|billions?|half|third|quarter|dozens?|twice|once|unlimited)\b"
    r"|\bno limit\b|무제한|무한",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z,)”\"0-9] )[A-Z][\w-]+")
_DATE = re.compile(
    r"\b\d{3,4}s?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|centur\w+|decades?|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
    r"|\b(?:days?|hours?|weeks?|months?|years?|minutes?|daily|nightly)\b"
    r"|\d ?(?:년|월|일|세기|시간|주|개월|분|시)"
)
_EVIDENCE: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.REASON: re.compile(
        r"\bbecause\b|\bdue to\b|\bsince\b|\bso that\b|\bin order to\b|\bcaus(?:e|es|ed|ing)\b|\breasons?\b"
        r"|\bas a result\b|때문|원인|이유|하여서|므로|위해|위한",
        re.IGNORECASE,
    ),
    AnswerType.VERDICT: re.compile(
        r"^(?:yes|no|not)\b|\b(?:can|cannot|can't|not|never|supports?|supported|unsupported|available|possible"
        r"|impossible|must|required|optional|allow(?:s|ed)?|need(?:s|ed)? to|only|unable)\b"
        r"|^(?:네|예|아니)|수 (?:있|없)|가능|불가|지원|않|안 ?됩|안 ?돼|해야|필요|만 ",
        re.IGNORECASE,
    ),
    AnswerType.ACTION: re.compile(
        r"[→`]|\b(?:click|select|go to|run|use|using|set|add|open|enter|install|enable|create|choose|navigate"
        r"|press|configure|by \w+ing|you can|you (?:will )?need)\b"
        r"|하세요|하십시오|누르|클릭|선택|추가|실행|입력|사용|설정|설치|이동|면 됩니다|수 있",
        re.IGNORECASE,
    ),
}
_WANTS_CODE = re.compile(
    r"\b(?:code|commands?|examples?|snippets?|syntax|scripts?|curl|json|ya?ml|xml|sql|regex|config(?:uration)?"
    r"|payload|request|response|body|output|logs?|errors?)\b"
    r"|코드|명령|예시|예제|문법|구문|스크립트|설정 ?파일|요청|응답|본문|출력|로그|오류|에러"
    r"|`|\w_\w|\w\.\w|\w\(|[{}<>=]|--?\w+=|(?-i:\b[a-z]+[A-Z]\w)",
    re.IGNORECASE,
)
_WANTS_VALUE = re.compile(
    r"\b(?:which|what)\b.*\b(?:setting|option|command|value|default|port|limit|name|header|field|code|status"
    r"|variable|file|url|path|key|type|format)s?\b"
    r"|설정|옵션|명령|기본값|값|포트|이름|필드|코드|변수|파일|경로|형식",
    re.IGNORECASE,
)
_WANTS_DEFINITION = re.compile(
    r"^(?:what(?:'s| is| are| does)|what do you mean|define)\b|(?:란|무엇|뭐|뜻|의미)", re.IGNORECASE
)
_SIDE = ".{1,80}?"
"""More is no name of a thing; without a limit one long question takes seconds."""
_COMPARES = (
    re.compile(rf"\bdifferences? between (?P<one>{_SIDE}) and (?P<other>[^,?.!]+)", re.IGNORECASE),
    re.compile(
        rf"\bhow (?:do|does|is|are) (?P<one>{_SIDE}) (?:differ|different) from (?P<other>[^,?.!]+)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\S)(?P<one>\S+) (?:vs\.?|versus) (?P<other>\S+)", re.IGNORECASE),
    re.compile(
        rf"(?<!\S)(?P<one>\S{{1,80}}?)(?:와|과|이랑|랑|하고) (?P<other>{_SIDE})"
        r"(?:의|은|는|이|가)? ?(?:차이|다른 ?점|어떻게 다)"
    ),
)
_TOPIC_WORDS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as its surface tells what would answer it."""

    type: AnswerType
    words: frozenset[str]
    """Its words in lower case: a name or number that the question already holds is no answer."""

    wants_code: bool = False
    """Whether it asks for code, a command or an example, or holds a piece of code itself."""
    wants_value: bool = False
    """Whether it asks which setting, command, value or name it is."""
    wants_definition: bool = False
    """Whether it asks what something is."""
    thing: frozenset[str] = frozenset()
    """The terms of what it wants to have defined."""
    sides: tuple[frozenset[str], ...] = ()
    """The terms of each of two things that it compares, without those of both."""

    @property
    def is_topic(self) -> bool:
        """Tell a word or two, such as ``passkeys``, from a question: nothing is asked that yes answers."""
        return self.type is AnswerType.ANY and len(self.words) <= _TOPIC_WORDS

    def is_met_by(self, sentence: str) -> bool:
        """Tell whether a sentence holds something of the kind that is asked for."""
        kind = self.type
        if kind in _EVIDENCE:
            return _shows(kind, sentence)
        if kind is AnswerType.TIME:
            return bool(_DATE.search(sentence)) and self._has_news(_DATE, sentence)
        if kind is AnswerType.NUMBER:
            return self._has_news(_NUMBER, sentence) or bool(_NUMBER_WORD.search(sentence))
        if kind in {AnswerType.PERSON, AnswerType.PLACE}:
            return self._has_news(_NAME, sentence)
        return False

    def _has_news(self, pattern: re.Pattern[str], sentence: str) -> bool:
        found = (match.group().lower().strip(".,") for match in pattern.finditer(sentence))
        return any(each not in self.words for each in found)


@remembered(1 << 13)
def _shows(kind: AnswerType, sentence: str) -> bool:
    return bool(_EVIDENCE[kind].search(sentence))


_ASKS_OPEN = re.compile(r"무엇|무슨|어떤|어느|어떻게|누구|뭐|뭘|뭔")
"""What a Korean question asks for by name ends like one that yes or no answers."""


def asks_yes_or_no(question: str) -> bool:
    """Tell whether yes or no would answer a question.

    >>> [asks_yes_or_no(each) for each in ("Can I export?", "How can I export?", "내보낼 수 있나요?")]
    [True, False, True]
    >>> asks_yes_or_no("어떤 키를 쓸 수 있나요?")
    False
    """
    if language_asked(question) != KOREAN:
        return bool(_PATTERNS_OF_VERDICT[ENGLISH].search(question))
    return read_question(question).type is AnswerType.VERDICT


def read_question(question: str) -> Asked:
    """Read what a question asks for.

    >>> [read_question(each).type.value for each in ("How long are logs kept?", "앱에서 되나요?")]
    ['number', 'verdict']
    """
    lang = KOREAN if language_asked(question) == KOREAN else ENGLISH
    kind = next((kind for kind, asks in _ASKS[lang] if asks.search(question)), AnswerType.ANY)
    if kind is AnswerType.VERDICT and lang == KOREAN and _ASKS_OPEN.search(question):
        kind = AnswerType.ANY
    words = frozenset(re.findall(r"\w[\w,.]*\w|\w", question.lower()))
    return Asked(
        kind,
        words,
        wants_code=bool(_WANTS_CODE.search(question)),
        wants_value=bool(_WANTS_VALUE.search(question)),
        wants_definition=bool(_WANTS_DEFINITION.search(question)),
        thing=thing_asked(question),
        sides=_sides(question),
    )


def _sides(question: str) -> tuple[frozenset[str], ...]:
    found = next((match for pattern in _COMPARES if (match := pattern.search(question))), None)
    if found is None:
        return ()
    one, other = (frozenset(tokenize(side)) for side in found.group("one", "other"))
    return (one - other, other - one) if one - other and other - one else ()
