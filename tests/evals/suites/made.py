"""Suites and records made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evals.cases.schema import Case
from evals.metrics.model import Observation
from evals.metrics.verdict import verdict
from evals.records.model import Failure, Record, Reply, SentenceSupport


def case(**fields: Any) -> Case:
    return Case.model_validate({"id": "c", "question": "How do I roll back?"} | fields)


def citation(path: str = "en/operations.md", **fields: Any) -> dict[str, Any]:
    base = {"id": "cit_1", "doc_id": "d_1", "path": path, "title": "Operations", "revision": "r"}
    base |= {"heading_path": ["Roll back"], "anchor": "roll-back", "quote": "Run `kb rollback`."}
    return base | {"char_start": 0, "char_end": 18} | fields


def passage(path: str, **fields: Any) -> dict[str, Any]:
    base = {
        "doc_id": f"d_{path}",
        "path": path,
        "title": "T",
        "heading_path": [],
        "anchor": "",
        "text": "words",
    }
    return base | {"revision": "r", "char_start": 0, "char_end": 5} | fields


def reply(**fields: Any) -> Reply:
    base: dict[str, Any] = {"status": "answered", "language": "en", "text": "Run `kb rollback`. [1]"}
    base |= {"sentences": [{"text": "Run `kb rollback`.", "citations": ["cit_1"], "support": "verbatim"}]}
    return Reply.model_validate(base | {"citations": [citation()], "confidence": 0.9} | fields)


def refusal(**fields: Any) -> Reply:
    base = {"status": "abstained", "reason": "not_in_docs", "language": "en", "text": "No answer."}
    return Reply.model_validate(base | {"confidence": 0.1} | fields)


def record(asked: Case, answer: Reply | None = None, *, repeat: int = 0, **fields: Any) -> Record:
    made = Record(
        case_id=asked.id, repeat=repeat, asked_hash=asked.asked_hash, asked=asked.asked, reply=answer
    )
    made = made.model_copy(update=fields)
    if answer is None and made.error is None:
        made.error = Failure(kind="http", status=503, message="overloaded")
    made.verdict = verdict(asked, made)
    return made


def observed(asked: Case, *records: Record) -> Observation:
    return Observation(asked, records)


def support(holds: bool, citations: list[str], **fields: Any) -> SentenceSupport:
    state = "supported" if holds else "unsupported"
    return SentenceSupport(text="A sentence.", citations=citations, support=state, **fields)


def write_suite(folder: Path, cases: list[dict[str, Any]], /, **config: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in cases)
    (folder / "cases.jsonl").write_text(lines, encoding="utf-8")
    if config:
        text = "\n".join(f"{key} = {json.dumps(value)}" for key, value in config.items())
        (folder / "suite.toml").write_text(text, encoding="utf-8")
    return folder
