"""What in a Korean question points back to what was said before.

Korean leaves out what both sides know: the subject, the object, often all but the verb. What remains is
a noun with its particle (``안드로이드는요?``), a verb alone (``어떻게 꺼요?``) or a pointing word (``그건``).
"""

from __future__ import annotations

import re

from kb_server.dialogue.dependence import Dependence, Reading, topics_of
from kb_server.index.tokenization import tokenize

_WORD = re.compile(r"[^\W_]+(?:[._\-/:@+#]+[^\W_]+)*")

_WEAK_WORDS = """
왜요 왜죠 왜지 왜그래요 왜인가요 언제요 언제죠 언제인가요 언제예요 어디요 어디죠 어디예요 어디서요
어디에요 어디인가요 어떻게요 어떻게 어떡해요 어떡하죠 어쩌죠 얼마예요 얼마에요 얼마죠 얼마나요 얼마인데요
어디에 어디로 어디에서 어디까지 누가 누구나 언제까지 언제까지요 언제부터 얼마나요 자주 자주요 오래
오래요 볼 쓸 개까지 개까지요 번까지 번까지요 명까지 명까지요
몇개요 몇 개 뭐예요 뭐에요 뭐죠 뭔가요 뭔데요 무엇 무엇인가요 누구요 누가요 어느 어떤 어떤게 어떤건가요
어떤거요 그럼 그러면 그렇다면 그런데 근데 그리고 그래서 그래도 또 또는 또한 하지만 그러나 아니면 아니
아니요 아뇨 네 예 응 그거 그건 그게 그것 그것은 그것을 그것도 그것이 그것만 그걸 그걸로 그거는 그거도
그거요 그것의 이거 이건 이게 이것 이것은 이것을 이것도 이걸 이거는 이거도 저거 저건 저게 거기 거기서
거기에 거기에서 거기는 여기 여기서 여기에 여기에서 그렇게 이렇게 그런 이런 그 이 저 그때 그때는 그쪽 그중
그중에 그중에서 그다음 그다음에 그다음은 다음 다음에 다음은 그러려면 그럴 그런가요 그런거죠 그렇죠
그런거예요 둘 둘다 해당 위 위의 앞 앞의 방금 아까 말한 말씀하신 더 좀 자세히 자세하게 구체적으로 간단히
설명 설명해 설명해줘 설명해줘요 설명해주세요 알려 알려줘 알려줘요 알려주세요 예시 예시는 예시를 예를 들어
보여 보여줘 보여줘요 보여주세요 말해줘 줘 줘요 다시 다른 다른건 다른거 다른것 다른것도 방법 방법은 방법이
방법도 방법을 방법요 방법은요 방법이요 쪽 것 거 게 건 수 수도 있나요 있어요 있을까요 있죠 있음 없나요
없어요 없을까요 없으면 없으면요 있으면 있으면요 하나요 해요 해야 해야하나요 해야하죠 하죠 하면 하면요
할까요 할 되나요 돼요 되죠 되요 될까요 되면 되면요 안 안되나요 안돼요 안되면 안되면요 못 잘 꼭 혹시 정말
진짜 그냥 계속 가능 가능한가요 가능해요 가능할까요 가능하죠 불가능한가요 필요한가요 필요해요 경우 경우는
경우에는 경우는요 때 때는 때는요 이유 이유는 이유가 이유는요 차이 차이는 차이가 차이점 차이점은 의미 뜻
이후 이후에 이후에는 전 전에 후 후에 후에는 나중에 외 외에 외에도 외에는 밖에 말고 말고요 말고는 대신
반대로 하는 하고 한 하려면 하려고
"""
_WEAK = frozenset(_WEAK_WORDS.split())
"""Words that name no topic, beyond those that the search leaves out."""
_ATTRIBUTE = re.compile(
    r"(?:기본값|한도|제한|최대|최소|가격|비용|요금|크기|용량|길이|형식|기간|기한|주기|횟수|순서|단위|범위|조건|예외|종류|장점"
    r"|단점|목적|위치|이름|값)(?:[은는이가을를도의]|에는|으로|로)?(?:요|이요)?"
)
"""What anything can have: a question that names nothing else leaves out whose it is."""
_QUANTITY = re.compile(
    r"\d[\d,.]*(?:[A-Za-z]{1,5}|%)?(?:일|주|개월|달|년|시간|분|초|번|회|개|명|건|대|자|줄|통|장|원|만\s?원|퍼센트)?"
    r"(?:이상|이하|초과|미만|동안|이내|이후|뒤|후)?(?:에는|[은는이가을를도에만의]|(?:까지|부터|보다)[은는도만]?)?요?"
)
"""How much or how long, which is of something: 90일이, 5GB를, 3개까지."""

_POINTER = re.compile(
    r"(?<![가-힣])(?:(?:그|이|저)(?:거|건|게|것|걸)(?:[은는이가을를도만의로요]|으로|로만|에서|에|부터|까지|처럼|보다|랑|하고|들)*"
    r"|(?:거기|여기|그쪽|그곳|이곳)(?:서|에|에서|에는|서는|는|도|로|요)*"
    r"|(?:그|이)보다(?:는|도|더)?|(?:그|이)\s?(?:이상|이하|정도)(?:[은는이가을를도]|으로)?|(?:그|이)만큼(?:[은도만])?"
    r"|그렇게|이렇게|그러려면|그럴\s?때|그럴\s?경우|그런\s?경우|이런\s?경우|(?:그|이)\s경우|그\s?외|그\s?밖|그\s?중|이\s?중|둘\s?중|둘\s?다"
    r"|그\s?다음|그\s(?:후|뒤|전)|그대로|그때|(?:첫|두|세)\s?번째\s?(?:거|건|것|방법|걸|옵션)\S*|(?:방금|아까|앞서|위에서)\s?\S*"
    r"|말씀하신|언급하신|말한|전자|후자|마찬가지|동일하게|똑같이)(?![가-힣]*[가-힣]{3})"
)
_DETERMINED = re.compile(r"(?<![가-힣])(?:그|이|저|해당|위의?|앞의)\s[가-힣A-Za-z]")
_STRONG_START = re.compile(
    r"(?:네|예|아|음|오|아하)?[\s,.]*(?:그럼|그러면|그렇다면|아니면|안\s?그러면|반대로|대신|그게\s?아니라|아니|아뇨|아니요|제\s?말은)(?![가-힣])"
)
_THEN = re.compile(r"(?:네|예|아|음|오|아하)?[\s,.]*(?:그럼|그러면|그렇다면)(?![가-힣])")
_WEAK_START = re.compile(
    r"(?:네|예|아|음|오)?[\s,.]*(?:그런데|근데|그리고|그래서|그래도|또|또한|하지만|추가로|참고로|이어서)(?![가-힣])"
)
_FRAGMENT = re.compile(
    r"(?:[은는도만]|에서|에서[는도]|에[는도]|[으]?로[는도]?|까지[는도]?|부터[는도]?|이?라면|이?랑|하고|끼리|마다|한테[는도]?)(?:요)?\s*[?？.!~]*$"
)
_POLITE_FRAGMENT = re.compile(
    r"(?:[은는도만]|에서|에서[는도]|에[는도]|[으]?로[는도]?|까지[는도]?|부터[는도]?|면)요\s*[?？.!~]*$"
)
_NOMINAL = re.compile(r"[가-힣](?:는|은|ㄴ|던|할|될)\s?(?:건|거는|것은|거|것)요\s*[?？.!~]*$")
"""A verb made a topic: 만드는 건요?"""
_HOW_MANY = re.compile(r"몇\s?[가-힣]{1,3}(?=\s)")
_PREDICATE = re.compile(
    r".(?:요|까|죠|니까|니다|면|는지|은지|을지|ㄹ지|려고|려면|해줘|돼|해|[아어여워와려해]야|던데|는데|은데|하기|[하되]지|하는|되는|하고|려|게|고)$"
)
_NOUN_ENDING = re.compile(
    r"(?:인가요|이에요|예요|인지|인데요|이죠|인가|입니까|입니다|[은는이가을를도에]요|면요|인데)$"
)
_VERBAL = re.compile(r"(?:요|죠|까|니다|다|는가|은가|인가|나|냐|니|지|줘|면|해)$")
_KNOWN = re.compile(r"[가-힣A-Za-z\d]{2}[은는]$")
_PARTICLE = re.compile(r"(?<=..)(?:에서는|에는|으로는|에서|으로|까지|[은는이가을를도의에로와과만])$")
_MOST_AFTER_CONNECTIVE = {"then": 8, "strong": 3, "weak": 2}
"""Nobody opens a conversation with *then*; what follows it leaves out nouns however long it is."""
_MOST_AROUND_POINTER = 2
_MOST_WITH_DETERMINER = 3
_MOST_PREDICATES = 2
_MOST_IN_FRAGMENT = 1
_MOST_IN_POLITE_FRAGMENT = 2


def read_korean(text: str) -> Reading:
    """Tell how much a Korean question leans on what was said before it."""
    topics = topics_of(text, _WORD, _is_topic)
    if not topics:
        return Reading(Dependence.EMPTY, topics)
    leans = (
        _leans(" ".join(text.split()), topics) or all(map(is_attribute, topics)) or _is_of_a_quantity(topics)
    )
    fragment = not any(map(_VERBAL.search, _WORD.findall(text)))
    dependence = Dependence.LEANING if leans else Dependence.NONE
    return Reading(dependence, topics, _recalled(topics), fragment=fragment)


def _recalled(topics: tuple[str, ...]) -> tuple[str, ...]:
    """Give the nouns without their particles, where 은 or 는 shows that one of them is known already."""
    named = [
        topic
        for topic in topics
        if not (is_attribute(topic) or _QUANTITY.fullmatch(topic) or is_predicate(topic))
    ]
    return tuple(_PARTICLE.sub("", topic) for topic in named) if any(map(_KNOWN.search, named)) else ()


def is_attribute(word: str) -> bool:
    """Tell a word for what anything can have, such as 기본값, with its particle."""
    return bool(_ATTRIBUTE.fullmatch(word))


def _leans(text: str, topics: tuple[str, ...]) -> bool:
    count = len(topics)
    return (
        bool(_THEN.match(text) and count <= _MOST_AFTER_CONNECTIVE["then"])
        or bool(_STRONG_START.match(text) and count <= _MOST_AFTER_CONNECTIVE["strong"])
        or bool(_WEAK_START.match(text) and count <= _MOST_AFTER_CONNECTIVE["weak"])
        or any(_points_back(text[: found.start()], count) for found in _POINTER.finditer(text))
        or _is_determined(text, count)
        or (count <= _MOST_PREDICATES and bool(_NOMINAL.search(text)))
        or _asks_how_many(text)
        or _is_fragment(text, count)
        or (count <= _MOST_PREDICATES and all(map(is_predicate, topics)))
    )


def _is_of_a_quantity(topics: tuple[str, ...]) -> bool:
    named = [topic for topic in topics if not _QUANTITY.fullmatch(topic)]
    return len(named) < len(topics) and len(named) <= _MOST_PREDICATES and all(map(is_predicate, named))


def _asks_how_many(text: str) -> bool:
    """Tell whether beside the amount that is asked for only a predicate or two are said: 몇 분이나 가요?"""
    rest = _HOW_MANY.sub(" ", text, count=1)
    topics = [word for word in _WORD.findall(rest) if _is_topic(word)]
    return rest != text and 0 < len(topics) <= _MOST_PREDICATES and all(map(is_predicate, topics))


def _is_determined(text: str, count: int) -> bool:
    found = _DETERMINED.search(text)
    return found is not None and count <= _MOST_WITH_DETERMINER and _points_back(text[: found.start()], count)


def _is_fragment(text: str, count: int) -> bool:
    return bool(count <= _MOST_IN_FRAGMENT and _FRAGMENT.search(text)) or bool(
        count <= _MOST_IN_POLITE_FRAGMENT and _POLITE_FRAGMENT.search(text)
    )


def _points_back(before: str, count: int) -> bool:
    """Tell whether too little was named ahead of a pointing word for it to stand for that."""
    most = 1 if count <= _MOST_AROUND_POINTER else 0
    return sum(map(_is_topic, _WORD.findall(before))) <= most


def is_predicate(word: str) -> bool:
    """Tell a verb or an adjective by its ending."""
    return bool(_PREDICATE.search(word)) and not _NOUN_ENDING.search(word)


def _is_topic(word: str) -> bool:
    return word not in _WEAK and bool(tokenize(word))
