"""Keep a yes or no to the question that it was written for.

"No." below *Can a document attack my readers?* misleads whoever asked something else. It is quoted only for a
question that asks the same; otherwise the reply begins behind it, and a sentence that says nothing else is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.quoting.asked import asks_yes_or_no
from kb_server.answering.quoting.headings import is_question
from kb_server.answering.quoting.passages import Passage, Unit
from kb_server.answering.quoting.scoring import Scorer
from kb_server.answering.quoting.wording import count_words, is_short_reply
from kb_server.index.records import Span
from kb_server.index.tokenization import tokenize
from kb_server.text.blocks import TextKind
from kb_server.text.sentences import split_sentences

_DECIDES = re.compile(
    r"(?:yes|no|nope|yep)\s?(?:[.!]|(?P<goes_on>[,;:—–]))\s*"
    r"|(?:네|예|아니[요오]|아닙니다|아니다|그렇습니다|그렇다|맞습니다|맞다)[.!,]\s*",
    re.IGNORECASE,
)
_NO = re.compile(r"(?:no|nope)\b|아니", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"(?:but|if|as|when|though|although|because|since|in|on|with|by|for|and|or|only|unless|provided|from|at"
    r"|via|to|after|before|until|through|using|under)\b",
    re.IGNORECASE,
)
"""What behind ``Yes,`` is no sentence of its own."""
_ALTERNATIVES = re.compile(r"(?:both|either|neither)\b|둘 다 |둘 중 ", re.IGNORECASE)
"""Openings that speak of what the question above names."""
_DENIES = re.compile(
    r"\b(?:no|not|never|cannot|without|only)\b|n['’]t\b|(?<![가-힣])(?:안|못) "
    r"|않|못하|없|불가|아니|아닌|아닙|말고",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"\b(?:must|needs?|needed|have to|has to|requires?|required|necessary|should)\b"
    r"|[가-힣]야 ?[하되돼합됩]|필요",
    re.IGNORECASE,
)
_SAID_BY_HEADING = 0.6
"""Share of the question's idf in a heading that asks the same."""
_SAID_BY_QUESTION = 0.5
"""Share of the words of such a heading that stand in the question."""
_SAID_BY_REPLY = 0.6
"""Share of the question's idf in a reply without a question above it."""


def fitting(passages: Sequence[Passage], scorer: Scorer, question: str) -> list[Passage]:
    """Take every yes and no out of ``passages`` that was said to another question.

    Passages that say nothing else are left out.
    """
    # To a word or two nothing is denied: replies that do are not chosen for them at all.
    if scorer.asked.is_topic:
        return list(passages)
    fitted = (_fitting(passage, scorer, question) for passage in passages)
    return [passage for passage in fitted if passage.units]


def _fitting(passage: Passage, scorer: Scorer, question: str) -> Passage:
    kept = [_without_verdict(passage, unit, scorer, question) for unit in passage.units]
    if all(after is before for after, before in zip(kept, passage.units, strict=True)):
        return passage
    left = [unit for unit in kept if unit is not None]
    return replace(passage, units=tuple(replace(unit, order=at) for at, unit in enumerate(left)))


def _without_verdict(passage: Passage, unit: Unit, scorer: Scorer, question: str) -> Unit | None:
    text = passage.text_of(unit.span)
    if not unit.is_sentence or unit.is_label:
        return unit
    opens = (
        unit.order == 0 or (above := passage.units[unit.order - 1]).section < unit.section or above.is_label
    )
    says = _DECIDES.match(text)
    if not (says or opens):
        return unit
    heading = _question_above(passage, unit)
    start = _end_of_verdict(text, replies=opens and asks_yes_or_no(heading))
    if not start or _asks_the_same(passage, unit, scorer, question, heading):
        return unit
    return _cut(unit, text, start)


def _cut(unit: Unit, text: str, start: int) -> Unit | None:
    """Give the unit from ``start`` on; None where that is nothing."""
    if start >= len(text):
        return None
    tokens = tuple(tokenize(text[start:]))
    return replace(
        unit,
        span=Span(unit.span.start + start, unit.span.end),
        terms=unit.terms.intersection(tokens),
        tokens=tokens,
        words=count_words(text[start:]),
        decides=True,
    )


def _end_of_verdict(text: str, *, replies: bool) -> int:
    """Give where a sentence begins to say something without its question; its length where it never does.

    ``replies`` says that it opens the reply to a yes/no question, where also a bare *Of course.* decides.
    """
    start = 0
    while start < len(text):
        rest = text[start:]
        said = _DECIDES.match(rest)
        if said:
            replies = True
            start += said.end()
            if said["goes_on"] and _FRAGMENT.match(text[start:]):
                return len(text)
            continue
        first = split_sentences(rest)[0] if replies else Span(0, 0)
        if replies and _ALTERNATIVES.match(rest):
            return len(text)
        if not replies or not is_short_reply(first.of(rest)):
            break
        start += len(rest) - len(rest[first.end :].lstrip())
    return start


def _question_above(passage: Passage, unit: Unit) -> str:
    """Give the question or heading that a unit stands below."""
    labels = [u for u in passage.units[: unit.order] if u.section == unit.section and u.is_label]
    if labels:
        return passage.text_of(labels[-1].span)
    above = [
        block
        for block in passage.blocks
        if block.kind is TextKind.HEADING and block.span.start <= unit.span.start
    ]
    if above:
        return passage.text_of(above[-1].span).lstrip("# ")
    path = passage.hit.chunk.section_at(unit.span.start).heading_path
    return path[-1] if path else ""


def _asks_the_same(passage: Passage, unit: Unit, scorer: Scorer, question: str, heading: str) -> bool:
    if not asks_yes_or_no(question):
        return False
    if not is_question(heading):
        section = [other.terms for other in passage.units if other.section == unit.section]
        said = scorer.share(frozenset[str]().union(*section)) >= _SAID_BY_REPLY
        return said and _means_what_it_says(question, passage.text_of(unit.span))
    return _same_question(question, heading, scorer)


def _means_what_it_says(question: str, reply: str) -> bool:
    """Tell whether a yes or no says the same as the sentence behind it: else it replies to a lost question.

    ``No. It is free.`` was said to *Must I pay?*, not to *Is it free?*
    """
    verdict = _DECIDES.match(reply)
    if verdict is None:
        return True
    denies = bool(_NO.match(reply))
    return not _DENIES.search(question) and denies == bool(_DENIES.search(reply[verdict.end() :]))


def _same_question(question: str, heading: str, scorer: Scorer) -> bool:
    """Tell whether two questions name the same things, deny the same and ask alike for can or must."""
    asked, named = set(tokenize(question)), set(tokenize(heading))
    shared = asked & named
    return (
        scorer.share(shared & scorer.term_weights.keys()) >= _SAID_BY_HEADING
        and len(shared) >= _SAID_BY_QUESTION * len(named)
        and bool(_DENIES.search(question)) == bool(_DENIES.search(heading))
        and bool(_NEEDS.search(question)) == bool(_NEEDS.search(heading))
    )
