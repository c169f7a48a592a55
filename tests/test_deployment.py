"""The Dockerfile and the compose file: linted, and held against settings, commands and the package."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from kb_server.app import create_app
from kb_server.cli import app
from kb_server.index.testing import HashEncoder
from kb_server.serving import _GRACE_SECONDS
from kb_server.settings import Settings
from tests.kb_server.published import PAGES, publish
from tests.kb_server.served import served

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line.strip()
]
FILES_OF_THE_CHECKOUT_ALONE = ("kb_server/client/typescript/",)


def instructions(name: str) -> list[str]:
    return [rest for found, rest in INSTRUCTIONS if found == name]


def environment() -> dict[str, str]:
    """Give what the image sets."""
    return dict(word.split("=", 1) for rest in instructions("ENV") for word in shlex.split(rest))


def lint(*command: str) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfile_passes_its_linter() -> None:
    lint("hadolint", "Dockerfile")


def test_compose_file_is_what_the_specification_says() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


# What they name exists


def test_settings_of_the_image_and_of_the_services_are_settings() -> None:
    named = {name: value for name, value in environment().items() if name.startswith("KB_")}
    for service in OURS.values():
        named |= {
            name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)
            for name, value in service.get("environment", {}).items()
        }

    settings = Settings.model_validate(
        {name.removeprefix("KB_").lower(): value for name, value in named.items()}
    )

    assert settings.data_dir == Path("/data")
    assert (settings.host, settings.port, settings.allow_open_network) == ("0.0.0.0", 8000, True)
    assert instructions("EXPOSE") == [str(settings.port)]


def test_commands_of_the_image_and_of_the_services_are_commands() -> None:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group
    (entry,) = instructions("ENTRYPOINT")
    (default,) = instructions("CMD")

    assert json.loads(entry) == ["kb"]
    for name, *arguments in (json.loads(default), *(service["command"] for service in OURS.values())):
        commands[name].make_context(name, arguments)


def test_files_and_extras_of_the_image_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = next(rest for rest in instructions("ARG") if rest.startswith("EXTRAS="))
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    for rest in instructions("COPY"):
        *sources, _ = rest.split()
        if not rest.startswith("--from"):
            assert all((ROOT / source).exists() for source in sources)
            assert {f"!{source}" for source in sources} <= set(ignored)
    assert (
        set(extras.partition("=")[2].strip('"').split(","))
        <= project["project"]["optional-dependencies"].keys()
    )
    assert f"uv=={re.search(r'uv==([0-9.]+)', (ROOT / 'Makefile').read_text())[1]}" in DOCKERFILE  # type: ignore[index]  # it is there


def test_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "kb_server", "ingest", "evals"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a checkout of git")
    files = {name for name in listed.stdout.splitlines() if not name.startswith(FILES_OF_THE_CHECKOUT_ALONE)}
    # Only what the image's build sees.
    for name in (*files, "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "src" / name)
    build = "from setuptools import build_meta; build_meta.build_wheel('..')"

    subprocess.run([sys.executable, "-c", build], cwd=tmp_path / "src", capture_output=True, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    assert files - set(zipfile.ZipFile(wheel).namelist()) == set()


# What they promise


def test_image_runs_as_nobody_in_particular_and_fetches_nothing() -> None:
    (user,) = instructions("USER")

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert environment()["HF_HUB_OFFLINE"] == environment()["TRANSFORMERS_OFFLINE"] == "1"


def test_services_cannot_write_to_their_image_or_gain_rights() -> None:
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "data:/data" in service["volumes"]
    assert OURS["ingest"]["network_mode"] == "none"
    assert all(volume.endswith(":ro") for volume in OURS["ingest"]["volumes"] if volume != "data:/data")
    assert all(port.startswith("127.0.0.1:") for port in OURS["server"]["ports"])
    assert "ports" not in COMPOSE["services"]["postgres"]


def test_server_has_time_to_stop_and_waits_for_its_index() -> None:
    server = OURS["server"]

    assert int(server["stop_grace_period"].removesuffix("s")) > _GRACE_SECONDS
    assert server["depends_on"]["ingest"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize(("pages", "healthy"), [(PAGES, True), ({}, False)])
def test_health_check_of_the_image_tells_whether_questions_can_be_answered(
    tmp_path: Path, pages: dict[str, Any], *, healthy: bool
) -> None:
    (check,) = instructions("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    if pages:
        publish(tmp_path, pages)
    application = create_app(Settings(data_dir=tmp_path), encoder=HashEncoder)
    with served(application, ready=healthy) as url:
        environ = {**os.environ, "KB_PORT": url.rpartition(":")[2]}
        done = subprocess.run([sys.executable, *command[1:]], env=environ, capture_output=True, check=False)

    assert (done.returncode == 0) == healthy
