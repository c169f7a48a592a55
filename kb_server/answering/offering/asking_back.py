"""Ask a question back with what it may have meant: a list to choose from, or one thing to say yes to.

Chats that pass on nothing but text send the question back as it was worded, so what was offered can be read
from the text again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kb_server.answering.answer import Action, Choice, ComposedAnswer, NextStep, Reason, Status
from kb_server.answering.display import shown
from kb_server.text.phrases import PHRASES, Phrase, phrase

MAX_CHOICES = 4


class Opening(NamedTuple):
    """How a question back begins, before a list and around a single choice."""

    several: Phrase
    alone: Phrase


WHICH_ONE = Opening(Phrase.WHICH_ONE, Phrase.WHICH_ONE_ALONE)
DID_YOU_MEAN = Opening(Phrase.DID_YOU_MEAN, Phrase.DID_YOU_MEAN_ALONE)
TROUBLE_KNOWN = Opening(Phrase.TROUBLE_KNOWN, Phrase.TROUBLE_KNOWN_ALONE)
OPENINGS = (WHICH_ONE, DID_YOU_MEAN, TROUBLE_KNOWN)

_LISTS = tuple(phrases[opening.several] for phrases in PHRASES.values() for opening in OPENINGS)
_LISTED = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
_ALONE = tuple(
    re.compile("(.+)".join(map(re.escape, phrases[opening.alone].split("{choice}"))))
    for phrases in PHRASES.values()
    for opening in OPENINGS
)


def asked_back(answer: ComposedAnswer, readings: Sequence[Choice], opening: Opening) -> ComposedAnswer:
    """Give ``answer`` as a question back, with up to ``MAX_CHOICES`` of ``readings``, at least one."""
    choices = tuple(readings[:MAX_CHOICES])
    labels = [shown(choice.label) for choice in choices]
    lang = answer.language
    if len(labels) == 1:
        text, step = phrase(opening.alone, lang, choice=labels[0]), Phrase.CONFIRM
    else:
        listed = "\n".join(f"{number}. {label}" for number, label in enumerate(labels, start=1))
        text, step = f"{phrase(opening.several, lang)}\n\n{listed}", Phrase.CHOOSE_ONE
    return replace(
        answer,
        status=Status.CLARIFY,
        reason=Reason.AMBIGUOUS,
        text=text,
        sentences=(),
        citations=(),
        nearest=(),
        next_step=NextStep(Action.CHOOSE, phrase(step, lang)),
        choices=choices,
        conflicts=(),
        suggestions=(),
    )


def asked_for_more(text: str, step: NextStep, lang: str, *, generator: str) -> ComposedAnswer:
    """Give ``text`` as a question back that offers nothing, for somebody who has said too little."""
    return ComposedAnswer(
        status=Status.CLARIFY,
        reason=Reason.AMBIGUOUS,
        language=lang,
        text=text,
        sentences=(),
        citations=(),
        confidence=0.0,
        nearest=(),
        generator=generator,
        next_step=step,
    )


def offered_in(text: str) -> list[str]:
    r"""Give the labels that the text of a question back offers; none where it is another text.

    >>> offered_in("Which of these do you mean?\n\n1. Phone\n2. Calendar")
    ['Phone', 'Calendar']
    >>> offered_in("이 내용을 말씀하시나요? “전화”"), offered_in("1. Phone")
    (['전화'], [])
    """
    said = text.strip()
    if said.startswith(_LISTS):
        return _LISTED.findall(said)
    first = said.partition("\n")[0]
    return next(([found[1]] for each in _ALONE if (found := each.fullmatch(first))), [])
