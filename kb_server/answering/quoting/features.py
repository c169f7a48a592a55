"""What tells a unit that answers from one that does not: features, each from 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kb_server.answering.quoting.asked import AnswerType, Asked
from kb_server.answering.quoting.defining import defines
from kb_server.answering.quoting.passages import Passage, Unit, is_adrift
from kb_server.index.tokenization import tokenize
from kb_server.remembering import remembered
from kb_server.text.blocks import TextKind

_KINDS = tuple(kind for kind in AnswerType if kind is not AnswerType.ANY)
FEATURES = (
    # The share of the question's idf ...
    "own",  # in the unit,
    "heading",  # only in the heading of its section,
    "context",  # only in the title and the headings above,
    "elsewhere",  # in the passage and not in the unit,
    "before",  # in the unit before and not in this one,
    "covered",  # in the unit, its passage, or their headings,
    "definition",  # in the first words of the unit, where the question asks what something is.
    "defines",  # share of what is to be defined in what the unit defines
    "heading_news",  # share of the words of its heading that are not asked for, where others are
    # Its place.
    "prior",  # score of the passage as a share of the best one's
    "position",  # 1 for the first unit of the passage, 1/2 for the second
    "adrift",  # leans on a sentence, or announces a block, that the passage does not hold
    # What it looks like.
    "key",  # share of the words which name the row or item that are asked for
    "density",  # share of its tokens that are asked for
    "value_asked",  # holds a number or code marks, where a value or a name is asked for
    "quoted",  # holds code marks, where code or how to do something is asked for
    "code_for_action",  # is code, where how to do something is asked for
    "code_wanted",  # is code, where code is asked for
    *(f"says_{kind.value}" for kind in _KINDS),  # holds the kind of thing that is asked for
)
"""In the order of ``features_of``."""

_OPENING_TOKENS = 6
_SMOOTHING = 5
"""Tokens added to a unit's length, so that a single word is not the densest answer."""
_ANNOUNCED_SHARE = 0.5
"""Share of the question's idf in a heading that announces the list below it."""
_NAMED = 0.5
"""Share of the words that name an item from which on the question names it."""
_VALUE = re.compile(r"`[^`]+`|\d")
_ROW_KEY = re.compile(r"\|([^|\n]*)\|")
_ITEM_KEY = re.compile(r"[-*+\d.]+\s+(\*\*.+?\*\*|`.+?`|[^:：]{1,60}(?=[:：])|.{1,60}?(?= [-–—] ))")
_PLACE_OF_KIND: Mapping[AnswerType, int] = {kind: place for place, kind in enumerate(_KINDS)}
_NO_KIND = (0.0,) * len(_KINDS)


@dataclass(frozen=True, slots=True)
class Reading:
    """What all units of a question are held against."""

    term_weights: Mapping[str, float]
    asked: Asked
    _total: float = field(init=False)

    def __post_init__(self) -> None:
        """Sum the idf of the question, which every share is one of."""
        object.__setattr__(self, "_total", sum(self.term_weights.values()))

    def share(self, terms: Iterable[str]) -> float:
        """Give the share of the question's idf that ``terms`` carry."""
        weights = self.term_weights
        return sum([weights[term] for term in terms]) / self._total if self._total > 0 else 0.0


def features_of(reading: Reading, passage: Passage, unit: Unit) -> tuple[float, ...]:
    """Give what ``FEATURES`` names."""
    share, asked = reading.share, reading.asked
    own = _said(reading, passage, unit)
    above = own | unit.heading_terms
    opens = asked.wants_definition and own.intersection(unit.tokens[:_OPENING_TOKENS])
    text = passage.text_of(unit.span)
    return (
        share(own),
        share(unit.heading_terms - own),
        share(passage.context_terms - above),
        share(passage.terms - own),
        share(passage.units[unit.order - 1].terms - own) if unit.order > 0 else 0.0,
        share(above | passage.context_terms | passage.terms),
        share(opens) if opens else 0.0,
        _defining(text, unit, asked),
        _heading_news(reading, passage, unit),
        passage.prior,
        1 / (1 + max(unit.order, 0)),
        1.0 if is_adrift(passage, unit) else 0.0,
        _key(text, unit, own),
        len(own) / (len(unit.tokens) + _SMOOTHING),
        1.0 if asked.wants_value and _has_value(text) else 0.0,
        *_form(text, unit, asked),
        *_kind_met(text, unit, asked),
    )


def _defining(text: str, unit: Unit, asked: Asked) -> float:
    is_code = unit.block.kind is TextKind.CODE
    return defines(text, asked.thing) if asked.thing and not is_code else 0.0


def _heading_news(reading: Reading, passage: Passage, unit: Unit) -> float:
    """Give the share of a heading's words that are not asked for: a special case says more than is asked."""
    path = passage.hit.chunk.section_at(unit.span.start).heading_path
    words = _words_of(path[-1] if path else passage.hit.document.title)
    asked = words & reading.term_weights.keys()
    return 1 - len(asked) / len(words) if asked else 0.0


@remembered(1 << 11)
def _words_of(heading: str) -> frozenset[str]:
    return frozenset(tokenize(heading))


def _said(reading: Reading, passage: Passage, unit: Unit) -> frozenset[str]:
    """Give the terms of a unit; of code that nobody asks for only names and numbers.

    The words inside an example, such as a request that somebody could send, answer nothing. A list right
    below a heading that asks the same says what the heading says, as below a sentence that announces it.
    """
    if unit.block.kind is TextKind.LIST:
        return unit.terms | _announced(reading, passage, unit)
    if unit.block.kind is not TextKind.CODE or reading.asked.wants_code:
        return unit.terms
    return frozenset(term for term in unit.terms if not term.isalpha())


def _announced(reading: Reading, passage: Passage, unit: Unit) -> frozenset[str]:
    """Give the query terms of the heading right above a list, where they are much of the question."""
    above = passage.block_before(unit.block)
    if above is None or above.kind is not TextKind.HEADING:
        return frozenset()
    said = _words_of(passage.text_of(above.span)) & reading.term_weights.keys()
    return said if reading.share(said) >= _ANNOUNCED_SHARE else frozenset()


def _form(text: str, unit: Unit, asked: Asked) -> tuple[float, float, float]:
    acts = asked.type is AnswerType.ACTION
    is_code = unit.block.kind is TextKind.CODE
    return (
        1.0 if "`" in text and (acts or asked.wants_code) else 0.0,
        1.0 if is_code and acts else 0.0,
        1.0 if is_code and asked.wants_code else 0.0,
    )


def _kind_met(text: str, unit: Unit, asked: Asked) -> tuple[float, ...]:
    """Tell which kind of answer is asked for and given; behind a yes or no a sentence decides."""
    place = _PLACE_OF_KIND.get(asked.type)
    if place is None:
        return _NO_KIND
    met = (unit.decides and asked.type is AnswerType.VERDICT) or asked.is_met_by(text)
    return (*_NO_KIND[:place], 1.0, *_NO_KIND[place + 1 :]) if met else _NO_KIND


def _key(text: str, unit: Unit, own: frozenset[str]) -> float:
    """Give the share of the words in front of a row or item, which name it, that are asked for."""
    kind = unit.block.kind
    if not own or (kind is not TextKind.TABLE and kind is not TextKind.LIST):
        return 0.0
    key = _key_terms(text, is_row=kind is TextKind.TABLE)
    return len(key & own) / len(key) if key else 0.0


@remembered(1 << 12)
def _key_terms(text: str, *, is_row: bool) -> frozenset[str]:
    found = (_ROW_KEY if is_row else _ITEM_KEY).match(text)
    return frozenset(tokenize(found[1])) if found else frozenset()


@remembered(1 << 13)
def _has_value(text: str) -> bool:
    """Tell whether a text holds a number or a name in code marks."""
    return bool(_VALUE.search(text))


def is_named(text: str, item: Unit) -> bool:
    """Tell whether half of the words in front of an item, which name it, are asked for."""
    return not item.block.ordered and _key(text, item, item.terms) >= _NAMED
