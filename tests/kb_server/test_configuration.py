"""Keys are set in ``kb.toml`` without touching what people wrote there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kb_server.configuration import set_keys
from kb_server.errors import InvalidRequestError


def test_keys_are_set_in_place_or_on_top_and_other_lines_stay(tmp_path: Path) -> None:
    file = tmp_path / "kb.toml"
    file.write_text("# 우리 설정\nmax_risk = 0.2  # old\nport = 9000\n", encoding="utf-8")

    assert set_keys({"max_risk": 0.1, "confidence_file": '확신 "1".json'}, file) == file

    text = file.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {"max_risk": 0.1, "confidence_file": '확신 "1".json', "port": 9000}
    assert "# 우리 설정" in text


def test_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    set_keys({"max_risk": 0.1}, tmp_path / "kb.toml")

    assert (tmp_path / "kb.toml").read_text(encoding="utf-8") == "max_risk = 0.1\n"


def test_file_that_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "kb.toml"
    file.write_text("port = = 1\n", encoding="utf-8")

    with pytest.raises(InvalidRequestError, match="not TOML"):
        set_keys({"max_risk": 0.1}, file)
    assert file.read_text(encoding="utf-8") == "port = = 1\n"
