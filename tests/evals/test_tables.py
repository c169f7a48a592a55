from evals.compare import show as show_comparison
from evals.docs_sets import Question, Relevant, twins
from evals.intervals import Estimate
from evals.runs import Row
from evals.tables import (
    better_single_run,
    show_against_single_runs,
    show_differences,
    show_language_gap,
    verdict,
)
from evals.views import views


def _row(mode, values, *, slice_name="ko", set_name="s"):
    return Row(set_name, slice_name, mode, {"page@1": values})


def test_hybrid_is_compared_with_the_better_single_run_and_never_with_rrf(capsys):
    rows = [
        _row("hybrid", {"a": 1.0, "b": 0.0, "c": 0.0}),
        _row("lexical", {"a": 1.0, "b": 0.0, "c": 0.0}),
        _row("dense", {"a": 0.0, "b": 1.0, "c": 1.0}),
        _row("rrf", {"a": 1.0, "b": 1.0, "c": 1.0}),
    ]

    show_against_single_runs(rows, ["page@1"])
    printed = capsys.readouterr().out

    assert better_single_run(rows, "page@1").mode == "dense"
    assert "dense    -0.333" in printed  # (1 - 0 + 0 - 1 + 0 - 1) / 3
    assert "1 of 1 comparisons are below" in printed


def test_a_measure_that_no_single_run_has_is_not_compared():
    assert better_single_run([_row("hybrid", {"a": 1.0}), _row("dense", {})], "page@1") is None


def test_the_verdict_tells_noise_from_loss():
    assert verdict(Estimate(0.0, -0.1, 0.1)) == "ok"
    assert verdict(Estimate(-0.01, -0.1, 0.1)) == "below, within noise"
    assert verdict(Estimate(-0.1, -0.2, -0.01)) == "below"


def _question(query_id, lang, places, *, facts=(), cross_lingual=False):
    relevant = tuple(Relevant(path=path, heading=heading) for path, heading in places)
    return Question(query_id, "?", lang, True, relevant, facts, cross_lingual)


EN = ("en/a.md", "Install")
KO = ("ko/a.md", "설치")


def test_views_narrow_the_right_pages_and_drop_facts_across_languages():
    questions = [
        _question("e", "en", [EN, KO], facts=("x",)),
        _question("k", "ko", [KO, EN], facts=("엑스",)),
    ]

    found = {view.name: view for view in views(questions)}

    assert found.keys() == {"en", "ko", "en@en", "en@ko", "ko@en", "ko@ko"}
    assert [item.path for item in found["ko@en"].questions[0].relevant] == ["en/a.md"]
    assert found["ko@en"].pages == "en"
    assert found["ko@en"].questions[0].facts == ()
    assert found["ko@ko"].questions[0].facts == ("엑스",)


def test_a_set_in_one_language_has_no_views_and_its_cross_lingual_questions_stand_apart():
    questions = [
        _question("e", "en", [("guide/a.md", "A")]),
        _question("k", "ko", [("guide/a.md", "A")], cross_lingual=True),
    ]

    assert [view.name for view in views(questions)] == ["en", "ko-en"]


def test_twins_are_questions_about_the_same_places_and_only_pairs_count():
    other = ("en/b.md", "Remove")
    questions = [
        _question("e1", "en", [EN, KO]),
        _question("k1", "ko", [KO, EN]),
        _question("e2", "en", [other]),
        _question("e3", "en", [other]),
        _question("k3", "ko", [other]),
        _question("k4", "ko", [("ko/c.md", "")]),
        _question("e4", "en", [("ko/c.md", "")]),
    ]

    assert twins(questions) == [("k1", "e1")]


def test_the_language_gap_is_korean_minus_english_and_pairs_twins(capsys):
    rows = [
        _row("hybrid", {"k1": 1.0, "k2": 0.0}, slice_name="ko@ko"),
        _row("hybrid", {"e1": 1.0, "e2": 1.0}, slice_name="en@en"),
    ]

    show_language_gap(rows, ["page@1"], [("s/k1", "s/e1"), ("t/k9", "t/e9")])
    lines = capsys.readouterr().out.splitlines()

    assert lines[-2].split()[:4] == ["all", "hybrid", "4", "-0.500"]
    assert lines[-1].split()[:4] == ["twins", "hybrid", "2", "+0.000"]


def test_two_measurements_are_compared_on_the_questions_that_both_have(capsys):
    before = [_row("hybrid", {"a": 0.0, "b": 1.0, "c": 1.0})]
    after = [_row("hybrid", {"a": 1.0, "b": 1.0, "d": 1.0})]

    shared = show_comparison(before, after, questions=True)
    printed = capsys.readouterr().out

    assert shared == 2  # the set and the pool
    assert "0.500  1.000  +0.500" in printed
    assert "1/0" in printed
    assert "better: a" in printed
    assert "worse" not in printed


def test_two_measures_of_a_question_are_compared_in_pairs(capsys):
    facts, verbatim = {"a": 1.0, "b": 1.0, "c": 0.0}, {"a": 0.0, "b": 1.0, "c": 1.0}
    rows = [
        Row("s", "ko", "all", {"facts": facts, "verbatim": verbatim}),
        Row("t", "ko", "all", {"facts": {"a": 1.0}, "verbatim": {"a": 0.0}}),
    ]

    show_differences(rows, "facts", "verbatim")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]

    assert [line[:5] for line in lines] == [
        ["s", "ko", "all", "3", "+0.000"],
        ["t", "ko", "all", "1", "+1.000"],
        ["ALL", "ko", "all", "4", "+0.250"],
    ]
