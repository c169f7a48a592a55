"""The ``kb`` command with the real encoder, in this process."""

import json
import shutil
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from kb_server.cli import run

PAGES = {
    "en/backup.md": "# Backup\n\n## Restore a backup\n\nRun `acme restore FILE` to restore. "
    "It takes about ten minutes.\n\n## Schedule\n\nBackups run every night at 02:00.\n",
    "ko/backup.md": "---\ntitle: 백업\n---\n\n## 백업 복원\n\n백업을 복원하려면 "
    "`acme restore FILE`을 실행하세요. 약 10분이 걸립니다.\n\n## 일정\n\n백업은 매일 밤 2시에 실행됩니다.\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    for path, text in PAGES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def data_dir(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    assert run(["ingest", str(corpus), "--data-dir", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def kb(capsys, monkeypatch, data_dir, tmp_path):
    """Run one command on the module's index; give exit code, output and error output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_DATA_DIR", str(data_dir))

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_ingest_ends_with_one_json_line_and_a_second_run_encodes_nothing(kb, corpus, tmp_path):
    folder = tmp_path / "index"

    first_code, first, _ = kb("ingest", corpus, "--data-dir", folder, "--json")
    second_code, second, _ = kb("ingest", corpus, "--data-dir", folder, "--json")

    one, two = json.loads(first.splitlines()[-1]), json.loads(second.splitlines()[-1])
    assert (first_code, second_code) == (0, 0)
    assert {"version", "documents", "chunks", "encoded", "added", "changed", "unchanged"} <= one.keys()
    assert (one["documents"], one["added"], one["failed"]) == (2, 2, 0)
    assert one["encoded"] > 0
    assert two["version"] == one["version"]
    assert (two["encoded"], two["unchanged"], two["removed"]) == (0, 2, 0)


def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_published(kb, corpus, tmp_path):
    broken = tmp_path / "docs"
    shutil.copytree(corpus, broken)
    (broken / "bad.md").write_bytes(b"# ok\n\n\xff\xfe broken")

    code, out, err = kb("ingest", broken, "--data-dir", tmp_path / "index", "--json")

    report = json.loads(out.splitlines()[-1])
    assert code == 1
    assert (report["documents"], report["failed"]) == (2, 1)
    assert report["failures"][0]["path"] == "bad.md"
    assert report["failures"][0]["line"] == 3
    assert "bad.md" in err


@pytest.mark.parametrize(
    ("question", "path", "said"),
    [
        ("How do I restore a backup?", "en/backup.md", "acme restore FILE"),
        ("백업을 복원하려면 어떻게 하나요?", "ko/backup.md", "실행하세요"),
    ],
)
def test_ask_answers_with_citations_that_a_person_can_follow(kb, question, path, said):
    code, out, _ = kb("ask", question)

    assert code == 0
    assert said in out
    assert "[1]" in out
    assert path in out


def test_ask_as_json_is_the_answer_object_of_the_api(kb):
    code, out, _ = kb("ask", "백업은 언제 실행되나요?", "--json")

    answer = json.loads(out)
    assert code == 0
    assert answer["status"] == "answered"
    assert answer["language"] == "ko"
    assert {citation["path"] for citation in answer["citations"]} == {"ko/backup.md"}


def test_a_question_outside_the_corpus_is_not_answered(kb):
    code, out, _ = kb("ask", "What is the capital of Mongolia?", "--json")

    answer = json.loads(out)
    assert code == 0
    assert answer["status"] == "abstained"
    assert answer["citations"] == []


def test_search_narrows_by_filter(kb):
    code, out, _ = kb("search", "backup 백업", "--filter", "lang=ko", "--json")

    assert code == 0
    assert {passage["path"] for passage in json.loads(out)["passages"]} == {"ko/backup.md"}


def test_search_leaves_out_by_filter(kb):
    code, out, _ = kb("search", "backup 백업", "--filter", "lang!=ko", "--json")

    assert code == 0
    assert {passage["lang"] for passage in json.loads(out)["passages"]} == {"en"}


@pytest.mark.parametrize(
    ("query", "lang"), [("When does the backup run?", "en"), ("백업은 언제 실행되나요?", "ko")]
)
def test_search_shows_the_stages_and_the_words_of_a_passage(kb, query, lang):
    code, out, _ = kb("search", query, "--filter", f"lang={lang}", "--explain")

    assert code == 0
    assert f"Query: {lang}" in out
    assert f"Filter lang={lang}" in out
    for stage in ("lexical", "fusion", "pages", "duplicates"):
        assert f"   {stage} " in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("en/backup.md", "filtered"),
        ("ko/backup.md", "It is at rank 1."),
        ("ko/backups.md", "Did you mean ko/backup.md?"),
        ("ko/backup.md#nowhere", "Its sections:"),
    ],
)
def test_search_says_what_kept_a_page_out(kb, name, said):
    code, out, _ = kb("search", "백업은 언제 실행되나요?", "--filter", "lang=ko", "--why-not", name)

    assert code == 0
    assert said in out


def test_a_page_name_without_a_page_is_refused(kb):
    code, _, err = kb("search", "backup", "--why-not", "#section")

    assert code == 2
    assert "why_not" in err
    assert "PATH#anchor" in err


def test_an_unknown_filter_names_the_known_ones(kb):
    code, _, err = kb("search", "backup", "--filter", "langg=ko")

    assert code == 2
    assert "langg" in err
    assert "lang" in err.replace("langg", "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["search", "backup", "--filter", "lang"], "lang"),
        (["search", "backup", "--top-k", "1000000000"], "top_k"),
        (["search", ""], "query"),
        (["ask", "x" * 2001], "question"),
        (["ask", "\ud800"], "question"),
        (["ask", "a\x00b"], "question"),
        (["ingest", "no-such-folder"], "no-such-folder"),
        (["chunks", "no-such-file.md"], "no-such-file.md"),
        (["rollback", "v-unknown"], "v-unknown"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_bad_input_exits_with_2_and_names_what_is_wrong(kb, arguments, named):
    code, out, err = kb(*arguments)

    assert code == 2
    assert named in err
    assert "Traceback" not in out + err


def test_a_wrong_option_points_to_the_help_of_its_own_command(kb):
    code, _, err = kb("keys", "create", "--name", "백엔드", "--scope", "write")

    assert code == 2
    assert err.splitlines() == [
        "kb: Invalid value for '--scope': 'write' is not one of 'query', 'ingest', 'admin'.",
        "    `kb keys create --help` shows what it takes.",
    ]


def test_the_version_is_named(kb):
    assert kb("--version") == (0, f"kb-server {version('kb-server')}\n", "")


def test_without_an_index_the_remedy_is_named(kb, tmp_path):
    code, out, err = kb("ask", "Anything?", "--data-dir", tmp_path / "empty", "--json")

    assert code == 3
    assert "kb ingest" in err
    assert err.count("Nothing is published") == 1
    assert json.loads(out)["error"]["code"] == "index_missing"


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_shipped_encoder_answers_to_its_own_name(kb, monkeypatch, name):
    monkeypatch.setenv("KB_ENCODER", name)

    code, out, _ = kb("ask", "How do I restore a backup?", "--json")

    assert code == 0
    assert json.loads(out)["status"] == "answered"


def test_a_bad_setting_names_the_variable_the_value_and_the_rule(kb, monkeypatch):
    monkeypatch.setenv("KB_POLL_SECONDS", "soon")
    monkeypatch.setenv("KB_PORT", "99999")
    monkeypatch.setenv("KB_RATE_LIMIT", "100")
    monkeypatch.setenv("KB_TRUSTED_PROXIES", "nginx")

    code, _, err = kb("versions")

    assert code == 2
    assert "KB_POLL_SECONDS='soon': must be a number" in err
    assert "KB_PORT='99999': must be at most 65535" in err
    assert "KB_RATE_LIMIT='100': must be a number with /second" in err
    assert "'nginx' is no address or network" in err
    assert "Value error" not in err


def test_versions_rollback_and_check_follow_an_edit(kb, corpus, tmp_path):
    docs, folder = tmp_path / "docs", tmp_path / "index"
    shutil.copytree(corpus, docs)
    kb("ingest", docs, "--data-dir", folder)
    (docs / "en/backup.md").write_text("# Backup\n\nBackups run every Friday.\n", encoding="utf-8")
    kb("ingest", docs, "--data-dir", folder)
    _, listed, _ = kb("versions", "--data-dir", folder, "--json")
    newest, oldest = json.loads(listed)["versions"]

    code, rolled, _ = kb("rollback", "--data-dir", folder, "--json")
    _, answer, _ = kb("search", "every Friday", "--data-dir", folder, "--json")
    checked, report, _ = kb("check", "--data-dir", folder, "--json")

    assert f"{newest['documents']} documents" in kb("versions", "--data-dir", folder)[1]
    assert newest["current"]
    assert code == 0
    assert json.loads(rolled)["version"] == oldest["version"]
    assert "Friday" not in answer
    assert checked == 0
    assert json.loads(report)["problems"] == []


def test_versions_lists_what_to_roll_back_to_where_current_is_garbled(kb, data_dir, tmp_path):
    folder = tmp_path / "index"
    shutil.copytree(data_dir, folder)
    (folder / "CURRENT").write_text("../../etc\n", encoding="utf-8")

    code, out, err = kb("versions", "--data-dir", folder)
    _, listed, _ = kb("versions", "--data-dir", folder, "--json")
    (kept,) = json.loads(listed)["versions"]

    assert code == 3
    assert kept["version"] in out
    assert not kept["current"]
    assert "CURRENT" in err
    assert kb("rollback", kept["version"], "--data-dir", folder)[0] == 0


def test_check_finds_a_damaged_file(kb, data_dir, tmp_path):
    folder = tmp_path / "index"
    shutil.copytree(data_dir, folder)
    vectors = next(folder.glob("versions/v-*/vectors.npy"))
    vectors.write_bytes(vectors.read_bytes()[:-8])

    code, out, err = kb("check", "--data-dir", folder)

    assert code == 3
    assert "vectors.npy" in out + err


def test_chunks_shows_kind_heading_lines_and_text(kb, corpus):
    code, out, _ = kb("chunks", corpus / "en/backup.md")

    assert code == 0
    assert "Restore a backup" in out
    assert "acme restore FILE" in out


def test_every_command_explains_itself(kb):
    commands = ("ingest", "chunks", "search", "ask", "serve", "versions", "rollback", "check")

    for command in commands:
        code, out, _ = kb(command, "--help")
        assert code == 0
        assert "Usage" in out


def test_a_fault_of_our_own_is_said_without_a_stack_trace_and_the_trace_is_kept(kb, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("kb_server.local.ask", broken)

    code, out, err = kb("ask", "Anything?")

    kept = Path(err.split("with ")[-1].strip().rstrip("."))
    assert code == 3
    assert "Traceback" not in out + err
    assert "ZeroDivisionError" in kept.read_text(encoding="utf-8")
    kept.unlink()


def test_ingest_and_ask_work_without_any_network(kb, corpus, tmp_path, monkeypatch):
    reached = []

    class NoNetwork(socket.socket):
        def connect(self, address):
            reached.append(address)
            raise OSError("the network is off")

    def no_lookup(host, *_args, **_kwargs):
        reached.append(host)
        raise socket.gaierror("the network is off")

    monkeypatch.setattr(socket, "socket", NoNetwork)
    monkeypatch.setattr(socket, "getaddrinfo", no_lookup)
    folder = tmp_path / "index"

    ingested, _, _ = kb("ingest", corpus, "--data-dir", folder)
    asked, out, _ = kb("ask", "How do I restore a backup?", "--data-dir", folder, "--json")

    assert (ingested, asked) == (0, 0)
    assert json.loads(out)["status"] == "answered"
    assert reached == []


def test_commands_run_in_a_network_namespace_of_their_own(corpus, tmp_path):
    kb_command = Path(sys.executable).with_name("kb")
    inside = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], check=False).returncode:
        pytest.skip("this machine does not let us create a network namespace")

    ingested = subprocess.run(
        [*inside, kb_command, "ingest", corpus, "--data-dir", tmp_path], capture_output=True, check=False
    )
    asked = subprocess.run(
        [*inside, kb_command, "ask", "백업은 언제 실행되나요?", "--data-dir", tmp_path, "--json"],
        capture_output=True,
        check=False,
    )

    assert ingested.returncode == 0, ingested.stderr
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["status"] == "answered"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"port = = 1\n", "kb.toml cannot be read: Invalid value (at line 1, column 8)."),
        ("host = '호스트'\n".encode("cp949"), "kb.toml cannot be read:"),
        (b"[server]\nport = 1\n", "is no setting; all keys stand at the top of kb.toml"),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_named(kb, tmp_path, text, said):
    (tmp_path / "kb.toml").write_bytes(text)

    code, _, err = kb("versions")

    assert code == 2
    assert said in err


def test_a_file_that_cannot_be_written_is_named(kb, tmp_path):
    file = tmp_path / "없는 폴더" / "out.json"

    code, _, err = kb("feedback", "export", "--out", file, "--data-dir", tmp_path / "index")

    assert code == 2
    assert f"kb: Cannot read or write '{file}': No such file or directory." in err
    assert "fault of kb-server" not in err


def test_a_rollback_where_nothing_is_published_leaves_no_folder(kb, tmp_path):
    code, _, err = kb("rollback", "--data-dir", tmp_path / "nowhere")

    assert code == 3
    assert "Nothing is published in" in err
    assert not (tmp_path / "nowhere").exists()


def test_a_misspelt_setting_is_pointed_out(kb, monkeypatch):
    monkeypatch.setenv("KB_POLL_SECOND", "3")

    code, _, err = kb("versions")

    assert code == 0
    assert "KB_POLL_SECOND is not a setting" in err
    assert "KB_POLL_SECONDS?" in err
