"""The TypeScript client: generated from the contract of today, compiled strictly, run under Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.settings import Settings
from tests.kb_server.client.breaking import breaking
from tests.manual import read_manual

SOURCE = Path(__file__).parents[3] / "kb_server" / "client" / "typescript"
QUESTIONS = {"en": "How do I roll back?", "ko": "이전 버전으로 되돌리려면?"}
WRONG = {
    "a field that does not exist": 'await kb.query("a", { top_kk: 8 });',
    "a value of another type": 'await kb.query("a", { top_k: "8" });',
    "a field of the answer that does not exist": 'console.log((await kb.query("a")).answer);',
}
each_lang = pytest.mark.parametrize("lang", QUESTIONS)
pytestmark = pytest.mark.xdist_group("typescript")  # so that its tools are installed once


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the client and install its two tools; on a machine without Node, the tests of it are skipped."""
    root = tmp_path_factory.mktemp("typescript") / "a" / "b" / "client"
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("node_modules", "dist"))
    missing = "" if shutil.which("node") and shutil.which("npm") else "Node is not installed"
    if not missing:
        done = run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=root)
        missing = "" if done.returncode == 0 else f"npm install failed: {done.stderr}"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return root


@pytest.fixture(scope="session")
def compiled(project: Path, served_url: str) -> Path:
    """Compile the client together with the programs that use it."""
    sources = project / "src"
    shutil.copy(Path(__file__).with_name("usage.ts"), sources)
    for lang in QUESTIONS:
        (example,) = [
            body for info, body in read_manual()[f"{lang}/typescript.md"].code_blocks if info == "ts"
        ]
        program = example.replace("kb-server-client", "./index.js").replace(
            "http://127.0.0.1:8000", served_url
        )
        declared = "declare const console: { log(...values: unknown[]): void };\n"
        (sources / f"manual_{lang}.ts").write_text(declared + program, encoding="utf-8")
    done = run("npm", "run", "--silent", "build", cwd=project)
    assert done.returncode == 0, done.stdout
    return project / "dist"


@pytest.fixture(scope="session")
def refused(compiled: Path) -> str:
    """Compile every mistake, each in a file of its own, and give what the compiler says."""
    mistakes = [compiled.parent / "src" / f"mistake_{number}.ts" for number in range(len(WRONG))]
    for file, line in zip(mistakes, WRONG.values(), strict=True):
        file.write_text(
            'import { KbClient } from "./index.js";\n'
            "declare const console: { log(value: unknown): void };\n"
            f'const kb = new KbClient("http://127.0.0.1:8000");\n{line}\n'
        )
    done = run("npx", "tsc", "--project", ".", "--noEmit", cwd=compiled.parent)
    for file in mistakes:
        file.unlink()
    assert done.returncode != 0
    return done.stdout


def test_types_are_those_of_the_openapi_document(project: Path, tmp_path: Path) -> None:
    document = create_app(Settings(data_dir=tmp_path)).openapi()
    build = project.parents[2] / "build"
    build.mkdir(exist_ok=True)
    (build / "openapi.json").write_text(json.dumps(document), encoding="utf-8")

    done = run("npm", "run", "--silent", "generate", cwd=project)

    assert done.returncode == 0, done.stderr
    assert (project / "src" / "schema.ts").read_text("utf-8") == (SOURCE / "src" / "schema.ts").read_text(
        "utf-8"
    ), "The types are not those of the API: run `make client-ts`."


@each_lang
def test_program_is_compiled_and_gets_the_answer_of_the_server(
    compiled: Path, served_url: str, lang: str
) -> None:
    question = QUESTIONS[lang]
    with breaking(served_url, [2, 2]) as relay:
        done = run("node", "usage.js", served_url, relay.url, question, cwd=compiled)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    direct = httpx.post(f"{served_url}/v1/query", json={"question": question, "top_k": 8}, timeout=30).json()

    assert untimed(told["answer"]) == untimed(direct)
    assert told["quotes"] == [True] * len(direct["citations"])
    *events, last = told["events"]
    assert last["type"] == "answer"
    assert "".join(event["text"] for event in events if event["type"] == "delta") == last["answer"]["text"]
    assert len({event["id"] for event in told["events"]}) == len(told["events"])
    assert relay.requests[1].startswith(b"GET /v1/streams/")
    assert told["code"] == "422 unknown_filter"
    assert (told["rated"], told["turns"], told["deleted"]) == (question, [question], True)
    assert told["found"] == [f"{lang}/operations.md"]
    assert (told["listed"], told["holds"]) == (2, True)


@pytest.mark.parametrize("number", range(len(WRONG)), ids=WRONG.keys())
def test_program_with_a_mistake_is_not_compiled(refused: str, number: int) -> None:
    assert f"src/mistake_{number}.ts(4," in refused


@each_lang
def test_example_of_the_manual_is_compiled_and_runs(compiled: Path, lang: str) -> None:
    done = run("node", f"manual_{lang}.js", cwd=compiled)

    assert done.returncode == 0, done.stderr
    assert f"{lang}/operations.md" in done.stdout


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in {"id", "timings_ms"}}
