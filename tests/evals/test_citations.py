from evals.citations import answer_problems, share_line

TEXT = "설정 파일은 `kb.toml` 입니다. 🙂 Ports start at 8000."
REVISIONS = {("d1", "r1"): TEXT}


def _answer(**changes):
    start = TEXT.index("Ports")
    citation = {"id": "c1", "doc_id": "d1", "revision": "r1", "char_start": start, "char_end": len(TEXT)}
    citation["quote"] = TEXT[start:]
    sentence = {"text": TEXT[start:], "citations": ["c1"]}
    answer = {"status": "answered", "citations": [citation], "sentences": [sentence], "text": "… [1]"}
    return {**answer, **changes}


def test_a_whole_answer_has_no_problem():
    assert answer_problems(_answer(), REVISIONS) == []


def test_a_span_shifted_by_one_is_found():
    shifted = _answer()
    shifted["citations"][0]["char_start"] += 1

    assert len(answer_problems(shifted, REVISIONS)) == 1


def test_a_sentence_with_an_unknown_citation_or_none_is_found():
    unknown = _answer(sentences=[{"text": "x", "citations": ["c9"]}, {"text": "y", "citations": []}])

    assert len(answer_problems(unknown, REVISIONS)) == 2


def test_answered_without_a_sentence_is_found():
    assert answer_problems(_answer(sentences=[], citations=[]), REVISIONS)


def test_that_all_hold_is_told_with_what_may_still_be_wrong():
    assert share_line({"checked": 381}, []).endswith("1.0000 [0.9900,1.0000]")
    assert share_line({"checked": 2}, ["c1: the quote is not the span it names"]).startswith("1 of 2 ")


def test_a_mark_without_its_citation_is_found_and_brackets_in_code_are_no_marks():
    assert len(answer_problems(_answer(text="… [1] [2]"), REVISIONS)) == 1
    assert len(answer_problems(_answer(text="…"), REVISIONS)) == 1
    code = "`argv[2]` [1]\n\n```py\nitems[0]\n```\n\n\\[7]"
    assert answer_problems(_answer(text=code), REVISIONS) == []
