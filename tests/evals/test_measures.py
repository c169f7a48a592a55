import pytest

from evals.docs_sets import Question, Relevant
from evals.measures import facts_hit, page_measures, question_values, section_hit


def _question(query_id="q1", *, relevant=(("a.md", "Install"),), facts=()):
    return Question(
        query_id=query_id,
        text="?",
        lang="en",
        answerable=True,
        relevant=tuple(Relevant(path=path, heading=heading) for path, heading in relevant),
        facts=tuple(facts),
        cross_lingual=False,
    )


def _passage(path, *, text="", heading_path=(), title="Page"):
    return {"path": path, "text": text, "heading_path": list(heading_path), "title": title}


def test_page_measures_count_every_passage_as_one_rank():
    found = {
        "q1": [_passage("b.md"), _passage("b.md"), _passage("a.md"), _passage("a.md")],
        "q2": [_passage("b.md")] * 5 + [_passage("a.md")],
        "q3": [],
    }

    values = page_measures([_question("q1"), _question("q2"), _question("q3")], found)

    assert values["q1"] == {"page@1": 0.0, "page@5": 1.0, "MRR@10": pytest.approx(1 / 3)}
    assert values["q2"] == {"page@1": 0.0, "page@5": 0.0, "MRR@10": pytest.approx(1 / 6)}
    assert values["q3"] == {"page@1": 0.0, "page@5": 0.0, "MRR@10": 0.0}


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        (_passage("a.md", heading_path=("Setup", "Install")), True),
        (_passage("a.md", text="## **Install**\n\nRun it."), True),
        (_passage("a.md", title="Install"), True),
        (_passage("a.md", heading_path=("Remove",)), False),
        (_passage("b.md", heading_path=("Install",)), False),
    ],
)
def test_a_section_is_shown_by_heading_path_or_text_of_the_right_page(passage, shown):
    assert section_hit(_question(), [passage]) == float(shown)


def test_headings_compare_without_marks_in_korean_too():
    question = _question(relevant=(("ko/cors.md", "`CORSMiddleware` 사용 { #use }"),))

    assert section_hit(question, [_passage("ko/cors.md", heading_path=("CORSMiddleware 사용",))]) == 1.0


def test_only_the_first_five_passages_count_for_sections_and_facts():
    late = [_passage("b.md")] * 5 + [_passage("a.md", text="use 64 MB", heading_path=("Install",))]

    assert section_hit(_question(), late) == 0.0
    assert facts_hit(_question(facts=["64 MB"]), late) == 0.0
    assert facts_hit(_question(facts=["64 MB"]), late[1:]) == 1.0


def test_all_facts_must_stand_in_the_passages_and_none_is_no_measurement():
    passages = [_passage("a.md", text="Use `64 MB`."), _passage("b.md", text="Port 80")]

    assert facts_hit(_question(facts=["64 mb", "port 80"]), passages) == 1.0
    assert facts_hit(_question(facts=["64 mb", "port 81"]), passages) == 0.0
    assert facts_hit(_question(), passages) is None


def test_a_heading_counts_only_as_whole_words():
    question = _question(relevant=(("a.md", "FAQ item 1"),))

    assert section_hit(question, [_passage("a.md", text='<FaqItem question="FAQ item 12">')]) == 0.0
    assert section_hit(question, [_passage("a.md", text='<FaqItem question="FAQ item 1">')]) == 1.0
    korean = _question(relevant=(("a.md", "항목 1"),))
    assert section_hit(korean, [_passage("a.md", text="항목 11")]) == 0.0


def test_a_question_without_facts_has_no_value_for_them():
    found = {"q1": [_passage("a.md", heading_path=("Install",))]}

    values = question_values([_question()], found)

    assert values["section@5"] == {"q1": 1.0}
    assert values["facts@5"] == {}
