"""A real server, a customer's site beside it, and one headless Chromium for all tests here."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from kb_server.index.embedding import load_encoder
from kb_server.settings import Settings
from tests.kb_server.published import publish, wait_until_ready

from .chat import Chat, Site
from .pages import PAGES

SITE = Path(__file__).parent / "site"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROGRAM = "import sys; from kb_server.cli import run; sys.exit(run(['serve']))"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, customer: str) -> Iterator[str]:
    """Serve the pages; gives the address."""
    folder = tmp_path_factory.mktemp("browser")
    publish(folder / "data", PAGES, load_encoder(Settings(), threads=1))
    environment = {
        **os.environ,
        "KB_DATA_DIR": str(folder / "data"),
        "KB_PORT": "0",
        "KB_HUMAN_URL": f"{customer}/contact.html",
        "KB_FRAME_ANCESTORS": customer,
        "KB_CORS_ORIGINS": customer,
    }
    with (folder / "server.log").open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"^Serving (http://127\.0\.0\.1:\d+) ", line)
        assert found is not None, line + (folder / "server.log").read_text()
        yield found.group(1)
    finally:
        process.terminate()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def customer() -> Iterator[str]:
    """Serve a customer's site from an origin of its own; gives the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE))) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(server: str) -> AsyncIterator[Browser]:
    """Start Chromium once the server answers."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed: .ci/run installs it.")
        pytest.skip("Chromium is not installed: `apt-get install chromium`, then run these tests again.")
    async with httpx.AsyncClient(base_url=server) as client:
        await wait_until_ready(client)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        await started.close()
        await asyncio.sleep(0)  # its pipes close in the next turn of the loop


@pytest.fixture
def site(browser: Browser, server: str, customer: str) -> Site:
    """Give what opens pages."""
    return Site(browser, server, customer)


@pytest_asyncio.fixture(loop_scope="session")
async def chat(site: Site) -> AsyncIterator[Chat]:
    """Open the chat page."""
    async with site.chat() as opened:
        yield opened
