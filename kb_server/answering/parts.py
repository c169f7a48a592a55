"""Answer a question that asks two things part by part; where only one part has an answer, say so.

A question is only taken apart where it shows that it is two: two questions one after the other, or two that
``and`` joins, and neither needs the other to be understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.answer import Citation, ComposedAnswer, Reason, Status
from kb_server.answering.display import renumbered, shown
from kb_server.dialogue.dependence import Dependence
from kb_server.dialogue.follow_up import read
from kb_server.text.phrases import Phrase, phrase
from kb_server.text.sentences import split_sentences

_ASKS = r"(?:how|what|when|where|why|which|who|can|could|do|does|did|is|are|should|will|would)\b"
_JOINED = re.compile(rf"(?P<first>{_ASKS}.+?),? and (?:also )?(?P<second>{_ASKS}.+)", re.IGNORECASE)
_THING = r"(?:방법|법|절차|이유|위치|기준|조건|종류|주소|비용|기간)"
_JOINED_KOREAN = re.compile(
    rf"(?P<first>\S.*?{_THING})(?:이랑|랑|과|와|하고|,?\s*그리고|\s및|,)\s+(?P<second>\S.*?{_THING}.*)"
)
"""Two things that are asked for, each with a name of its own: how to do this and how to do that."""
_POINTS_BACK = re.compile(r"^\S+$|(?:^|\s)[그이저](?:거|건|게|것|걸)?(?=\s)")
"""Tells such a part that is a single word, or in which a word stands for what the other part names."""
_CONNECTIVE = re.compile(r"^(?:(?:and|also)\b(?: also\b)?|그리고|또한|또)[\s,]+", re.IGNORECASE)
_QUESTION = re.compile(r"[?？]$|(?:나요|까요|가요)[.]?$")
_FEWEST_WORDS = 2
_TWO = 2
_SILENT = frozenset({Reason.NOT_IN_DOCS, Reason.OUT_OF_SCOPE})
"""Refusals that say that the docs hold no answer; any other one only means that it is not sure."""


def parts_of(question: str) -> tuple[str, ...]:
    """Give the two questions that ``question`` asks; empty for one that is to be answered as a whole.

    >>> parts_of("How do I export notes, and where are backups stored?")
    ('How do I export notes', 'where are backups stored?')
    >>> parts_of("노트는 어떻게 내보내나요? 백업은 어디에 저장되나요?")
    ('노트는 어떻게 내보내나요?', '백업은 어디에 저장되나요?')
    >>> parts_of("How do I roll back? And how do I change the port?")
    ('How do I roll back?', 'how do I change the port?')
    >>> parts_of("롤백하는 방법이랑 포트 바꾸는 방법 알려줘")
    ('롤백하는 방법', '포트 바꾸는 방법 알려줘')
    >>> parts_of("What is a vault and how do I delete it?")
    ()
    """
    sentences = [_CONNECTIVE.sub("", span.of(question)) for span in split_sentences(question)]
    alone = sentences[0] if len(sentences) == 1 else ""
    named = _JOINED_KOREAN.fullmatch(alone)
    if named and not any(map(_POINTS_BACK.search, named.groups())):
        return named.group("first", "second")
    two = _JOINED.fullmatch(alone)
    parts = two.group("first", "second") if two else tuple(sentences)
    if len(parts) != _TWO or not (two or all(_QUESTION.search(part) for part in parts)):
        return ()
    return parts if all(_stands_alone(part) for part in parts) else ()


def _stands_alone(part: str) -> bool:
    return len(part.split()) >= _FEWEST_WORDS and read(part).dependence is Dependence.NONE


def combine(parts: Sequence[str], answers: Sequence[ComposedAnswer], whole: ComposedAnswer) -> ComposedAnswer:
    """Put the ``answers`` to the two ``parts`` together; ``whole`` is the answer to both as one question.

    ``whole`` stands where neither part, or the same passage, answers.
    """
    given = [answer for answer in answers if answer.status is Status.ANSWERED]
    refused = [pair for pair in zip(parts, answers, strict=True) if pair[1] not in given]
    is_whole = whole.status is Status.ANSWERED
    if not given or (is_whole and any(answer.reason not in _SILENT for _, answer in refused)):
        return whole
    if len(given) == _TWO and given[0].citations[0].id == given[1].citations[0].id:
        return whole if is_whole else given[0]
    both = joined(given, whole)
    return _partial(both, *refused[0]) if refused else both


def together(parts: Sequence[str], answers: Sequence[ComposedAnswer]) -> ComposedAnswer:
    """Put the ``answers`` to all that was asked for below each other, each below the name of its part."""
    given = [
        (part, answer)
        for part, answer in zip(parts, answers, strict=True)
        if answer.status is Status.ANSWERED
    ]
    if not given:
        return answers[0]
    named = [replace(answer, text=f"{_heading(part, answer)}\n\n{answer.text}") for part, answer in given]
    both = joined(named, answers[0])
    refused = [pair for pair in zip(parts, answers, strict=True) if pair not in given]
    return _partial(both, *refused[0]) if refused else both


def _heading(part: str, answer: ComposedAnswer) -> str:
    return phrase(Phrase.PART, answer.language, part=shown(part))


def joined(given: Sequence[ComposedAnswer], whole: ComposedAnswer) -> ComposedAnswer:
    """Put answers below each other, citations counted through; language and judgement are ``whole``'s."""
    citations: dict[str, Citation] = {}
    texts = []
    for answer in given:
        for citation in answer.citations:
            citations.setdefault(citation.id, citation)
        places = {citation: place for place, citation in enumerate(citations, start=1)}
        numbers = {n: places[citation.id] for n, citation in enumerate(answer.citations, start=1)}
        texts.append(renumbered(answer.text, numbers))
    return replace(
        given[0],
        text="\n\n".join(texts),
        sentences=tuple(sentence for answer in given for sentence in answer.sentences),
        citations=tuple(citations.values()),
        conflicts=tuple(conflict for answer in given for conflict in answer.conflicts),
        confidence=min(answer.confidence for answer in given),
        language=whole.language,
        judgement=whole.judgement,
    )


def _partial(answer: ComposedAnswer, part: str, refusal: ComposedAnswer) -> ComposedAnswer:
    said = phrase(Phrase.PART_WITHOUT_ANSWER, answer.language, part=shown(part))
    return replace(
        answer,
        status=Status.PARTIAL,
        reason=refusal.reason,
        text=f"{answer.text}\n\n{said}",
        nearest=refusal.nearest,
        next_step=refusal.next_step,
    )
