"""What a search shows about whether the pages hold an answer."""

import pytest

from kb_server.retrieval.query import SearchMode
from kb_server.retrieval.signals import without_code
from tests.kb_server.published import Page
from tests.kb_server.searching import retriever_of, search

EXAMPLE = """Send the question as JSON.

```json
{"question": "How do I cancel my plan?", "field_name": "plan_name"}
```
"""
PAGES = {
    "en/api.md": Page("Requests", EXAMPLE),
    "en/install.md": Page("How do I install it?", "Run the installer of the printer."),
    "ko/install.md": Page("설치하려면 어떻게 하나요?", "프린터의 설치 파일을 실행하세요."),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("signals") / "data", PAGES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "asks_the_same"),
    [("How do I install?", 1.0), ("How do I install the printer?", 0.0), ("어떻게 설치하나요?", 1.0)],
)
def test_a_heading_in_the_words_of_the_question_is_seen(retriever, question, asks_the_same):
    pages = {"filters": {"path!": "en/api.md"}}
    assert search(retriever, question, **pages).signals.heading == asks_the_same


def test_words_that_stand_only_in_an_example_are_not_covered(retriever):
    in_code, named, in_prose = (
        search(retriever, text, filters={"path": "en/api.md"}).signals
        for text in ("cancel plan", "field_name", "send JSON")
    )

    assert (in_code.coverage, named.coverage > 0, in_prose.coverage) == (0.0, True, 1.0)


@pytest.mark.parametrize("text", ["printer", "프린터의"])
def test_an_only_chunk_with_evidence_does_not_stand_for_agreement(retriever, text):
    signals = search(retriever, text, mode=SearchMode.LEXICAL).signals

    assert (signals.coverage, signals.own_share) == (1.0, 0.0)


def test_a_page_that_holds_the_same_words_rivals_the_best_one(retriever):
    own_words, shared, ko_shared = (
        search(retriever, text).signals for text in ("question JSON", "install printer", "프린터의 설치")
    )

    assert own_words.unrivalled == own_words.page_coverage == own_words.agreement == 1.0
    assert shared.page_coverage == 1.0
    assert 0 <= ko_shared.unrivalled <= 1


def test_a_translation_is_no_rival(tmp_path):
    pages = {
        "en/save.md": Page("Save", "Run `vela save` to save the vault."),
        "en/other.md": Page("Colors", "Each note may have a color."),
        "ko/save.md": Page("저장", "보관함은 `vela save`로 저장하세요.", {"translation_of": "en/save.md"}),
    }
    alone = dict(list(pages.items())[:2])
    with retriever_of(tmp_path / "both", pages) as both, retriever_of(tmp_path / "one", alone) as one:
        asked, expected = (search(each, "Vela save the vault").signals for each in (both, one))

    assert (asked.unrivalled, asked.meaning_lead) == (
        expected.unrivalled,
        pytest.approx(expected.meaning_lead),
    )
    assert asked.unrivalled == 1.0


def test_words_of_the_page_are_counted_wherever_they_stand(retriever):
    both, half = (search(retriever, text).signals for text in ("installer printer", "installer kubernetes"))

    assert (both.page_coverage, 0 < half.page_coverage < 1) == (1.0, True)
    assert both.words > half.words > 0


def test_a_better_word_match_stands_further_ahead(retriever):
    clear, faint = (search(retriever, text).signals for text in ("send the question as JSON", "run or send"))

    assert clear.score_lead > faint.score_lead >= 0


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("How do I install it on the printer?", "Which planets have rings?"),
        ("프린터의 설치 파일을 실행하세요", "고양이는 하루에 몇 시간 자요?"),
    ],
)
def test_a_question_that_means_the_same_stands_apart(retriever, near, far):
    close, foreign = (search(retriever, text).signals for text in (near, far))

    assert 0 <= foreign.apart < close.apart < 1
    assert 0 <= foreign.meaning_lead < close.meaning_lead
    assert foreign.likeness < close.likeness <= close.cosine + 1e-6


def test_words_alone_show_nothing_of_the_meaning(retriever):
    signals = search(retriever, "install printer", mode=SearchMode.LEXICAL).signals

    assert (signals.likeness, signals.meaning_lead, signals.apart) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("Say this.\n\n```sh\nrun it\n```\n\nThen that.", "Say this.\n\n\nThen that."),
        ("rest of the code\n```\nThen that.", "Then that."),
        ("Say this.\n```sh\nfirst half", "Say this.\n"),
        ('"a": {"b": [1, 2]}, "c": "d",', ""),
        ('No code: a [link](page.md) and a "word" in a sentence of usual length.', None),
    ],
)
def test_code_is_left_out_of_a_cut_chunk(text, prose):
    assert without_code(text) == (text if prose is None else prose)
