"""Reply to small talk with a phrase of the server's own: nothing is searched, so nothing is cited."""

from __future__ import annotations

from kb_server.answering.answer import Action, ComposedAnswer, NextStep, Reason, Status
from kb_server.dialogue.talk import Talk
from kb_server.text.phrases import Phrase, phrase

GENERATOR = "phrases"

_REPLIES = {
    Talk.GREETING: Phrase.GREETING,
    Talk.THANKS: Phrase.THANKS,
    Talk.GOODBYE: Phrase.GOODBYE,
    Talk.ABOUT_SERVER: Phrase.ABOUT_SERVER,
    Talk.ANGER: Phrase.ANGER,
    Talk.ASSENT: Phrase.ASSENT,
}
_HANDED_OVER = {
    Talk.PERSON: Phrase.PERSON,
    Talk.DISSATISFIED: Phrase.DISSATISFIED,
    Talk.TROUBLE: Phrase.DISSATISFIED,
}
"""What is said to who is handed over; of trouble, where it was asked about in vain."""


def reply(talk: Talk, lang: str) -> ComposedAnswer:
    """Answer small talk in ``lang``; who wants a person, or was not helped, is handed over."""
    if talk in _HANDED_OVER:
        step = NextStep(Action.CONTACT_SUPPORT, phrase(Phrase.CONTACT_SUPPORT, lang))
        text = f"{phrase(_HANDED_OVER[talk], lang)} {step.text}"
        return _said(text, lang, Status.HANDOFF, Reason.NEEDS_HUMAN, step)
    return _said(phrase(_REPLIES[talk], lang), lang, Status.ANSWERED, Reason.SMALL_TALK, None)


def _said(text: str, lang: str, status: Status, reason: Reason, step: NextStep | None) -> ComposedAnswer:
    return ComposedAnswer(
        status=status,
        reason=reason,
        language=lang,
        text=text,
        sentences=(),
        citations=(),
        confidence=1.0,
        nearest=(),
        generator=GENERATOR,
        next_step=step,
    )
