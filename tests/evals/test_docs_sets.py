import json

import pytest

from evals.docs_sets import data_folder, load_questions
from evals.server import EvalError
from evals.views import views


def test_missing_data_is_an_error_that_names_the_setting(tmp_path, monkeypatch):
    monkeypatch.delenv("KB_EVAL_DATA", raising=False)

    with pytest.raises(EvalError, match="KB_EVAL_DATA"):
        data_folder(None)
    with pytest.raises(EvalError, match="KB_EVAL_DATA"):
        data_folder(tmp_path)


def _record(query_id, lang, *, answerable=True, tags=()):
    relevant = [{"path": "\u1100\u1161.md"}] if answerable else []  # decomposed, as macOS writes names
    return {
        "id": query_id,
        "question": "질문?",
        "lang": lang,
        "answerable": answerable,
        "relevant": relevant,
        "tags": list(tags),
    }


def test_questions_are_read_with_composed_paths_and_grouped(tmp_path):
    records = [
        _record("1", "en"),
        _record("2", "ko"),
        _record("3", "ko", tags=["cross_lingual"]),
        _record("4", "en", answerable=False),
    ]
    lines = "\n".join(json.dumps(record) for record in records)
    (tmp_path / "questions.jsonl").write_text(lines, encoding="utf-8")

    questions = load_questions(tmp_path)
    groups = {view.name: [q.query_id for q in view.questions] for view in views(questions)}

    assert questions[0].relevant[0].path == "가.md"
    assert groups == {"en": ["1"], "ko": ["2"], "ko-en": ["3"]}
