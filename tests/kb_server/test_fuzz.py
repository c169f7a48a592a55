"""Requests that schemathesis makes from the OpenAPI document: no unhandled error, no undocumented status."""

from __future__ import annotations

import re
from pathlib import Path

from evals.fuzz import fuzz
from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .served import served


def test_no_generated_request_breaks_a_promise_of_the_description(
    shared_index: Path, encoder: Encoder, tmp_path: Path
) -> None:
    settings = Settings(data_dir=shared_index, database_url=f"sqlite:///{tmp_path}/app.sqlite")
    with served(create_app(settings, encoder=lambda: encoder), settings=settings) as url:
        done = fuzz(url, tmp_path, examples=4, seed=1, phases=("examples", "coverage", "fuzzing"))

    assert done.returncode == 0, done.stdout + done.stderr
    generated = re.search(r"(\d+) generated, \1 passed", done.stdout)
    assert generated is not None, done.stdout
    assert int(generated.group(1)) > 500
