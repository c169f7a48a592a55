"""The HTML report: self-contained, deaf to what answers hold, and with the right numbers in its plots."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evals.cases.schema import Case
from evals.gating.command import bless_command
from evals.metrics.model import Observation
from evals.options import ReportOptions
from evals.records.model import Record
from evals.reporting.attribution import attribution
from evals.reporting.command import report_command
from evals.reporting.html import highlighted
from evals.reporting.plots import histogram, judged, reliability, risk_coverage

from .finished import Answers, but, failed, run_of, silent, suite_of
from .made import case, citation, passage, record, refusal, reply

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</summary></details><iframe src=//evil.example>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
)


class Page(HTMLParser):
    """Reads tags, attributes and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def cases(self) -> list[str]:
        return [str(found["id"]) for tag, found in self.tags if tag == "details" and "id" in found]


def page(tmp_path: Path, answers: Answers) -> Page:
    suite = suite_of(tmp_path / "suite")
    bless_command(run_of(suite, tmp_path / "blessed"), suite=None, as_json=False)
    file = tmp_path / "report.html"
    assert report_command(ReportOptions(run_of(suite, tmp_path / "run", answers), html=file)) == 0
    return Page(file.read_text("utf-8"))


def test_every_case_is_there_with_what_went_wrong(tmp_path: Path) -> None:
    found = page(tmp_path, but({"ko-03": silent, "en-00": failed}))

    assert len(found.cases) == 24
    assert found.cases[:2] == ["case-en-00", "case-ko-03"]
    for words in (
        "gate closed",
        "3번 백업은 언제 실행되나요?",
        "답이 없습니다.",
        "no answer: error",
        "overloaded",
    ):
        assert words in found.words
    assert "2 rules fail" not in found.words
    assert "v-1" in found.words
    assert "0.00 / 0.00 / 0.00" in found.words


@pytest.mark.parametrize("payload", PAYLOADS)
def test_words_of_answers_pages_and_cases_stay_words(tmp_path: Path, payload: str) -> None:
    def hostile(asked: Case, repeat: int) -> Record:
        source = citation(payload, quote=payload, anchor=payload)
        answer = reply(text=payload, citations=[source], reason=payload)
        return record(asked, answer, repeat=repeat, passages=[passage(payload, text=payload)])

    found = page(tmp_path, but({"ko-03": hostile}))

    assert found.words.count(payload) >= 4
    assert not {"script", "img", "iframe", "link", "object", "a"} & {tag for tag, _ in found.tags}
    names = {name for _, attributes in found.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "href", "style"}}
    policies = [found for tag, found in found.tags if tag == "meta" and "http-equiv" in found]
    assert policies[0]["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_risk_reliability_and_histogram_by_hand() -> None:
    asked = case(expect={"contains": "rollback"})
    wrong = {"text": "Restart it.", "sentences": [], "citations": []}
    answers = [
        reply(confidence=0.9),
        reply(confidence=0.6, **wrong),
        reply(confidence=0.6),
        reply(confidence=1.0),
        refusal(confidence=0.15),
    ]
    observed = [Observation(asked, (record(asked, answer),)) for answer in answers]
    found = judged(observed)

    # surest first: right, right, then one right and one wrong of the same confidence
    assert risk_coverage(found) == [(0.25, 0.0), (0.5, 0.0), (1.0, 0.25)]
    assert sum(n for *_, n in reliability(found)) == 4
    bars = {round(bar.low, 1): bar[1:] for bar in histogram(observed) if any(bar[1:])}
    assert bars == {0.1: (0, 0, 1), 0.6: (1, 1, 0), 0.9: (2, 0, 0)}
    assert risk_coverage([]) == []
    assert reliability([]) == []


@pytest.mark.parametrize(
    ("expect", "answer", "passages", "why"),
    [
        ({}, None, [], "no answer: error"),
        ({"status": "abstained"}, reply(), [], "should have abstained"),
        ({}, refusal(), ["ko/other.md"], "not retrieved"),
        ({}, refusal(), ["ko/other.md", "en/operations.md"], "retrieved, not used"),
        ({"contains": "없는 말"}, reply(), ["en/operations.md"], "used wrongly"),
        ({}, reply(), ["en/operations.md"], ""),
    ],
)
def test_a_failure_is_put_to_the_first_step_that_went_wrong(
    expect: dict[str, Any], answer: Any, passages: list[str], why: str
) -> None:
    expected = expect if "status" in expect else expect | {"cite": {"any": ["en/operations.md"]}}
    asked = case(expect=expected)
    made = record(asked, answer, passages=[passage(path) for path in passages])

    assert attribution(Observation(asked, (made,))) == why


def test_quotes_are_marked_where_they_stand() -> None:
    text = "포트는 8000입니다. 다른 포트도 됩니다."

    assert highlighted(text, ["포트는 8000입니다.", "8000", "없음", ""]) == [
        ("포트는 8000입니다.", True),
        (" 다른 포트도 됩니다.", False),
    ]
    assert "".join(part for part, _ in highlighted(text, ["다른"])) == text
    assert highlighted("", ["x"]) == []
