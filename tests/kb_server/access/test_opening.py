"""What a server may listen on, and what it says of who may ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb_server.access.opening import prepared
from kb_server.errors import InvalidRequestError
from kb_server.settings import Settings

from .making import key_of

SECRET = "a secret of the login, long enough"


def test_without_keys_a_server_stays_on_this_machine_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path)

    for host in ("127.0.0.1", "::1", "localhost"):
        assert prepared(settings, host) == settings
    assert "There are no keys: this machine alone reaches it" in caplog.text
    for host in ("0.0.0.0", "::", "192.0.2.7", "docs.example.com"):
        with pytest.raises(InvalidRequestError, match="reached from other machines"):
            prepared(settings, host)


def test_with_a_key_it_may_listen_anywhere_and_goes_on_to_ask(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    key_of(settings)

    assert prepared(settings, "0.0.0.0").require_keys
    assert prepared(settings, "127.0.0.1").require_keys


def test_settings_can_ask_or_open_the_network(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert prepared(Settings(data_dir=tmp_path, jwt_secret=SECRET), "0.0.0.0").require_keys
    assert not prepared(Settings(data_dir=tmp_path, allow_open_network=True), "0.0.0.0").require_keys
    assert "whoever reaches this network reaches it" in caplog.text

    prepared(Settings(data_dir=tmp_path, require_keys=True), "0.0.0.0")
    assert "`kb keys create` makes one" in caplog.text
