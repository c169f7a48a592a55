"""The manual says what is true of the API: routes, fields, examples, limits, error codes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from evals.docs_sets import load_questions
from ingest.parsing.sources import MAX_BYTES
from ingest.report import IngestReport
from kb_server import errors, requests
from kb_server.answering.schemas import Answer, AnswerCitation, Openers, QueryRequest
from kb_server.app import create_app
from kb_server.cli import run
from kb_server.dialogue.schemas import MAX_TURN_CITATIONS, MAX_TURNS, Understood
from kb_server.documents.schemas import MAX_PAGE_SIZE, DocumentInfo, DocumentPage, RevisionText
from kb_server.feedback.schemas import FeedbackEntry, FeedbackRequest
from kb_server.grounding.support import Check, Support
from kb_server.health.router import Health, Ready
from kb_server.http_protocol import MAX_HEAD_BYTES
from kb_server.middleware.body import BODIES_OF_ONE_ADDRESS
from kb_server.problems import Problem
from kb_server.search.schemas import Passage, SearchRequest, SearchResponse
from kb_server.settings import Settings
from kb_server.verification.schemas import CitationStatus, GivenCitation, VerifyRequest, VerifyResponse

from .manual import LANGS, Page, read_manual

PAGES = read_manual()
MODELS: tuple[type[BaseModel], ...] = (
    QueryRequest,
    Answer,
    SearchRequest,
    SearchResponse,
    DocumentPage,
    DocumentInfo,
    RevisionText,
    VerifyResponse,
    Problem,
    Ready,
    Health,
    Understood,
    Openers,
    FeedbackEntry,
)
BODIES = {
    "query": QueryRequest,
    "search": SearchRequest,
    "verify": VerifyRequest,
    "feedback": FeedbackRequest,
}
REPORT = IngestReport("v-1", 1, 1, 1, 1, 0, 0, 0, 0, 0.1, published=True)

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
each_lang = pytest.mark.parametrize("lang", LANGS)


def kb_errors(kind: type[errors.KbError] = errors.KbError) -> Iterator[type[errors.KbError]]:
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from kb_errors(sub)


ERRORS = {error.code: error for error in kb_errors()}


# Routes, fields, examples and limits


def openapi(tmp_path: Path) -> dict[str, Any]:
    return create_app(Settings(data_dir=tmp_path)).openapi()


def test_every_route_is_described_and_no_other_is_mentioned(tmp_path: Path) -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, methods in openapi(tmp_path)["paths"].items()
        for method in methods
    }
    templates = {route.partition(" ")[2] for route in routes} | {"/openapi.json", "/v1"}
    shapes = [re.compile(re.sub(r"\{\w+\}", r"[\\w{}]+", path)) for path in templates]

    for lang in LANGS:
        text = "\n".join(page.source for page in PAGES.values() if page.lang == lang)
        assert {route for route in routes if f"{route}`" not in text} == set()
        mentioned = re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) /[\w/{}.]*", text, re.ASCII)
        assert {mention for mention in mentioned if mention not in routes} == set()
        for path in re.findall(r"(?<![\w.])/(?:v1|healthz|readyz|openapi)[\w/{}.]*", text, re.ASCII):
            assert any(shape.fullmatch(path.rstrip(".")) for shape in shapes), path


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("query-api.md", [QueryRequest, Answer]),
        ("search-api.md", [SearchRequest, SearchResponse, Passage]),
        ("citations.md", [AnswerCitation]),
        ("feedback.md", [FeedbackRequest]),
        ("verify-api.md", [VerifyRequest, GivenCitation, VerifyResponse]),
    ],
)
@each_lang
def test_tables_of_fields_name_the_fields_of_the_schemas(
    lang: str, name: str, models: list[type[BaseModel]]
) -> None:
    tables = [table for table in PAGES[f"{lang}/{name}"].tables if table[0][0] in {"Field", "필드"}]

    assert len(tables) == len(models)
    for table, model in zip(tables, models, strict=True):
        rows = [(re.findall(r"`(\w+)`", row[0]), row) for row in table[1:]]
        assert {field for fields, _ in rows for field in fields} == model.model_fields.keys()
        if issubclass(model, requests.RequestBody):
            for fields, row in rows:
                field = model.model_fields[fields[0]]
                default = field.get_default(call_default_factory=True)
                said = row[2].strip("`")
                assert said in {"required", "필수"} if field.is_required() else _json(default) == said


def _json(value: object) -> str:
    return json.dumps(value).strip('"') or '""'


@each_lang
def test_tables_of_verification_name_every_value(lang: str) -> None:
    tables = [t for t in PAGES[f"{lang}/verify-api.md"].tables if t[0][0] not in {"Field", "필드"}]
    said = [[row[0].strip("`") for row in table[1:]] for table in tables]

    assert said == [
        list(Support),
        sorted(Check, key=said[1].index),
        list(CitationStatus),
    ]


def fits(model: type[BaseModel], example: dict[str, Any]) -> bool:
    try:
        return model.model_validate(example).model_dump(mode="json", exclude_unset=True) == example
    except ValidationError:
        return False


@each_page
def test_json_examples_are_what_the_product_takes_and_gives(page: Page, tmp_path: Path) -> None:
    for example in page.examples:
        if "published" in example:
            assert list(example) == list(json.loads(REPORT.to_json()))
        elif "answerable" in example:
            (tmp_path / "questions.jsonl").write_text(json.dumps(example), encoding="utf-8")
            assert load_questions(tmp_path)[0].facts == tuple(example["answer_contains"])
        elif "error" not in example:
            assert [model.__name__ for model in MODELS if fits(model, example)], example


@each_lang
def test_the_example_of_a_command_line_error_has_the_real_fields(
    lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = PAGES[f"{lang}/commands.md"].examples

    assert run(["check", "--data-dir", str(tmp_path), "--json"]) == errors.EXIT_INFRASTRUCTURE
    real = json.loads(capsys.readouterr().out)
    assert real["error"].keys() == example["error"].keys()
    assert real["error"]["code"] == example["error"]["code"]


@each_page
def test_bodies_of_curl_examples_are_accepted(page: Page) -> None:
    for info, body in page.code_blocks:
        if info == "sh":
            for route, data in re.findall(
                r"/v1/(query|search|verify|feedback)\b.*?-d '([^']*)'", body, re.DOTALL
            ):
                assert BODIES[route].model_validate_json(data).model_fields_set


@each_lang
def test_the_citations_of_the_example_hold_in_the_example_text(lang: str) -> None:
    answer = next(e for e in PAGES[f"{lang}/query-api.md"].examples if e.get("status") == "answered")
    revision = next(e for e in PAGES[f"{lang}/documents-api.md"].examples if "text" in e)

    assert hashlib.sha256(revision["text"].encode()).hexdigest() == revision["revision"]
    for citation in answer["citations"]:
        assert citation["revision"] == revision["revision"]
        assert revision["text"][citation["char_start"] : citation["char_end"]] == citation["quote"]


@each_lang
def test_limits_are_true(lang: str) -> None:
    limits = PAGES[f"{lang}/security.md"].tables[0]
    said = [[int(number) for number in re.findall(r"\d+", row[1])] for row in limits[1:]]
    defaults = {name: field.default for name, field in Settings.model_fields.items()}

    assert said == [
        [requests.MAX_QUESTION_CHARS],
        [requests.MAX_TOP_K],
        [requests.MAX_FILTERS, requests.MAX_FILTER_VALUES, requests.MAX_FILTER_CHARS],
        [MAX_TURNS, requests.MAX_TURN_CHARS, MAX_TURN_CITATIONS],
        [defaults["max_body_bytes"] // 1024],
        [BODIES_OF_ONE_ADDRESS],
        [defaults["max_connections_per_address"]],
        [defaults["body_timeout_seconds"]],
        [MAX_HEAD_BYTES // 1024],
        [defaults["request_timeout_seconds"]],
        [defaults["max_concurrency"]],
        [defaults["max_streams"]],
        [defaults["stream_timeout_seconds"]],
    ]
    assert defaults["max_file_bytes"] == MAX_BYTES
    assert f" {MAX_PAGE_SIZE}" in PAGES[f"{lang}/documents-api.md"].source


# Errors


@each_lang
def test_every_error_code_is_described_with_its_true_status_and_exit_code(lang: str, tmp_path: Path) -> None:
    columns = {"HTTP": "status", "Exit": "exit_code", "종료 코드": "exit_code"}
    over_http = set(re.findall(r"`(\w+)`", json.dumps(openapi(tmp_path)["paths"]))) & ERRORS.keys()
    described: list[str] = []

    for head, *rows in PAGES[f"{lang}/errors.md"].tables:
        for row in rows:
            code = row[0].strip("`")
            values = dict(zip(head, row, strict=True))
            said = {
                columns[name]: value for name, value in values.items() if name in columns and value != "–"
            }
            described.append(code)
            assert said, code
            assert said == {name: str(getattr(ERRORS[code], name)) for name in said}, code
            assert "status" in said or code not in over_http, code
    assert sorted(described) == sorted(ERRORS)


@each_page
def test_error_codes_stand_beside_their_true_status(page: Page) -> None:
    for status, code in re.findall(r"\b([45]\d\d) `(\w+)`", page.source):
        assert int(status) == ERRORS[code].status
