"""A stored answer as a case.

What a user liked, or said nothing of, is expected again: its status and the places that it cites. Of a bad
answer only the language is known; what the user would have said becomes the reference, and a person has to
say what is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.capturing.masking import masked
from evals.cases.schema import Case
from evals.product import StoredAnswer

REVIEW = "needs-review"
_MAX_PLACES = 10


def case_of(stored: StoredAnswer, words: Sequence[str] = ()) -> Case:
    """Make a case of a stored answer; ``words`` are masked beside what has the shape of personal data."""
    hide = [*words, *([stored.customer_id] if stored.customer_id else [])]
    answer = stored.answer
    turns = [
        {"role": role, "content": masked(text, hide)}
        for question, text in stored.before
        for role, text in (("user", question), ("assistant", text))
        if text.strip()
    ]
    question = masked(stored.question, hide)
    fields: dict[str, Any] = {
        "id": f"captured-{stored.answer_id}",
        "expect": _expected(stored),
        "tags": _tags(stored),
        "source": _source(stored, hide),
        "conversation": answer.get("conversation_id") or "",
    }
    if turns:
        fields["turns"] = [*turns, {"role": "user", "content": question}]
    else:
        fields["question"] = question
    if stored.corrected_text.strip():
        fields["reference"] = [masked(stored.corrected_text, hide)]
    return Case.model_validate(fields)


def _expected(stored: StoredAnswer) -> dict[str, Any]:
    answer = stored.answer
    expected: dict[str, Any] = {"lang": answer["language"]} if answer["language"] in {"en", "ko"} else {}
    if stored.rating == "down":
        return expected
    expected["status"] = [answer["status"]]
    if answer["status"] in {"answered", "partial"} and answer["citations"]:
        expected["cite"] = {"any": _places(answer["citations"])}
    return expected


def _places(citations: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    places: list[dict[str, str]] = []
    for citation in citations[:_MAX_PLACES]:
        heading = citation["heading_path"][-1] if citation.get("heading_path") else ""
        place = {"path": citation["path"]} | ({"heading": heading} if heading else {})
        if place not in places:
            places.append(place)
    return places


def _tags(stored: StoredAnswer) -> list[str]:
    tags = ["captured", *([f"thumb:{stored.rating}"] if stored.rating else [])]
    return [*tags, REVIEW] if stored.rating == "down" else tags


def _source(stored: StoredAnswer, hide: Sequence[str]) -> dict[str, str]:
    """Keep the trace: which answer, of which index, from which texts."""
    answer = stored.answer
    passages = " ".join(
        dict.fromkeys(
            f"{citation['path']}#{citation.get('anchor') or ''}@{citation['revision'][:12]}"
            for citation in answer["citations"]
        )
    )
    trace = {
        "kind": "captured",
        "answer_id": stored.answer_id,
        "conversation_id": answer.get("conversation_id") or "",
        "index_version": answer["generation"],
        "status": f"{answer['status']} {answer.get('reason') or ''}".strip(),
        "confidence": f"{answer['confidence']:.4f}",
        "passages": passages,
        "created_at": stored.created_at,
        "feedback_reason": masked(stored.reason, hide),
        "feedback_comment": masked(stored.comment, hide),
    }
    return {key: value for key, value in trace.items() if value}
