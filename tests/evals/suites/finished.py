"""Folders of finished runs, made of answers by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.cases.schema import Case
from evals.cases.suite import Suite, load_suite
from evals.metrics.model import observations
from evals.metrics.operations import operations
from evals.metrics.summary import case_values, scores, summary
from evals.records.folder import write_json, write_lines
from evals.records.model import Record, dumps

from .made import record, refusal, reply, write_suite

Answers = Callable[[Case, int], Record]
TARGET = {"kind": "in-process", "build": "b", "index_version": "v-1", "corpus_hash": "c", "encoder": "e"}


def suite_of(folder: Path, count: int = 24, /, **config: Any) -> Suite:
    """Write a suite: half English, half Korean, the last case of each language unanswerable and critical."""
    if not folder.exists():
        write_suite(folder, [_case(number, count) for number in range(count)], **config)
    return load_suite(folder)


def _case(number: int, count: int) -> dict[str, Any]:
    korean = number % 2 == 1
    lang = "ko" if korean else "en"
    made: dict[str, Any] = {"id": f"{lang}-{number:02}"}
    made["question"] = f"{number}번 백업은 언제 실행되나요?" if korean else f"When does backup {number} run?"
    if number >= count - 2:
        return made | {"expect": {"status": "abstained"}, "critical": True, "tags": ["none"]}
    expect = {"contains": "kb rollback", "not_contains": "call us", "lang": lang}
    return made | {"expect": expect | {"cite": {"any": ["en/operations.md"]}}}


def good(case: Case, repeat: int, /, **fields: Any) -> Record:
    """Answer as the case wants it."""
    if case.answerability == "unanswerable":
        return silent(case, repeat)
    text = "`kb rollback`을 실행하세요. [1]" if case.language == "ko" else "Run `kb rollback`. [1]"
    sentence = {"text": text.removesuffix(" [1]"), "citations": ["cit_1"], "support": "verbatim"}
    answer = reply(text=text, language=case.language, sentences=[sentence])
    return record(case, answer, repeat=repeat, **{"integrity": {"cit_1": "holds"}} | fields)


def but(changed: Mapping[str, Answers], /) -> Answers:
    """Answer well but for some cases."""
    return lambda case, repeat: changed.get(case.id, good)(case, repeat)


def silent(case: Case, repeat: int) -> Record:
    """Refuse whatever is asked, in its language."""
    text = "답이 없습니다." if case.language == "ko" else "No answer."
    return record(case, refusal(text=text, language=case.language), repeat=repeat)


def failed(case: Case, repeat: int) -> Record:
    """End in an error."""
    return record(case, None, repeat=repeat)


def run_of(
    suite: Suite,
    folder: Path,
    answers: Answers = good,
    *,
    repeat: int = 1,
    cases: Sequence[Case] | None = None,
) -> Path:
    """Write the files of a finished run."""
    folder.mkdir(parents=True)
    chosen = list(suite.cases if cases is None else cases)
    records = [answers(case, number) for case in chosen for number in range(repeat)]
    observed = observations(chosen, records, {})
    values = case_values(observed)
    written = summary(observed, values, seed=0)
    written["suite"] = {"name": suite.name, "hash": suite.hash}
    written["suite"] |= {"selected": len(chosen), "cases": len(suite.cases)}
    about = {"schema": 1, "complete": True, "repeat": repeat, "seed": 0, "query": {}, "target": TARGET}
    write_lines(folder / "cases.jsonl", [case.as_json() for case in chosen])
    write_lines(folder / "records.jsonl", [each.as_json() for each in records])
    write_lines(folder / "scores.jsonl", [dumps(line) for line in scores(observed, values)])
    write_json(folder / "summary.json", written)
    write_json(folder / "operations.json", operations(records))
    write_json(folder / "run.json", about | {"suite_folder": str(suite.folder)})
    return folder


def edit(file: Path, change: Callable[[Any], object]) -> None:
    """Change a file of JSON in place."""
    content = json.loads(file.read_text("utf-8"))
    change(content)
    file.write_text(json.dumps(content), "utf-8")
