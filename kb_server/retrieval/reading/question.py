"""Read a question as it was meant: words that no row holds, against the words that the index has.

The asker's address or telephone number is left out. Then, in this order: the keyboard was in the other
layout; a Latin word is misspelt or cut in two, or a code is spelt another way; a foreign word stands in
Hangul that the index writes in Latin letters; a Korean word has a wrong syllable. A word that any row holds
stays as it is, so that a question made of known words is never touched.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kb_server.index.language import language_asked
from kb_server.index.vocabulary import Vocabulary
from kb_server.retrieval.reading.contacts import contact_data
from kb_server.retrieval.reading.layouts import other_layout
from kb_server.retrieval.reading.loanwords import foreign_words
from kb_server.retrieval.reading.replacements import replaced
from kb_server.retrieval.reading.syllables import misspelt_hangul
from kb_server.retrieval.reading.words import misspelt_latin

_STEPS = (contact_data, other_layout, misspelt_latin, foreign_words, misspelt_hangul)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it is searched."""

    text: str
    expanded: Mapping[str, str] = field(default_factory=dict)
    """What was typed, and what was read in its place; empty where the question is searched as typed."""
    lang: str = ""
    """Language of the question where a foreign word took its Hangul; else that of ``text``."""


def read(text: str, vocabulary: Vocabulary, *, is_hidden: Callable[[str], bool] = lambda _: False) -> Reading:
    """Read ``text`` with the words of ``vocabulary``; a text without slips comes back as it is.

    Words that ``is_hidden`` are never read instead.
    """
    meant = unicodedata.normalize("NFC", text)
    expanded: dict[str, str] = {}
    lang = ""
    for step in _STEPS:
        found = [item for item in step(meant, vocabulary) if not is_hidden(item.text)]
        if found and step is foreign_words:
            lang = language_asked(meant)
        expanded |= {meant[start:end].strip(): new.strip() for start, end, new in found}
        meant = replaced(meant, found)
    return Reading(meant, expanded, lang) if expanded else Reading(text)
