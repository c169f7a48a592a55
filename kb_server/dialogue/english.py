"""What in an English question points back to what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb_server.dialogue.dependence import Dependence, Reading, topics_of
from kb_server.index.tokenization import tokenize

_WORD = re.compile(r"[^\W_]+(?:['’._\-/:@+#]+[^\W_]+)*")

_WEAK_WORDS = """
get got getting use using used make makes made want wants need needs know tell mean means happen happens
happened work works working turn go goes going see try tried set please help show give explain more detail
details example examples again still also really actually way ways thing things something anything else
other another same ok okay yes no well then now so thanks any all not does don't doesn't can't isn't won't
didn't one ones much many long often up out back about possible kind like let's there's what's how's
where's that's it's here's sure great good step steps info information question further between difference
differences
"""
_WEAK = frozenset(_WEAK_WORDS.split())
"""Words that name no topic of their own, beyond the stop words of the search."""

_ATTRIBUTE_WORDS = """
default defaults limit limits maximum minimum max min size sizes length price prices cost costs fee fees
deadline duration period interval frequency format formats syntax reason reasons cause causes purpose
order range unit units time name names value values type types requirement requirements exception exceptions
alternative alternatives advantage advantages disadvantage disadvantages drawback drawbacks
"""
_ATTRIBUTES = frozenset(_ATTRIBUTE_WORDS.split())
"""What anything can have: a question that names nothing else leaves out whose it is."""
_QUANTITY = re.compile(
    r"\d[\d,.]*(?:[a-z]{1,3}|%|th|st|nd|rd)?|(?:milli)?seconds?|minutes?|hours?|days?|weeks?|months?|years?"
    r"|[kmgt]i?b|(?:kilo|mega|giga)?bytes?|times|percent|after|before|within|over|above|below|under"
)
"""How much or how long, which is of something: ``after 90 days``."""

_EXPLETIVE = re.compile(
    r"\b(?:is|was|be|isn't|would|will) it (?:be )?(?:still |even |ever |really )?"
    r"(?:possible|ok|okay|safe|better|best|worth|necessary|required|recommended|advisable|normal|true|easy|"
    r"hard|allowed|enough|legal|important|useful|a good idea|a problem|a bug)\b"
    r"|\bit(?:'s| is| was| isn't| is not) (?:\w+ )?(?:possible|ok|okay|safe|better|best|worth|necessary|"
    r"required|recommended|normal|true|easy|hard|important)\b"
    r"|\b(?:does|did|will|would) it (?:usually |typically )?(?:take|matter|mean|cost to|make sense)\b"
    r"|\bit (?:usually |typically )?(?:takes|matters|means|makes sense|depends)\b"
    r"|\bit (?:does ?n[o'’]t |does not |doesn't )?(?:looks?|seems?|appears?|says?|feels?)\b"
    r"|\b(?:is|are|was|were|isn't|aren't|will) there\b"
    r"|\bthere (?:is|are|was|were|isn't|aren't|will be|a|an|any)\b"
)
"""``it`` and ``there`` that stand for nothing."""

_POINTER = re.compile(r"\b(?:it|its|they|them|their|theirs|itself|themselves)\b")
_DEICTIC = re.compile(
    r"\b(?:this|that|these|those|there)\b(?=\s*(?:[?.!,;]|$|(?:is|are|was|were|isn't|does|do|did|doesn't|will|"
    r"would|can|could|should|might|mean|means|work|works|happen|happens|apply|applies|help|too|also|still|"
    r"either|as well|instead|again|then|for|with|in|on|by|from|to|using|via|without|automatically|manually|"
    r"when|if|cost|count|include|affect|and|or|but)\b))"
)
_DEMONSTRATIVE = re.compile(
    r"\b(?:this|that|these|those|the same|such an?)\s+(?!way\b|kind\b|i\b|you\b|we\b|the\b|my\b)\w+"
)
_RELATIVE = re.compile(r"\w\s+that\s+(?:is|are|was|were|does|do|can|could|will|would|should|works?|means?)\b")
_COMPARED = re.compile(r"\bthan (?:that|this|those|these)\b(?!\s+of\b)")
_CLAUSE = re.compile(
    r"\b(?:when|if|once|after|before|until|while|whenever|unless|because)\s+(?=(?:it|they)(?:\b|['’]))",
    re.IGNORECASE,
)
"""Opens a clause about what was named, here or before."""
_NAMED = re.compile(
    r"\b(?:the|a|an|my|our|your|his|her|their|this|that|these|those|each|every|any|some|no|which|what|another)\s"
    r"|(?-i:(?<=\s)(?!I\b)[A-Z])|[`\"“\d]",
    re.IGNORECASE,
)
"""Opens something that a pronoun behind it may stand for."""
_DEFINITE = re.compile(
    r"\bthe\s+(?!(?:best|most|first|last|only|same|other|following|latest|new|right)\b)[a-z]"
)
"""Opens a noun that the speaker takes to be known."""
_SELECTOR = re.compile(
    r"\b(?:the )?(?:first|second|third|last|other|former|latter|previous|next|above|same) (?:one|ones|option|"
    r"method|way|step|approach|solution|point)\b|\bthe (?:former|latter)\b|\bwhich ones?\b|\bboth of them\b"
    r"|\b(?:as|you) (?:mentioned|said|described|above)\b|\b(?:mentioned|described|listed) (?:above|before)\b"
    r"|\bany other (?:way|ways|option|options|method)s?\b|\banother way\b"
)
_STRONG_START = re.compile(
    r"(?:(?:ok(?:ay)?|and|but|so|well|hm+|right|great|thanks)[\s,.!]+)*"
    r"(?:(?:what|how) about\b|why not\b|why(?: is| was)? (?:that|it|so)\b|why\s*\??$|how so\b"
    r"|how come\s*\??$|what else\b"
    r"|anything else\b|what if (?:not|it|i don't|that)\b|if (?:not|so)\b|in that case\b|otherwise\b|instead\b"
    r"|then what\b|same for\b|and (?:for|on|in|with|if|when|from|to|by|without)\b"
    r"|(?:no|nope|not really)[\s,]+(?:i|not|the|there|what|how)\b|i (?:meant|mean)\b"
    r"|i was (?:asking|talking)\b"
    r"|not (?:the |a |an |my )?\w+,)"
)
_WEAK_START = re.compile(
    r"(?:and|but|so|or|also|then|plus|besides|still|however|ok(?:ay)?|now|great|thanks)\b"
)
_PREPOSITIONAL = re.compile(
    r"(?:and |or |but |also |only |even |just )?(?:on|for|in|with|without|from|to|by|via|using|under|after|"
    r"before|during|as|at|per|through|inside|outside)\s"
)
_VERBAL = re.compile(
    r"\b(?:is|are|was|were|am|be|do|does|did|don't|doesn't|didn't|can|can't|cannot|could|will|won't|would|"
    r"should|shall|may|might|must|have|has|had|isn't|aren't|i|we|you|how|what|why|where|when|which|who|whose|whom)\b"
)
_BARE = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?|then)[\s,]+)?(?:how \w+ )?"
    r"(?:does|do|did|will|would|can|could|must|should|may|is|are|was|has|have) (?:it|they) "
    r"(?:(?:usually|still|really|always|normally|even) )?(?:(?:have|need) to )?(?:be )?\w+\W*"
)
"""A whole question in which only a pronoun is asked about: ``How long does it take?``"""
_AT_THE_END = re.compile(
    r"\b(?:for|after|before|without|about|because of|instead of|during|besides) (?:that|this)\W*$"
    r"|^(?:and |but |so )?(?:(?:since|until|till|from|by) when|what happens otherwise)\W*$"
)
_SENTENCES = re.compile(r"[.?!;]\s+\w")
"""What is pointed to may stand in a sentence before."""
_MOST_FOR_FRAGMENT = 3
_MOST_AFTER_CONNECTIVE = 2
_MOST_WITH_DEMONSTRATIVE = 3
_MOST_BEFORE_POINTER = 1


def read_english(text: str) -> Reading:
    """Tell how much an English question leans on what was said before it."""
    topics = topics_of(text, _WORD, _is_topic)
    if not topics:
        return Reading(Dependence.EMPTY, topics)
    plain = _plain(text)
    leans = _leans(plain, len(topics)) or _asks_of_anything(text, topics) or _hangs_on_a_clause(text)
    dependence = Dependence.LEANING if leans else Dependence.NONE
    recalled = tuple(topic for topic in topics if not _of_anything(topic)) if _DEFINITE.search(plain) else ()
    return Reading(dependence, topics, recalled, fragment=not _VERBAL.search(plain))


def is_attribute(word: str) -> bool:
    """Tell a word for what anything can have, such as *default*."""
    return word.casefold() in _ATTRIBUTES


def _leans(low: str, count: int) -> bool:
    bare = _EXPLETIVE.sub(" ", low)
    if _STRONG_START.match(low) or _SELECTOR.search(bare) or _BARE.fullmatch(low):
        return True
    if _AT_THE_END.search(low) and not _SENTENCES.search(low):
        return True
    if _WEAK_START.match(low) and count <= _MOST_AFTER_CONNECTIVE:
        return True
    if not _VERBAL.search(low) and count <= _MOST_FOR_FRAGMENT and _PREPOSITIONAL.match(low):
        return True
    if _COMPARED.search(bare) or any(_points_back(bare[: found.start()]) for found in _pointers(bare)):
        return True
    shown = _DEMONSTRATIVE.search(bare)
    return shown is not None and count <= _MOST_WITH_DEMONSTRATIVE and _points_back(bare[: shown.start()])


def _hangs_on_a_clause(text: str) -> bool:
    """Tell whether nothing is named that ``it`` in a clause behind may stand for."""
    clause = _CLAUSE.search(_EXPLETIVE.sub(" ", text))
    return clause is not None and not _NAMED.search(text[: clause.start()])


def _pointers(bare: str) -> list[re.Match[str]]:
    relative = {found.end() for found in _RELATIVE.finditer(bare)}
    deictic = [
        found
        for found in _DEICTIC.finditer(bare)
        if not any(found.start() < end <= found.end() + 10 for end in relative)
    ]
    return [*_POINTER.finditer(bare), *deictic]


def _asks_of_anything(text: str, topics: Sequence[str]) -> bool:
    """Tell whether only what anything can have is named; a bare number, as of a list, names nothing."""
    return any(map(str.isalpha, text)) and all(map(_of_anything, topics))


def _of_anything(topic: str) -> bool:
    return is_attribute(topic) or _QUANTITY.fullmatch(topic.casefold()) is not None


def _points_back(before: str) -> bool:
    """Tell whether too little was named ahead of a pronoun for it to stand for that."""
    return sum(map(_is_topic, _WORD.findall(before))) <= _MOST_BEFORE_POINTER


def _is_topic(word: str) -> bool:
    low = word.casefold().replace("’", "'")
    return low not in _WEAK and bool(tokenize(word))


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())
