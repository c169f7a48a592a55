"""The manual says what is true of pages, links, translations, commands, exit codes, settings and the demo."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from kb_server import errors
from kb_server.cli import app
from kb_server.settings import Settings

from .manual import CORPUS, LANGS, Page, read_manual

PAGES = read_manual()
MAX_IMAGE_BYTES = 150 * 1024


def commands_of(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give each command by its name, such as ``ingest`` or ``db upgrade``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS: dict[str, Any] = dict(commands_of(typer.main.get_command(app)))
EVALS = Path(__file__).parents[1] / "evals"
OPTIONS_OF_DOCKER = {"--build", "--build-arg", "--profile", "--rm"}
NOT_SETTINGS = {"KB_EVAL_DATA", "KB_EVAL_API_KEY", "KB_EVAL_JUDGE_KEY"}
"""Variables that only the evaluation commands read."""
AUDIENCES = {"frontend", "writer", "qa", "operator", "everyone"}

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
each_lang = pytest.mark.parametrize("lang", LANGS)


def split_command(words: list[str]) -> tuple[str, list[str]]:
    """Part the name of a command from its arguments."""
    length = 2 if " ".join(words[:2]) in COMMANDS else 1
    return " ".join(words[:length]), words[length:]


def options_of(command: str) -> set[str]:
    options = [p for p in COMMANDS[command].params if p.param_type_name == "option"]
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


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


@each_page
def test_images_exist_are_small_and_are_described(page: Page) -> None:
    for description, name in page.images:
        assert description
        assert 0 < (CORPUS / page.path).parent.joinpath(name).stat().st_size <= MAX_IMAGE_BYTES


# Commands


@each_lang
def test_every_command_and_option_is_described(lang: str) -> None:
    page = PAGES[f"{lang}/commands.md"]

    described = [title for level, title, _ in page.headings if level > 1 and title.startswith("kb ")]
    assert sorted(described) == sorted(f"kb {name}" for name in COMMANDS)
    for name in COMMANDS:
        described = set(re.findall(r"`(--?[a-z][a-z-]*)", page.section(f"kb {name}")))
        assert described == options_of(name), name


@each_page
def test_command_lines_of_examples_can_be_parsed(page: Page) -> None:
    for program, *arguments in page.shell_commands():
        if program.endswith("kb") and arguments != ["--help"]:
            name, rest = split_command(arguments)
            COMMANDS[name].make_context(name, rest)
        if arguments[:1] == ["-m"]:
            source = (EVALS / f"{arguments[1].removeprefix('evals.')}.py").read_text(encoding="utf-8")
            assert all(f'"{word}"' in source for word in arguments if word.startswith("--"))


@each_page
def test_commands_and_options_named_in_the_text_exist(page: Page) -> None:
    known = ({"--help", "--version"} | OPTIONS_OF_DOCKER).union(*map(options_of, COMMANDS))
    known |= set(re.findall(r'"(--[a-z-]+)"', "".join(f.read_text("utf-8") for f in EVALS.glob("*.py"))))

    for command in re.findall(r"`kb ([^`]+)`", page.source):
        name, words = split_command(command.split())
        if name not in {"--help", "--version"}:
            assert {word for word in words if word.startswith("-")} <= options_of(name) | {"--help"}, command
    source = re.sub(r"^```css$.*?^```$", "", page.source, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"(?<![\w|-])--[a-z][a-z-]*(?!\w)", source)) <= known


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
        default = none if field.default in (None, ()) else f"`{_spelled(field.default)}`"
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
