"""The chat page and the component as a browser gets them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kb_server.app import create_app
from kb_server.errors import BadInputError
from kb_server.settings import Settings
from kb_server.web.build import TARGET, widget_source
from tests.kb_server.published import running

MAX_BYTES = 30 * 1024


def test_the_component_is_built_from_its_parts() -> None:
    assert TARGET.read_text(encoding="utf-8") == widget_source(), "run `python -m kb_server.web.build`"


async def test_the_component_is_small_and_other_sites_may_load_it(tmp_path: Path) -> None:
    async with running(create_app(Settings(data_dir=tmp_path))) as client:
        response = await client.get("/widget.js", headers={"Accept-Encoding": "identity"})
        zipped = await client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
        again = await client.get("/widget.js", headers={"If-None-Match": response.headers["etag"]})

    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(response.content) <= MAX_BYTES
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == response.content
    assert int(zipped.headers["content-length"]) == len(gzip.compress(response.content, mtime=0))
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    ("query", "accepted", "lang", "title"),
    [
        ("", "en-US,en;q=0.9", "en", "Ask the docs"),
        ("", "ko-KR,ko;q=0.9", "ko", "문서에 물어보기"),
        ("?lang=ko", "en", "ko", "문서에 물어보기"),
    ],
)
async def test_the_page_speaks_the_language_of_its_reader(
    tmp_path: Path, query: str, accepted: str, lang: str, title: str
) -> None:
    async with running(create_app(Settings(data_dir=tmp_path))) as client:
        page = await client.get(f"/chat{query}", headers={"Accept-Language": accepted})

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{lang}">' in page.text
    assert f"<title>{title}</title>" in page.text


async def test_the_page_may_load_nothing_but_the_component_and_its_server(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, frame_ancestors="'self'  https://a.example:8443", human_url='https://a.example/?"x'
    )
    async with running(create_app(settings)) as client:
        page = await client.get("/chat?site=kbw_1&theme=dark")

    policy = dict(rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self' https://a.example:8443"
    assert 'site="kbw_1"' in page.text
    assert 'theme="dark"' in page.text
    assert 'human-href="https://a.example/?&quot;x"' in page.text
    assert page.text.count("<script") == 1


async def test_the_bare_address_leads_to_the_chat_page_keys_or_not(tmp_path: Path) -> None:
    async with running(create_app(Settings(data_dir=tmp_path, require_keys=True))) as client:
        home = await client.get("/")
        page = await client.get("/", follow_redirects=True)

    assert (home.status_code, home.headers["location"]) == (307, "chat")
    assert "<title>Ask the docs</title>" in page.text


@pytest.mark.parametrize("query", ["?lang=fr", "?theme=<b>", '?site="><script>'])
async def test_what_the_page_does_not_know_is_refused(tmp_path: Path, query: str) -> None:
    async with running(create_app(Settings(data_dir=tmp_path))) as client:
        page = await client.get(f"/chat{query}")

    assert page.status_code == 422
    assert page.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    "value", ["", "https://a.example; script-src *", "'none' https://a.example", "a.example"]
)
def test_a_frame_ancestor_that_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises((BadInputError, ValueError), match="origins"):
        Settings(frame_ancestors=value)
