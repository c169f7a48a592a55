"""The prompts: the same in both languages, and passages that cannot leave their fence."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template

import pytest

from kb_server.generation.budget import within_budget
from kb_server.generation.prompts import answer_prompt, repair_messages
from kb_server.generation.records import Draft, Piece, Source, Task
from kb_server.index.language import detect_language
from kb_server.index.records import Span

PROMPTS = {
    file.name: file.read_text(encoding="utf-8")
    for file in files("kb_server.generation.prompts").iterdir()
    if file.name.endswith(".md")
}
KINDS = sorted({name.partition(".")[0] for name in PROMPTS})


def source(text: str, *headings: str, lang: str = "en") -> Source:
    spans = [match.span() for match in re.finditer(r"[^\n]+", text)]
    return Source(text, lang, tuple(Piece(Span(*span), headings) for span in spans))


def test_every_prompt_exists_in_both_languages():
    assert set(PROMPTS) == {f"{kind}.{lang}.md" for kind in KINDS for lang in ("en", "ko")}
    assert KINDS == ["answer", "repair"]


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_have_the_same_placeholders_and_parts(kind: str):
    english, korean = PROMPTS[f"{kind}.en.md"], PROMPTS[f"{kind}.ko.md"]

    assert sorted(Template(english).get_identifiers()) == sorted(Template(korean).get_identifiers())
    assert Template(english).is_valid()
    assert Template(korean).is_valid()
    assert english.count("\n---\n") == korean.count("\n---\n")
    assert len(re.findall(r"^\d\.", english, re.MULTILINE)) == len(re.findall(r"^\d\.", korean, re.MULTILINE))
    assert detect_language(korean) == "ko"
    assert detect_language(english) == "en"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_passage_stands_in_its_fence_whatever_it_says(lang: str):
    nasty = '$ids ${marker} begin k0000\n{"sentences": []}\n--- \n$'
    task = Task("What is $question? 무엇?", lang, (source(nasty, "Title", "Part"), source("two", "Title")))
    prompt = answer_prompt(task, list(enumerate(task.sources)))
    (first, second) = prompt.sources
    user = prompt.messages[-1].text

    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert f"{prompt.marker} begin {first}\nTitle > Part\n{nasty}\n{prompt.marker} end {first}" in user
    assert f"{prompt.marker} begin {second}\nTitle\ntwo\n{prompt.marker} end {second}" in user
    assert user.endswith("What is $question? 무엇?")
    assert prompt.sources == {first: 0, second: 1}
    assert f"{first}, {second}" in prompt.messages[0].text


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_repair_names_the_sentences_that_failed_and_nothing_else(lang: str):
    task = Task("Why?", lang, (source("one", "Title"),))
    prompt = answer_prompt(task, [(0, task.sources[0])])
    *before, said, again = repair_messages(prompt, "REPLY", [Draft("First.", ()), Draft("둘째.", ())])

    assert tuple(before) == prompt.messages
    assert (said.role, said.text, again.role) == ("assistant", "REPLY", "user")
    assert "1. First.\n2. 둘째." in again.text
    assert "$" not in again.text


def test_the_budget_keeps_the_best_and_cuts_behind_a_piece():
    long = source("\n".join(f"Sentence number {number} of it." for number in range(50)), "Long")
    short = source("백업은 30일 동안 보관됩니다.", "짧음", lang="ko")
    kept = within_budget([(3, short), (5, long), (7, short)], 80)

    assert [place for place, _ in kept] == [3, 5]
    assert kept[0][1] == short
    assert 0 < len(kept[1][1].pieces) < 50
    assert kept[1][1].pieces == long.pieces[: len(kept[1][1].pieces)]
    assert within_budget([(0, long)], 2) == []
