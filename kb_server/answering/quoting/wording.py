"""What a sentence does, by its wording: leans on the one before, announces a block, points elsewhere."""

from __future__ import annotations

import re

from kb_server.remembering import remembered

_SENTENCES = 1 << 13
"""Of pages, which come again with other questions: about 4 MiB."""
_SHORT_REPLY = re.compile(
    r"(?:[^\s가-힣]+(?: [^\s가-힣]+)?|(?:네|예|아니[요오])(?:,? \S+)?|[가-힣]+)[.!。！]"
)
"""``No.``, ``Of course.``, ``네, 가능합니다.``: nothing without what follows, unlike ``비가 옵니다.``"""
_VERDICT = re.compile(r"(?:yes|no|nope|yep)[.!,;:—–]|(?:네|예|아니[요오])[.!,]", re.IGNORECASE)
_TERMINATED = re.compile(r"[.!?…。！？:：)\]\"'”’`*]$|(?:다|요|오|죠|음|함|됨|임|니까)$")
_QUESTION_LINE = re.compile(r"^(?:Q|질문)\s*\d*\s*[.:：)]|[?？]\W*$", re.IGNORECASE)
_READ_WORD = re.compile(r"\S*\w\S*")
_LABEL_WORDS = 4
_TITLE_WORDS = 12
"""A paragraph of its own up to this long that ends without a full stop is a title in disguise."""
_POINTER = re.compile(
    r"^(?:please )?(?:see|refer to|read|check out|visit)\b[^,;]*[.!]?$"
    r"|^(?:for|to learn|to find out) (?:more|further|other)\b[^.]*\b(?:see|read|visit|refer|check)\b"
    r"|^(?:if|for|to|when)\b[^.]*, (?:please |be sure to )?(?:see|refer to|review|visit|read)\b[^,;]*$"
    r"|^(?:you can |you will |you'll )?(?:learn|read|find) (?:out )?(?:more|further)\b"
    r"|^(?:this|the following) (?:article|page|guide|section|document|chapter|tutorial)s?\b"
    r"|^(?:더 )?(?:자세한|상세한) (?:내용|정보|사항|설명|방법|안내)[은는이을를]? "
    r"|^이 (?:문서|페이지|글|가이드|장|섹션)(?:는|은|에서는|에서)\s"
    r"|\b(?:is|are) (?:described|explained|covered|documented) (?:in|on) [^.;]{0,200}?"
    r"(?:\]\(|\b(?:page|guide|section|article|chapter)\b)[^;]{0,200}$"
    r"|(?:\]\([^)]{0,300}\)\S{0,20}|(?:문서|페이지|가이드|글|블로그)(?:[을를]|의 내용을)) (?:\S+ )?"
    r"(?:확인|참고|참조)(?:하세요|하십시오|해\s?(?:보세요|주세요)|하시기 바랍니다)[.!]?$"
    r"|(?:참고|참조)(?:하세요|해\s?주세요|하십시오|하시기 바랍니다|해\s?보세요|바랍니다|하면 됩니다)?[.!]?$",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"[:：]\W*$|다음과 같|아래와 같|as follows|(?:the )?following [\w ]{1,40}[.]$"
    r"|\bthe [\w ]{1,30} (?:shown |listed |given )?below[.]$"
    r"|(?:(?:아래|다음)(?:의)? (?:\S{1,12} ){0,2}?(?:명령어?|코드|예시|예제|표|목록|절차|순서|형식|양식)"
    r"|아래(?:의)? (?:\S{1,12} )?(?:단계|값|주소|이?메일|연락처|링크))"
    r"(?:[을를에]|으?로|에서|대로|처럼|와 같이) [^.。]{1,25}[.]?$"
)
# Openings that lean on the sentence before.
_LEANING_EN = re.compile(
    r"(?!it(?:['’]s| is| was| may be| can be) (?:\w+ ){1,2}(?:that|to)\b)"  # "It is recommended that"
    r"(?:this|that|these|those|it|its|they|them|their|he|she|however|also|additionally|furthermore|moreover"
    r"|therefore|thus|hence|then|so|but|and|or|otherwise|instead|similarly|likewise|finally|next|nevertheless"
    r"|afterwards?|in addition|as a result|for this reason|in (?:this|that|such an?y?) cases?|if so|such"
    r"|both|either|neither|here|for (?:example|instance)|the (?:former|latter|same))\b",
    re.IGNORECASE,
)
_LEANING_KO = re.compile(
    r"(?:이|그|저|[이그저]것[은이을도]?|이는|이를|이로|이때|그때|이후|이 경우|그러면|그러나|그리고|그런데"
    r"|그래서|그러므로|따라서|또한|또|하지만|다만|단|즉|반면|대신|해당|이러한|그러한|이런|그런|이렇게|이와|이에|아니면|혹은"
    r"|예를 들어|예를 들면|그렇지 않으면|그렇지 않은 경우|그렇다면|그 결과|그 다음)(?=[\s,])",
)

_CONTRAST = re.compile(
    r"(?:however|but|nevertheless|unfortunately|except|only|note that)\b"
    r"|(?:단|다만|하지만|그러나|그렇지만)(?=[\s,])",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|cannot|never|only|no longer|unable)\b|n['’]t\b"
    r"|않|없(?:습|어|다|으|음)|불가|못 ?(?:합|하|한|해)|안 ?(?:됩|돼|되)|금지"
    r"|만 (?:가능|지원|허용|사용)|수만",
    re.IGNORECASE,
)


def count_words(text: str) -> int:
    """Count what a reader would call words: marks that stand alone are none.

    >>> count_words("Press **OK** - twice.")
    3
    """
    return len(_READ_WORD.findall(text))


@remembered(_SENTENCES)
def leans_on_previous(sentence: str) -> bool:
    """Tell whether a sentence opens with a pronoun or a connective and so needs the one before.

    >>> [leans_on_previous(text) for text in ("This is off.", "또한 저장됩니다.", "이름을 씁니다.")]
    [True, True, False]
    """
    return bool(_LEANING_EN.match(sentence) or _LEANING_KO.match(sentence))


@remembered(_SENTENCES)
def takes_back(sentence: str, *, verdict: bool) -> bool:
    """Tell whether a sentence limits the one before it.

    Where a ``verdict`` is asked for, a denial does.

    >>> takes_back("However, it is off.", verdict=False), takes_back("You cannot undo it.", verdict=False)
    (True, False)
    >>> takes_back("줄일 수 없습니다.", verdict=True), takes_back("다만 느립니다.", verdict=False)
    (True, True)
    """
    return bool(_CONTRAST.match(sentence)) or (verdict and bool(_DENIAL.search(sentence)))


@remembered(_SENTENCES)
def introduces(sentence: str) -> bool:
    """Tell whether a sentence announces the block below it.

    >>> introduces("Do this:"), introduces("방법은 다음과 같습니다."), introduces("Done.")
    (True, True, False)
    """
    return bool(_ANNOUNCES.search(sentence))


def is_short_reply(sentence: str) -> bool:
    """Tell a reply that says nothing without the sentence that explains it.

    >>> [is_short_reply(text) for text in ("No.", "네, 가능합니다.", "비가 옵니다.")]
    [True, True, False]
    """
    return bool(_SHORT_REPLY.fullmatch(sentence))


def opens_with_verdict(text: str) -> bool:
    """Tell a reply that says yes or no first: it is understood only beside its question.

    >>> [opens_with_verdict(text) for text in ("No. It stays.", "No limits apply.", "네, 됩니다.", "네 가지")]
    [True, False, True, False]
    """
    return bool(_VERDICT.match(text))


def is_terminated(sentence: str) -> bool:
    """Tell whether a line ends the way a sentence does.

    >>> is_terminated("It is on."), is_terminated("저장됩니다"), is_terminated("Bus error")
    (True, True, False)
    """
    return bool(_TERMINATED.search(sentence))


def points_elsewhere(sentence: str) -> bool:
    """Tell a sentence that sends the reader to another page and says nothing itself.

    >>> [points_elsewhere(text) for text in ("For more, see the guide.", "가이드를 참고하세요.", "It is on.")]
    [True, True, False]
    >>> points_elsewhere("환불은 환불 페이지를 확인해 보세요!"), points_elsewhere("이메일을 확인해 주세요.")
    (True, False)
    """
    return bool(_POINTER.search(sentence))


def is_aside(sentence: str) -> bool:
    """Tell a remark in brackets, which says nothing without what it is added to.

    >>> [is_aside(text) for text in ("(`API` only.)", "*(웹에서만 됩니다)*", "Press (twice) here.")]
    [True, True, False]
    """
    bare = sentence.strip("*_ .")
    return bare.startswith("(") and bare.endswith(")") and ")" not in bare[:-1]


def names_what_follows(sentence: str, words: int, *, alone: bool) -> bool:
    """Tell a question or a short line without its full stop, which names what stands below.

    ``alone`` says that the line is a paragraph of its own.
    """
    limit = _TITLE_WORDS if alone else _LABEL_WORDS
    return bool(_QUESTION_LINE.search(sentence)) or (words <= limit and not is_terminated(sentence))
