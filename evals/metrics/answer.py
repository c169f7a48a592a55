"""What the text of an answer is worth: against references, facts and the expectations of its case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evals.cases.matching import same_path
from evals.cases.schema import Case
from evals.metrics.model import Metric, Observation, Values, averaged
from evals.metrics.similarity import chrf, content_recall, exact_match, rouge_l, token_f1
from evals.metrics.verdict import answer_text, nugget_found, spoken_language, wanted_language
from evals.records.model import Record, Reply
from evals.text import plain

_CONTENT = {
    "contains",
    "contains_any",
    "not_contains",
    "regex",
    "nuggets",
    "cite.all",
    "cite.any",
    "cite.none",
}
_OKAY_WEIGHT = 0.5

_SIMILARITIES: dict[str, Callable[[str, str], float]] = {
    "exact_match": exact_match,
    "token_f1": token_f1,
    "content_recall": content_recall,
    "rouge_l": rouge_l,
    "chrf": lambda text, reference: chrf(plain(text), plain(reference)),
}
METRICS = (
    Metric("exact_match", "answer", "higher", "The answer is a reference, word for word.", share=True),
    Metric("token_f1", "answer", "higher", "F1 of the words shared with the best reference."),
    Metric("content_recall", "answer", "higher", "Share of a reference's content words in the answer."),
    Metric("rouge_l", "answer", "higher", "F1 of the longest common subsequence with a reference."),
    Metric("chrf", "answer", "higher", "F-score of character n-grams shared with a reference."),
    Metric("nuggets_vital", "answer", "higher", "Share of the vital facts that stand in the answer."),
    Metric("nuggets_all", "answer", "higher", "Share of all facts, a welcome one counting half."),
    Metric("truthfulness", "answer", "higher", "Right +1, no answer 0, wrong -1 (CRAG)."),
    Metric(
        "language_match", "answer", "higher", "The answer is in the language of the question.", share=True
    ),
)


def values(observed: Sequence[Observation]) -> dict[str, Values]:
    """Give every measure of the text; no answer to an answerable question counts 0."""
    found = {
        name: averaged(observed, _similar(measure), applies=_has_reference, on_error=0.0)
        for name, measure in _SIMILARITIES.items()
    }
    found["nuggets_vital"] = averaged(
        observed,
        lambda case, record: _facts(case, record, welcome=0.0),
        applies=lambda case: any(nugget.weight == "vital" for nugget in case.expect.nuggets),
        on_error=0.0,
    )
    found["nuggets_all"] = averaged(
        observed,
        lambda case, record: _facts(case, record, welcome=_OKAY_WEIGHT),
        applies=lambda case: bool(case.expect.nuggets),
        on_error=0.0,
    )
    found["truthfulness"] = averaged(observed, _truthful, applies=_can_be_judged, on_error=0.0)
    found["language_match"] = averaged(observed, _language, on_error=0.0)
    return found


def _has_reference(case: Case) -> bool:
    return bool(case.reference) and case.answerability == "answerable"


def _similar(measure: Callable[[str, str], float]) -> Callable[[Case, Record], float | None]:
    def value(case: Case, record: Record) -> float | None:
        if record.reply is None or not record.reply.answers:
            return 0.0
        text = answer_text(record.reply)
        return max(measure(text, reference) for reference in case.reference)

    return value


def _facts(case: Case, record: Record, *, welcome: float) -> float | None:
    text = record.reply.text if record.reply else ""
    weights = {"vital": 1.0, "okay": welcome}
    total = found = 0.0
    for nugget in case.expect.nuggets:
        total += weights[nugget.weight]
        found += weights[nugget.weight] * nugget_found(nugget.aliases, text)
    return found / total if total else None


def _can_be_judged(case: Case) -> bool:
    if case.answerability in {"clarify", "handoff", "either"}:
        return False
    return case.answerability == "unanswerable" or _has_content(case) or bool(case.places)


def _has_content(case: Case) -> bool:
    expect = case.expect
    words = (expect.contains, expect.contains_any, expect.not_contains, expect.regex, expect.nuggets)
    return any(words) or any((expect.cite.all, expect.cite.any, expect.cite.none))


def rightness(case: Case, record: Record) -> bool | None:
    """Tell whether a given answer is right; None where none was given, or the case does not say what is.

    What the case expects of words and citations decides; a case that only names the pages that answer is
    answered rightly where one of them is cited. An answer to a question without one is wrong.
    """
    reply = record.reply
    if reply is None or not reply.answers or not _can_be_judged(case):
        return None
    if case.answerability == "unanswerable":
        return False
    if _has_content(case):
        checks = record.verdict.checks if record.verdict else []
        return all(check.passed for check in checks if check.name in _CONTENT)
    return cites_a_right_page(case, reply)


def cites_a_right_page(case: Case, reply: Reply) -> bool:
    """Tell whether the answer cites one of the pages that answer the question."""
    right = [place.path for place in case.places if place.grade > 0]
    return any(same_path(path, citation["path"]) for path in right for citation in reply.citations)


def _truthful(case: Case, record: Record) -> float | None:
    right = rightness(case, record)
    return 0.0 if right is None else (1.0 if right else -1.0)


def _language(case: Case, record: Record) -> float | None:
    if record.reply is None:
        return None
    return float(spoken_language(record.reply) in {wanted_language(case, record.reply), ""})
