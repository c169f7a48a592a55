"""Measures of records: by hand, against other implementations, and what refusals and errors count."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from evals import abstention_measures as one_by_one
from evals.cases.schema import Case
from evals.metrics import abstention, answer, citations, retrieval, selective
from evals.metrics.classification import label_scores, macro_f1
from evals.metrics.model import Observation
from evals.metrics.operations import operations, usage
from evals.metrics.summary import METRICS, PER_CASE, case_values, scores, summary
from evals.metrics.uncertainty import Draws, wilson
from evals.records.model import Retry, Timing, Usage, dumps

from .made import case, citation, observed, passage, record, refusal, reply, support

PLACES = ["a.md", "b.md", "c.md"]


# Retrieval


def ranked(passages: list[str], **fields: Any) -> Observation:
    asked = case(**fields)
    return observed(asked, record(asked, reply(), passages=[passage(path) for path in passages]))


def retrieved(item: Observation) -> dict[str, float]:
    return {name: by_case[item.case.id] for name, by_case in retrieval.values([item]).items() if by_case}


def test_ranking_by_hand() -> None:
    # Right at ranks 2 and 4 of two: DCG 1/log2(3) + 1/log2(5) = .6309 + .4307; ideal 1 + .6309.
    values = retrieved(ranked(["x.md", "a.md", "y.md", "b.md"], relevant=["a.md", "b.md"]))

    assert values["ndcg_at_10"] == pytest.approx((0.6309 + 0.4307) / 1.6309, abs=1e-4)
    assert (values["rr_at_10"], values["recall_at_5"], values["recall_at_10"]) == (0.5, 1.0, 1.0)
    assert (values["success_at_1"], values["success_at_5"]) == (0.0, 1.0)
    assert values["judged_at_10"] == pytest.approx(0.5)


def test_page_that_comes_again_counts_once_and_a_merged_passage_for_both() -> None:
    twice = ranked(["a.md", "a.md", "b.md"], relevant=["a.md", "b.md"])
    both = case(relevant=["a.md#one", {"path": "a.md", "anchor": "two", "grade": 2}])

    assert retrieved(twice)["ndcg_at_10"] == 1.0
    merged = passage("a.md", text="## One\n\nx\n\n## Two\n\ny")
    assert retrieval.ranked_units(both.places, [merged, merged]) == ["place-1", "place-0"]


@given(st.lists(st.sampled_from([*PLACES, "x.md", "y.md", "z.md"]), unique=True), st.permutations(PLACES))
def test_ranking_is_worth_what_pytrec_eval_says(paths: list[str], right: list[str]) -> None:
    grades = {path: grade for grade, path in enumerate(right)}
    item = ranked(paths, relevant=[{"path": path, "grade": grade} for path, grade in grades.items()])
    measures = {"ndcg_cut_10", "recall_5", "success_1", "recip_rank"}
    run = {"q": {path: float(-rank) for rank, path in enumerate(paths)}}
    expected = pytrec_eval.RelevanceEvaluator({"q": grades}, measures).evaluate(run)["q"] if paths else {}

    found = retrieved(item)
    for mine, theirs in (
        ("ndcg_at_10", "ndcg_cut_10"),
        ("recall_at_5", "recall_5"),
        ("success_at_1", "success_1"),
    ):
        assert found[mine] == pytest.approx(expected.get(theirs, 0.0))
    assert found["rr_at_10"] == pytest.approx(expected.get("recip_rank", 0.0))


def test_questions_without_an_answer_are_in_no_retrieval_mean() -> None:
    unanswerable = case(id="u", expect={"status": "abstained", "cite": {"none": ["a.md"]}})
    failed = case(id="e", relevant=["a.md"])
    items = [
        observed(unanswerable, record(unanswerable, refusal(), passages=[passage("a.md")])),
        observed(failed, record(failed)),
    ]

    assert all(set(by_case) == {"e"} for by_case in retrieval.values(items).values())
    assert set(retrieval.values(items)["ndcg_at_10"].values()) == {0.0}


# Citations: the cases of ALCE by hand


@pytest.mark.parametrize(
    ("claims", "recall", "precision"),
    [
        # One sentence, one citation that carries it.
        ([support(True, ["1"], alone={"1": True})], 1.0, 1.0),
        # Without a citation nothing is carried.
        ([support(False, [])], 0.0, 0.0),
        # Two citations, the second of which is not needed.
        (
            [support(True, ["1", "2"], alone={"1": True, "2": False}, without={"1": False, "2": True})],
            1.0,
            0.5,
        ),
        # Two citations that carry it only together.
        (
            [support(True, ["1", "2"], alone={"1": False, "2": False}, without={"1": False, "2": False})],
            1.0,
            1.0,
        ),
        # Two citations, each of which carries it alone.
        ([support(True, ["1", "2"], alone={"1": True, "2": True}, without={"1": True, "2": True})], 1.0, 1.0),
        # A sentence that is not carried takes its citations along.
        (
            [support(True, ["1"], alone={"1": True}), support(False, ["2"], alone={"2": False})],
            0.5,
            0.5,
        ),
    ],
)
def test_citation_recall_and_precision_are_those_of_alce(
    claims: list[Any], recall: float, precision: float
) -> None:
    assert citations.recall(claims) == recall
    assert citations.precision(claims) == precision


def test_sentence_that_only_an_uncited_passage_carries_is_misattributed() -> None:
    claims = [support(False, ["1"], elsewhere=True), support(False, ["1"]), support(True, ["1"])]

    assert citations.misattributed(claims) == pytest.approx(1 / 3)


def test_refusal_is_neither_faithful_nor_not_and_small_talk_claims_nothing() -> None:
    refused, greeted, failed = case(id="r"), case(id="g"), case(id="e")
    hello = support(True, []).model_copy(update={"support": "no_claim"})
    items = [
        observed(refused, record(refused, refusal())),
        observed(greeted, record(greeted, reply(sentences=[], citations=[]), support=[hello])),
        observed(failed, record(failed)),
    ]

    found = citations.values(items)
    assert all(not found[name] for name in ("groundedness", "citation_recall", "citation_precision"))
    assert not found["citation_integrity"]


def test_integrity_is_the_share_of_quotes_that_stand_in_their_revision() -> None:
    asked = case()
    states = {"1": "holds", "2": "mismatch", "3": "missing", "4": "holds"}
    item = observed(asked, record(asked, reply(), integrity=states))

    assert citations.values([item])["citation_integrity"] == {"c": 0.5}


# Right, wrong, refused


ANSWERABLE = {"expect": {"contains": "rollback"}}
UNANSWERABLE = {"expect": {"status": "abstained"}}


@pytest.mark.parametrize(
    ("fields", "given", "expected"),
    [
        (ANSWERABLE, reply(), [1.0, 0.0, None, 0.0]),
        (ANSWERABLE, reply(text="Use `kb ingest`."), [-1.0, 0.0, None, 1.0]),
        (ANSWERABLE, refusal(), [0.0, 1.0, None, None]),
        (ANSWERABLE, None, [0.0, 1.0, None, None]),
        (UNANSWERABLE, refusal(), [0.0, None, 1.0, None]),
        (UNANSWERABLE, reply(), [-1.0, None, 0.0, 1.0]),
        (UNANSWERABLE, None, [0.0, None, 0.0, None]),
        ({"expect": {"status": "clarify"}}, refusal(status="clarify"), [None, None, None, None]),
        ({"expect": {"status": ["answered", "abstained"]}}, reply(), [None, None, None, None]),
        ({"relevant": ["en/operations.md"]}, reply(), [1.0, 0.0, None, 0.0]),
        ({"relevant": ["en/settings.md"]}, reply(), [-1.0, 0.0, None, 1.0]),
        ({"reference": "Run kb rollback."}, reply(), [None, 0.0, None, None]),
    ],
)
def test_answers_and_refusals_are_scored_by_what_the_question_allows(
    fields: dict[str, Any], given: Any, expected: list[float | None]
) -> None:
    asked = case(**fields)
    values = case_values([observed(asked, record(asked, given))])

    found = [
        values[name].get("c")
        for name in ("truthfulness", "over_abstention", "abstain_recall", "wrong_answers")
    ]
    assert found == expected


def test_no_answer_to_an_answerable_question_has_nothing_in_common_with_its_reference() -> None:
    refused, failed = case(id="r", reference="Run it."), case(id="e", reference="Run it.")
    items = [observed(refused, record(refused, refusal())), observed(failed, record(failed))]

    assert answer.values(items)["token_f1"] == {"r": 0.0, "e": 0.0}


def test_best_of_several_references_counts_and_the_words_of_the_server_do_not() -> None:
    asked = case(reference=["Something else", "Run kb rollback."])
    given = reply(text="The documentation says so in Korean:\n\nRun `kb rollback`. [1]")

    assert answer.values([observed(asked, record(asked, given))])["exact_match"] == {"c": 1.0}


def test_facts_count_in_any_of_their_wordings() -> None:
    nuggets = [
        {"text": "되돌리기", "match": ["rollback", "되돌리"]},
        "vital too",
        {"text": "kb", "weight": "okay"},
    ]
    asked = case(expect={"nuggets": nuggets})
    values = answer.values([observed(asked, record(asked, reply()))])

    assert values["nuggets_vital"] == {"c": 0.5}
    assert values["nuggets_all"] == {"c": pytest.approx(1.5 / 2.5)}


def test_language_is_that_of_the_quoted_sentences() -> None:
    korean = case(question="되돌리려면 어떻게 하나요?")
    crossing = case(id="x", question="되돌리려면 어떻게 하나요?", expect={"lang": "en"})
    given = reply(text="영어 문서에 답이 있습니다. Run `kb rollback`. [1]")
    items = [observed(asked, record(asked, given)) for asked in (korean, crossing)]

    assert answer.values(items)["language_match"] == {"c": 0.0, "x": 1.0}


def test_a_refusal_is_in_the_language_of_the_question_whatever_pages_it_names() -> None:
    crossing = case(id="x", question="되돌리려면 어떻게 하나요?", expect={"lang": "en"})
    english = case(id="e")
    titles = [{"path": "ko/a.md", "title": "버전 되돌리기와 백업"}, {"path": "ko/b.md", "title": "운영"}]
    naming = refusal(text="Not found. The nearest pages are: 버전 되돌리기와 백업, 운영.", nearest=titles)
    items = [
        observed(crossing, record(crossing, refusal(text="문서에는 답이 없습니다.", language="ko"))),
        observed(english, record(english, naming)),
    ]

    assert answer.values(items)["language_match"] == {"x": 1.0, "e": 1.0}


# Confidence


answers = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])), min_size=1, max_size=30
)
POOLED = [
    selective.auroc,
    selective.aurc,
    selective.e_aurc,
    selective.augrc,
    selective.calibration_error,
    selective.brier,
]


def arrays(pairs: list[tuple[bool, float]]) -> tuple[Any, Any]:
    return np.array([float(right) for right, _ in pairs]), np.array([sure for _, sure in pairs])


@given(answers, st.randoms(use_true_random=False))
def test_confidence_is_worth_the_same_in_any_order(
    pairs: list[tuple[bool, float]], shuffle: random.Random
) -> None:
    other = pairs[:]
    shuffle.shuffle(other)
    ones = np.ones((1, len(pairs)))

    for measure in POOLED:
        first, second = measure(*arrays(pairs), ones), measure(*arrays(other), ones)
        np.testing.assert_allclose(first, second, atol=1e-12)
        assert math.isnan(first[0]) or -1e-12 <= first[0] <= 1 + 1e-12


@given(answers, st.integers(0, 2**32))
def test_weights_count_like_copies(pairs: list[tuple[bool, float]], seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, len(pairs))
    copies = [pair for pair, count in zip(pairs, counts, strict=True) for _ in range(count)]
    if not copies:
        return
    for measure in POOLED:
        weighted = measure(*arrays(pairs), counts[None, :].astype(float))
        np.testing.assert_allclose(weighted, measure(*arrays(copies), np.ones((1, len(copies)))), atol=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 2**32))
def test_pooled_measures_agree_with_the_ones_of_single_samples(rights: list[bool], seed: int) -> None:
    right = np.array(rights, dtype=float)
    sure = np.random.default_rng(seed).permutation(len(rights)) / len(rights)
    ones = np.ones((1, len(rights)))

    np.testing.assert_allclose(selective.auroc(right, sure, ones)[0], one_by_one.auroc(right, sure))
    np.testing.assert_allclose(selective.aurc(right, sure, ones)[0], one_by_one.aurc(right, sure))
    np.testing.assert_allclose(selective.brier(right, sure, ones)[0], one_by_one.brier(right, sure))
    covered = selective.coverage_at(0.2, right, sure, ones)[0]
    assert covered == pytest.approx(one_by_one.coverage_at(right, sure, 0.2))


def test_best_order_leaves_nothing_to_gain() -> None:
    right, sure = np.array([1.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.1])
    ones = np.ones((1, 3))

    assert selective.e_aurc(right, sure, ones)[0] == 0.0
    assert selective.aurc(right, sure, ones)[0] == pytest.approx((0 + 0 + 1 / 3) / 3)
    assert selective.augrc(right, sure, ones)[0] == pytest.approx((0 + 0 + 1) / 9)
    assert selective.coverage_at(0.1, right, sure, ones)[0] == pytest.approx(2 / 3)


# Labels


def test_macro_f1_by_hand() -> None:
    pairs = [("billing", "billing"), ("billing", "bug"), ("bug", "bug"), ("긴급", "bug")]

    # billing: P 1, R 1/2; bug: P 1/3, R 1; 긴급: nothing.
    assert macro_f1(pairs) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert label_scores(pairs)["bug"].precision == pytest.approx(1 / 3)
    assert math.isnan(macro_f1([]))


# The whole


def suite_of(count: int, seed: int) -> list[Observation]:
    """Make cases of all kinds with answers that fit more or less."""
    draw = random.Random(seed)
    items = []
    for number in range(count):
        kind = draw.choice(
            [ANSWERABLE, UNANSWERABLE, {"relevant": ["en/operations.md"]}, {"reference": "Run it."}]
        )
        asked = case(id=f"c{number}", tags=draw.sample(["x", "y"], draw.randint(0, 2)), **kind)
        if draw.random() < 0.3:
            asked = asked.model_copy(update={"conversation": f"t{draw.randint(0, 2)}"})
        items.append(observed(asked, *(_made(asked, draw, repeat) for repeat in range(2))))
    return items


def _made(asked: Case, draw: random.Random, repeat: int) -> Any:
    given = draw.choice([None, reply(confidence=round(draw.random(), 2)), refusal(), reply(text="틀린 답.")])
    passages = [passage(draw.choice(["en/operations.md", "x.md"])) for _ in range(3)] if given else None
    claims = [support(draw.random() < 0.7, ["1"], alone={"1": True})] if given and given.answers else None
    return record(asked, given, repeat=repeat, passages=passages, support=claims)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_cases_changes_no_measure(seed: int) -> None:
    items = suite_of(20, seed)
    other = items[:]
    random.Random(seed).shuffle(other)

    first, second = (summary(each, case_values(each), seed=1) for each in (items, other))
    assert dumps(first["metrics"]) == dumps(second["metrics"])
    assert first["confusion"] == second["confusion"]
    for metric in first["metrics"].values():
        for estimate in metric["slices"].values():
            if estimate["value"] is not None:
                assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_every_case_is_in_the_denominator_of_the_pass_rate() -> None:
    items = suite_of(30, 7)
    values = case_values(items)
    found = summary(items, values, seed=0)

    assert set(values) == {metric.name for metric in PER_CASE}
    assert set(found["metrics"]) == set(METRICS)
    assert found["metrics"]["pass_rate"]["slices"]["all"]["n"] == 30
    assert sum(found["verdicts"].values()) == 30
    assert sum(sum(row.values()) for row in found["confusion"].values()) == 60 == found["records"]
    assert {line["id"] for line in scores(items, values)} == {item.case.id for item in items}


def test_empty_run_has_no_value_and_no_division_by_zero() -> None:
    found = summary([], case_values([]), seed=0)

    assert {metric["slices"]["all"]["value"] for metric in found["metrics"].values()} == {None}


def test_weights_count_in_the_pass_rate() -> None:
    heavy, light = case(id="h", weight=3), case(id="l", expect={"contains": "nothing"})
    items = [observed(asked, record(asked, reply())) for asked in (heavy, light)]

    found = summary(items, case_values(items), seed=0)["metrics"]["pass_rate"]["slices"]["all"]
    assert found["value"] == 0.75


def test_repeats_that_differ_are_flaky() -> None:
    asked = case(**ANSWERABLE)
    item = observed(asked, record(asked, reply()), record(asked, refusal(), repeat=1))

    assert item.verdict == "flaky"
    assert case_values([item])["flaky_rate"] == {"c": 1.0}
    assert case_values([item])["pass_rate"] == {"c": 0.5}


def test_interval_of_a_share_is_wilsons_and_wider_for_conversations() -> None:
    alone = [observed(asked, record(asked, reply())) for asked in (case(id=f"{n}") for n in range(100))]
    together = [
        observed(asked, record(asked, reply() if n % 20 else refusal()))
        for n, asked in enumerate(case(id=f"{n}", conversation=f"{n // 20}") for n in range(100))
    ]

    (estimate,) = Draws(alone, 0).estimates([METRICS["pass_rate"]], case_values(alone)).values()
    assert (estimate.value, estimate.low) == (1.0, wilson(100, 100)[0])
    values = {"pass_rate": {item.case.id: float(n < 20) for n, item in enumerate(together)}}
    (clustered,) = Draws(together, 0).estimates([METRICS["pass_rate"]], values).values()
    assert clustered.low == 0.0
    assert clustered.high is not None
    assert clustered.high > wilson(20, 100)[1]


def test_tokens_money_and_retries_are_added_up() -> None:
    asked = case()
    used = reply(usage=Usage(model="m", input_tokens=100, output_tokens=10, cost_usd=0.5))
    again = Timing(seconds=2.0, attempts=2, retries=[Retry(reason="503", waited_seconds=1.0)])
    kept = Timing(seconds=1.0, from_cache=True)
    records = [record(asked, used, timing=again), record(asked, used, repeat=1, timing=kept)]

    assert usage(records) == {
        "answers": 2, "models": ["m"], "input_tokens": 200, "output_tokens": 20, "cost_usd": 1.0,
    }  # fmt: skip
    found = operations(records)
    assert (found["retries"], found["waited_seconds"], found["from_cache"]) == ({"503": 1}, 1.0, 1)
    assert found["latency_seconds"]["mean"] == 1.5


def test_confidence_tells_answerable_questions_from_others() -> None:
    items = [
        observed(asked, record(asked, given))
        for asked, given in (
            (case(id="a", **ANSWERABLE), reply(confidence=0.8)),
            (case(id="b", **ANSWERABLE), refusal(confidence=0.3)),
            (case(id="c", **UNANSWERABLE), refusal(confidence=0.4)),
            (case(id="d", **UNANSWERABLE), refusal(confidence=0.1)),
        )
    ]

    pooled = abstention.PooledMeasures(items, Draws(items, 0)).estimates({"a", "b", "c", "d"})
    assert (pooled["auroc_answerable"].value, pooled["auroc_answerable"].n) == (0.75, 4)
    assert (pooled["auroc"].value, pooled["aurc"].value) == (None, 0.0)


def test_citation_of_another_page_is_told() -> None:
    asked = case(expect={"cite": {"all": ["en/operations.md#roll-back"], "none": ["old.md"]}})
    good = record(asked, reply())
    bad = record(asked, reply(citations=[citation("old.md")]))

    assert good.passed
    assert bad.verdict is not None
    assert [check.detail for check in bad.verdict.checks] == [
        "not cited: en/operations.md#roll-back; cited: old.md#roll-back",
        "cited, and must not be: old.md",
    ]
