from string import Formatter

import pytest

from kb_server.index.language import detect_language
from kb_server.text.phrases import PHRASES, Phrase, phrase, quoted_in


def _placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_has_every_phrase_with_the_same_placeholders():
    assert set(PHRASES) == {"en", "ko"}
    for key in Phrase:
        assert len({frozenset(_placeholders(phrases[key])) for phrases in PHRASES.values()}) == 1


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_phrases_are_written_in_their_language(lang):
    assert all(detect_language(text) == lang for text in PHRASES[lang].values())


def test_an_unknown_language_is_spoken_to_in_english():
    assert phrase(Phrase.NOT_IN_DOCS, "fr") == PHRASES["en"][Phrase.NOT_IN_DOCS]
    assert quoted_in("fr", "en") == PHRASES["en"][Phrase.QUOTED_IN_ENGLISH]


def test_page_titles_with_braces_are_named_as_they_are():
    assert "{x}" in phrase(Phrase.NEAREST_PAGES, "en", pages="{x}")
