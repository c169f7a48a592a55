"""Where a case that did not pass went wrong: before the answer, in it, or by giving one at all."""

from __future__ import annotations

from evals.cases.matching import found_at
from evals.cases.schema import Case
from evals.metrics.model import Observation
from evals.records.model import Record

NOT_RETRIEVED = "not retrieved"
NOT_USED = "retrieved, not used"
USED_WRONGLY = "used wrongly"
SHOULD_HAVE_ABSTAINED = "should have abstained"
ERROR = "no answer: error"
OTHER = "other"
KINDS = (NOT_RETRIEVED, NOT_USED, USED_WRONGLY, SHOULD_HAVE_ABSTAINED, ERROR, OTHER)


def attribution(item: Observation) -> str:
    """Name the first step that went wrong in the first repeat that did not pass; empty where all passed."""
    record = next((each for each in item.records if not each.passed), None)
    return "" if record is None else _of_record(item.case, record)


def _of_record(case: Case, record: Record) -> str:
    if record.reply is None:
        return ERROR
    if case.answerability == "unanswerable":
        return SHOULD_HAVE_ABSTAINED if record.reply.answers else OTHER
    right = [place for place in case.places if place.grade > 0]
    if not right:
        return OTHER
    if any(found_at(place, record.reply.citations) for place in right):
        return USED_WRONGLY
    if record.passages is None:
        return OTHER
    return NOT_USED if any(found_at(place, record.passages) for place in right) else NOT_RETRIEVED
