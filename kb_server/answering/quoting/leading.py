"""What may lead an answer: units that say something by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from kb_server.answering.quoting.asked import AnswerType, Asked
from kb_server.answering.quoting.defining import defines, thing_asked
from kb_server.answering.quoting.passages import Passage, Unit, is_torn_off
from kb_server.answering.quoting.scoring import Scorer
from kb_server.answering.quoting.wording import is_aside, opens_with_verdict
from kb_server.index.records import ChunkKind
from kb_server.text.blocks import TextKind

_SAME_QUESTION = 0.6
"""Share of the question's idf in the heading of an FAQ item that asks the same."""
_ONE_FACT = frozenset(
    {AnswerType.TIME, AnswerType.NUMBER, AnswerType.PERSON, AnswerType.PLACE, AnswerType.VERDICT}
)
_SETTLED = 0.7
"""Share of the question's idf in the lead and the headings above it from which on it answers by itself."""


def candidates(passages: Sequence[Passage], asked: Asked) -> list[tuple[Passage, Unit]]:
    """Give the units that may lead an answer, with their passages."""
    every = [(passage, unit) for passage in passages for unit in passage.units]
    said = [each for each in every if not each[1].leads_on] or every
    said = [each for each in said if not _is_aside(*each)] or said
    said = [each for each in said if not is_torn_off(*each, asked)] or said
    return [each for each in said if not (asked.is_topic and _is_verdict(*each))] or said


def _is_aside(passage: Passage, unit: Unit) -> bool:
    return unit.is_sentence and is_aside(passage.text_of(unit.span))


def _is_verdict(passage: Passage, unit: Unit) -> bool:
    """Tell a part of an FAQ reply that says yes or no to the question above it."""
    section = [other for other in passage.units if other.section == unit.section]
    whole = passage.hit.chunk.kind is ChunkKind.FAQ
    first = reply_of(section)[0] if whole else unit
    return opens_with_verdict(passage.text_of(first.span))


def reply_of(units: Sequence[Unit]) -> Sequence[Unit]:
    """Leave out the question above an FAQ reply and what only sends the reader elsewhere."""
    said = [unit for unit in units if not unit.is_pointer]
    while said and said[0].is_label:
        said = said[1:]
    return said or units


def is_reply(scorer: Scorer, passage: Passage, lead: Unit) -> bool:
    """Tell whether an FAQ item asks what was asked."""
    if passage.hit.chunk.kind is not ChunkKind.FAQ:
        return False
    if scorer.asked.thing:  # much else can be asked about the same thing
        return thing_asked("".join(passage.hit.chunk.heading_path[-1:])) == scorer.asked.thing
    return scorer.share(lead.heading_terms | passage.heading_terms) >= _SAME_QUESTION


def is_entry(scorer: Scorer, passage: Passage, lead: Unit) -> bool:
    """Tell whether the lead says by itself what the question wants to have defined."""
    return (
        bool(scorer.asked.thing)
        and lead.block.kind is not TextKind.CODE
        and not is_reply(scorer, passage, lead)
        and defines(passage.text_of(lead.span), scorer.asked.thing) > 0
    )


def settles(scorer: Scorer, passage: Passage, lead: Unit) -> bool:
    """Tell whether the lead is a sentence that says the one fact that is asked for."""
    asked = scorer.asked
    said = lead.terms | lead.heading_terms | passage.context_terms
    return (
        lead.is_sentence
        and asked.type in _ONE_FACT
        and (lead.decides or asked.is_met_by(passage.text_of(lead.span)))
        and scorer.share(said) >= _SETTLED
    )


def asks_for_steps(asked: Asked, lead: Unit, steps: Unit) -> bool:
    """Tell whether steps of the passage come first where another unit scores best: not before one fact."""
    asks_for_less = asked.type in _ONE_FACT or (
        asked.type is not AnswerType.ACTION and (asked.wants_value or bool(asked.thing))
    )
    return lead.block is steps.block or (lead.section == steps.section and not asks_for_less)
