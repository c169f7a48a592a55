"""What elliptic questions are answered with after the question that they lean on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.asking import Asker
from evals.conversations import History, Pair
from evals.docs_sets import Question
from evals.measures import shows_section
from evals.runs import Row

COLUMNS = ("right", "page", "wrong", "refused", "follows_up")
_GIVEN = ("answered", "partial")


def measure_answers(
    name: str, lang: str, pairs: Sequence[Pair], histories: Mapping[str, History], asker: Asker
) -> Row:
    """Ask the second question of each pair after the first one; ``histories`` are by its id."""
    bodies = {
        pair.whole.query_id: {
            "question": pair.elliptic,
            "history": histories[pair.whole.query_id],
            "suggest": False,
        }
        for pair in pairs
    }
    answers = asker.answers(bodies)
    values: dict[str, dict[str, float]] = {column: {} for column in COLUMNS}
    for pair in pairs:
        query_id = pair.whole.query_id
        answer = answers[query_id]
        got = outcome(pair.whole, answer)
        for column in COLUMNS[:-1]:
            values[column][query_id] = float(column == got)
        values["follows_up"][query_id] = float((answer["understood"] or {"follows_up": False})["follows_up"])
    return Row(name, lang, "answers", values)


def outcome(question: Question, answer: Mapping[str, Any]) -> str:
    """Tell whether a labelled section is cited, only its page, neither, or nothing is answered."""
    if answer["status"] not in _GIVEN:
        return "refused"
    cited = [{**citation, "text": citation["quote"]} for citation in answer["citations"]]
    if any(shows_section(question, passage) for passage in cited):
        return "right"
    pages = {item.path for item in question.relevant}
    return "wrong" if pages.isdisjoint(passage["path"] for passage in cited) else "page"
