"""The manual says what is true: commands, settings, routes, fields, error codes, links, translations."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel, ValidationError

from evals.docs_sets import load_questions
from ingest.parsing.sources import MAX_BYTES
from ingest.report import IngestReport
from kb_server import errors, requests
from kb_server.answering.confidence import shipped_confidence
from kb_server.answering.schemas import Answer, AnswerCitation, QueryRequest
from kb_server.app import create_app
from kb_server.cli import app, run
from kb_server.documents.schemas import MAX_PAGE_SIZE, DocumentInfo, DocumentPage, RevisionText
from kb_server.health.router import Health, Ready
from kb_server.http_protocol import MAX_HEAD_BYTES
from kb_server.problems import Problem
from kb_server.search.schemas import Passage, SearchRequest, SearchResponse
from kb_server.settings import Settings

from .manual import LANGS, Page, read_manual

PAGES = read_manual()
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group
MODELS: tuple[type[BaseModel], ...] = (
    QueryRequest,
    Answer,
    SearchRequest,
    SearchResponse,
    DocumentPage,
    DocumentInfo,
    RevisionText,
)
MODELS += (Problem, Ready, Health)
EVALS = Path(__file__).parents[1] / "evals"
NOT_SETTINGS = {"KB_EVAL_DATA"}
"""Variables that only the evaluation commands read."""
REPORT = IngestReport("v-1", 1, 1, 1, 1, 0, 0, 0, 0, 0.1, published=True)
AUDIENCES = {"frontend", "writer", "qa", "operator", "everyone"}

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
each_lang = pytest.mark.parametrize("lang", LANGS)


def options_of(command: str) -> set[str]:
    return {option for p in COMMANDS[command].params if p.param_type_name == "option" for option in p.opts}


def kb_errors(kind: type[errors.KbError] = errors.KbError) -> Iterator[type[errors.KbError]]:
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from kb_errors(sub)


ERRORS = {error.code: error for error in kb_errors()}


# Pages and translations


def test_the_manual_has_the_pages_that_the_readme_links() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\(corpus/([\w/.-]+\.md)\)", readme)

    assert linked
    assert set(linked) <= PAGES.keys()


@each_page
def test_a_page_is_read_without_warnings(page: Page) -> None:
    assert page.document.warnings == ()


@each_page
def test_a_page_says_what_it_is_in_its_front_matter(page: Page) -> None:
    metadata = page.document.metadata

    assert {"title", "description", "lang", "type", "audience"} <= metadata.keys()
    assert metadata["lang"] == page.lang
    assert metadata["type"] in {"doc", "faq"}
    assert metadata["audience"] in AUDIENCES
    assert page.headings[0][:2] == (1, metadata["title"])


@each_page
def test_a_page_exists_in_both_languages(page: Page) -> None:
    assert {f"{lang}/{page.name}" for lang in LANGS} <= PAGES.keys()
    expected = None if page.lang == "en" else f"en/{page.name}"
    assert page.document.metadata.get("translation_of") == expected


@pytest.mark.parametrize("name", sorted(page.name for page in PAGES.values() if page.lang == "en"))
def test_a_translation_has_the_same_shape(name: str) -> None:
    english, korean = PAGES[f"en/{name}"], PAGES[f"ko/{name}"]

    assert [level for level, *_ in korean.headings] == [level for level, *_ in english.headings]
    assert [lang for lang, _ in korean.code_blocks] == [lang for lang, _ in english.code_blocks]
    assert [len(table) for table in korean.tables] == [len(table) for table in english.tables]
    metadata = ("type", "audience")
    assert [korean.document.metadata[k] for k in metadata] == [english.document.metadata[k] for k in metadata]


@each_page
def test_links_lead_to_pages_and_headings_that_exist(page: Page) -> None:
    for link in page.links:
        name, _, anchor = link.partition("#")
        target = PAGES[f"{page.lang}/{name or page.name}"]
        assert not anchor or anchor in {found for *_, found in target.headings}, link


# Commands


@each_lang
def test_every_command_and_option_is_described(lang: str) -> None:
    page = PAGES[f"{lang}/commands.md"]

    assert [title for level, title, _ in page.headings if level > 1 and title.startswith("kb ")] == [
        f"kb {name}" for name in COMMANDS
    ]
    for name in COMMANDS:
        described = set(re.findall(r"`(--?[a-z][a-z-]*)", page.section(f"kb {name}")))
        assert described == options_of(name), name


@each_page
def test_command_lines_of_examples_can_be_parsed(page: Page) -> None:
    for program, *arguments in page.shell_commands():
        if program.endswith("kb") and arguments != ["--help"]:
            COMMANDS[arguments[0]].make_context(arguments[0], arguments[1:])
        if arguments[:1] == ["-m"]:
            source = (EVALS / f"{arguments[1].removeprefix('evals.')}.py").read_text(encoding="utf-8")
            assert all(f'"{word}"' in source for word in arguments if word.startswith("--"))


@each_page
def test_commands_and_options_named_in_the_text_exist(page: Page) -> None:
    known = {"--help"}.union(*map(options_of, COMMANDS))
    known |= set(re.findall(r'"(--[a-z-]+)"', "".join(f.read_text("utf-8") for f in EVALS.glob("*.py"))))

    for command in re.findall(r"`kb ([^`]+)`", page.source):
        name, *words = command.split()
        if [name, *words] != ["--help"]:
            assert {word for word in words if word.startswith("-")} <= options_of(name) | {"--help"}, command
    assert set(re.findall(r"(?<![\w|-])--[a-z][a-z-]*(?!\w)", page.source)) <= known


@each_lang
def test_exit_codes_are_true(lang: str) -> None:
    (table,) = [
        t for t in PAGES[f"{lang}/commands.md"].tables if len(t[0]) == len(("code", "meaning", "e.g."))
    ]
    described = {int(code) for row in table[1:] for code in row[0].split(",")}

    assert described == {
        *(errors.EXIT_OK, errors.EXIT_FINDINGS, errors.EXIT_BAD_INPUT, errors.EXIT_INFRASTRUCTURE),
        *(130, 143),
    }


# Settings


@each_lang
def test_every_setting_is_described_with_its_default(lang: str) -> None:
    page = PAGES[f"{lang}/settings.md"]
    described = {title for _, title, _ in page.headings if title.startswith("KB_")}

    assert described == {f"KB_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        word, none = ("Default", "unset") if lang == "en" else ("기본값", "없음")
        default = none if field.default is None else f"`{_spelled(field.default)}`"
        assert page.section(f"KB_{name.upper()}").strip().startswith(f"{word}: {default}"), name


def _spelled(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


@each_page
def test_no_page_mentions_a_setting_that_does_not_exist(page: Page) -> None:
    known = {f"KB_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS

    assert set(re.findall(r"\bKB_[A-Z][A-Z_]*", page.source)) <= known


@each_lang
def test_the_example_of_a_settings_file_can_be_loaded(lang: str) -> None:
    (body,) = [body for info, body in PAGES[f"{lang}/settings.md"].code_blocks if info == "toml"]

    assert Settings(**tomllib.loads(body)).port == tomllib.loads(body)["port"]


# Routes, fields and examples


def openapi(tmp_path: Path) -> dict[str, Any]:
    return create_app(Settings(data_dir=tmp_path)).openapi()


def test_every_route_is_described_and_no_other_is_mentioned(tmp_path: Path) -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, methods in openapi(tmp_path)["paths"].items()
        for method in methods
    }
    templates = {route.partition(" ")[2] for route in routes} | {"/openapi.json"}
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
    ],
)
@each_lang
def test_tables_of_fields_name_the_fields_of_the_schemas(
    lang: str, name: str, models: list[type[BaseModel]]
) -> None:
    tables = PAGES[f"{lang}/{name}"].tables

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
    return json.dumps(value).strip('"')


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
            for route, data in re.findall(r"/v1/(query|search)\b.*?-d '([^']*)'", body, re.DOTALL):
                model: type[BaseModel] = QueryRequest if route == "query" else SearchRequest
                assert model.model_validate_json(data).model_fields_set


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
        [defaults["max_body_bytes"] // 1024],
        [defaults["body_timeout_seconds"]],
        [MAX_HEAD_BYTES // 1024],
        [defaults["request_timeout_seconds"]],
        [defaults["max_concurrency"]],
    ]
    assert defaults["max_file_bytes"] == MAX_BYTES
    assert f" {MAX_PAGE_SIZE}" in PAGES[f"{lang}/documents-api.md"].source


@each_lang
def test_the_confidence_from_which_a_question_is_answered_is_true(lang: str) -> None:
    models = shipped_confidence().languages
    (table,) = [t for t in PAGES[f"{lang}/answers.md"].tables if "`not_in_docs`" in t[0][-1]]
    said = [[float(value) for value in row[1:]] for row in table[1:]]

    assert said == [[models[key].answer_from, models[key].not_in_docs_below] for key in ("en", "ko")]


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


# The demo


@pytest.mark.model
def test_the_questions_of_the_demo_are_answered_by_the_quick_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(__file__).parents[1]
    questions = re.findall(r'kb ask "([^"]+)"', (root / "Makefile").read_text(encoding="utf-8"))
    where = ["--data-dir", str(tmp_path / "data"), "--json"]

    assert run(["ingest", str(root / "corpus"), *where]) == errors.EXIT_OK
    assert len(questions) == len(LANGS)
    for question, lang in zip(questions, LANGS, strict=True):
        capsys.readouterr()
        assert run(["ask", question, *where]) == errors.EXIT_OK
        answer = json.loads(capsys.readouterr().out)
        assert answer["status"] == "answered"
        assert answer["citations"][0]["path"] == f"{lang}/quickstart.md"
        assert "kb ingest" in answer["text"]
