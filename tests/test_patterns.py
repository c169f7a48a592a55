"""No text makes a pattern work without end: what two repeats could share, they would share in every way."""

from __future__ import annotations

import re

import pytest

from kb_server.answering.people import needs_person
from kb_server.dialogue import small_talk
from kb_server.dialogue.orders import gives_orders
from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source
from kb_server.verification.markers import marked_sentences
from tests.pumping import at_most, patterns_of, slowest

READERS = [
    *(f"kb_server.{name}" for name in ("answering", "dialogue", "generation", "grounding", "index")),
    *(f"kb_server.{name}" for name in ("openai_api", "rendering", "retrieval", "text", "verification")),
    *(f"ingest.{name}" for name in ("chunking", "parsing", "trust")),
]
"""The packages that read questions, pages, answers of models and what is sent to be checked."""
LENGTH = 400
"""Characters: work that grows with the square of it takes milliseconds, with its cube over a second."""
SECONDS = 0.4
"""Time of the processor, not of the clock."""
SHORTER = {small_talk.__name__: small_talk._MAX_CHARS}
"""Modules that give a longer text up unread."""


@pytest.mark.parametrize("package", READERS)
def test_no_pattern_takes_long_with_what_it_repeats(package: str) -> None:
    found = {
        f"{module}.{name}": text
        for module, name, pattern in patterns_of(package)
        if (text := slowest(pattern, SHORTER.get(module, LENGTH), SECONDS))
    }

    assert found == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:\W*(?:hi|안녕)\b[\s,!.]*)*x",
        r"가\s*좀?\s*는?\s*:?\s*x",
        r"\|\s*(.*?)\s*(.*?)\s*\|",
        r"(?:a|a\s?)+b",
    ],
    ids=["nested", "side by side", "around anything", "two ways to say one thing"],
)
def test_a_pattern_that_can_take_long_is_found(pattern: str) -> None:
    assert slowest(re.compile(pattern), LENGTH, SECONDS / 4)


@pytest.mark.parametrize(
    "text",
    ["hi, " * 20 + "x", "please! " * 18 + "x", "상담원" + "\n" * 2000 + "x", "My e-mail" + " " * 2000 + "x"],
)
def test_no_question_takes_long(text: str) -> None:
    with at_most(SECONDS):
        assert not needs_person(text)
        assert not gives_orders(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000,
        "가" * 50_000,
        "a-" * 25_000,
        "2024-05-" * 6_000,
        f"a{' ' * 50_000}b",
        "\n" * 50_000 + "a",
    ],
    ids=["letters", "한글", "hyphens", "dates", "white space", "line breaks"],
)
def test_no_text_takes_long_to_check(text: str) -> None:
    with at_most(10 * SECONDS):
        assert [sentence.text for sentence in marked_sentences(text)] == [text.strip()]
        assert not check_sentence(
            text, [Source("Backups are kept for 30 days. 백업은 30일 보관합니다.")]
        ).holds


@pytest.mark.parametrize("text", ["not ", "설정 > "], ids=["denials", "menu steps"])
def test_no_text_takes_long_to_compare_with_one_like_it(text: str) -> None:
    with at_most(10 * SECONDS):
        check_sentence(text * (10_000 // len(text)), [Source(f"{text * (20_000 // len(text))} zz")])
