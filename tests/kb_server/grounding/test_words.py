"""What is told of words without reading them must hold of every word that is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb_server.grounding.words import opening_of, openings, read_words

CORPUS = Path(__file__).parents[3] / "corpus"
ODD = (
    "Dying cries, tries & skies: X-Forwarded-For, C++, KB_PORT, _private, naïve Éclair, 3rd v1.20.0 10MB.",
    "API를 iPhone에서 켜십시오, ＡＰＩ키와 ﬁle, 값은 0입니다. https://example.com/a_b?c=d 않습니다.",
)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_no_word_is_missed_by_how_it_begins(lang):
    lines = [
        line
        for page in sorted((CORPUS / lang).rglob("*.md"))
        for line in page.read_text("utf-8").splitlines()
    ]

    missed = [
        (word.key, line)
        for line in (*lines, *ODD)
        for begun in [openings(line)]
        for word in read_words(line)
        if word.is_content and opening_of(word.key) and opening_of(word.key) not in begun
    ]

    assert not missed


@pytest.mark.parametrize(
    ("sentence", "absent"),
    [("Backups are kept for 30 days.", "server"), ("백업은 30일 동안 보관합니다.", "서버")],
)
def test_a_word_that_is_not_there_is_told_apart(sentence, absent):
    assert opening_of(absent) not in openings(sentence)
