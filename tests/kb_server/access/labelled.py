"""Pages with access labels, and the application as different people see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import Request

from kb_server.access.asking import caller_of
from kb_server.access.caller import Caller, Scope
from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.index.labels import labels_of
from kb_server.settings import Settings
from tests.kb_server.published import Page, publish, running, wait_until_ready

CANARIES = ("Quokkatron", "zanzibarite", "퀘이사르켄", "E-77431", "Narwhalix", "비밀코드명")
"""Words that stand in restricted pages only: their own, their titles', their metadata's."""

PUBLIC = {
    "en/refunds.md": Page(
        "Refunds",
        "A refund is paid within 14 days after the parcel has come back.\n\n"
        "Ask for a refund in the account under Orders; support approves it.",
        {"product": "shop"},
    ),
    "ko/refunds.md": Page(
        "환불",
        "환불은 반품이 도착한 뒤 14일 안에 지급됩니다.\n\n환불은 계정의 주문 메뉴에서 신청하세요.",
        {"product": "shop"},
    ),
    "en/v2/export.md": Page(
        "Export", "Export the invoices as CSV from Billing.", {"product": "shop", "version": "2"}
    ),
    "en/delivery.md": Page("Delivery", "Parcels are delivered within 3 days.", {"product": "shop"}),
    "ko/delivery.md": Page("배송", "소포는 3일 안에 배송됩니다.", {"product": "shop"}),
}
STAFF = {
    "en/staff/refunds.md": Page(
        "Refunds of Quokkatron",
        "A refund above 500 euros is approved by the Quokkatron desk with the code E-77431.\n\n"
        "A refund is paid within 2 days for zanzibarite customers.",
        {"product": "Narwhalix", "access": "staff", "vault": "zanzibarite"},
    ),
    "en/v1/export.md": Page(
        "Export", "Export the invoices by the Quokkatron tool.", {"version": "1", "access": ("staff", "인사")}
    ),
    # The same words as a public page: it must not take that page's place.
    "en/staff/delivery.md": Page(
        "Delivery", "Parcels are delivered within 3 days.", {"product": "shop", "access": "staff"}
    ),
}
PERSONNEL = {
    "ko/personnel/leave.md": Page(
        "퀘이사르켄 휴가 규정",
        "퀘이사르켄 직원의 휴가는 1년에 33일입니다.\n\n"
        "비밀코드명은 인사팀만 압니다. 환불은 1일 안에 지급됩니다.",
        {"부서": "비밀코드명", "access": "인사"},
    ),
}
NOBODY = {"en/draft.md": Page("Draft of Quokkatron", "Quokkatron replaces every refund.", {"access": ""})}
PAGES: Mapping[str, Page] = {**STAFF, **PUBLIC, **PERSONNEL, **NOBODY}


def seen_by(audiences: Collection[str]) -> dict[str, Page]:
    """Give the pages that somebody sees, by the rule in its plainest form."""
    labels = {path: labels_of(page.metadata) for path, page in PAGES.items()}
    return {
        path: page for path, page in PAGES.items() if (names := labels[path]) is None or names & {*audiences}
    }


def _caller(request: Request) -> Caller:
    said = request.headers.get("X-Audiences", "null")
    audiences = None if said == "null" else frozenset(json.loads(said))
    return Caller("test", frozenset(Scope), audiences)


def publish_once(folder: Path, pages: Mapping[str, Page], encoder: Encoder) -> None:
    """Publish ``pages`` where no test has done it."""
    if not folder.exists():
        publish(folder, pages, encoder)


@asynccontextmanager
async def application(
    folder: Path, pages: Mapping[str, Page], encoder: Encoder
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve ``pages``; the header X-Audiences says who asks."""
    publish_once(folder, pages, encoder)
    app = create_app(Settings(data_dir=folder, poll_seconds=0.05), encoder=lambda: encoder)
    app.dependency_overrides[caller_of] = _caller
    async with running(app) as client:
        await wait_until_ready(client)
        yield client


def as_(audiences: Collection[str] | None) -> dict[str, str]:
    """Give the header of somebody with ``audiences``."""
    return {"X-Audiences": "null" if audiences is None else json.dumps(sorted(audiences))}


_PASSING = frozenset({"id", "timings_ms", "generation", "version", "request_id"})


def lasting(body: Any) -> Any:
    """Leave out what differs from one request to the next, and the last bits of sums."""
    if isinstance(body, dict):
        return {key: lasting(value) for key, value in body.items() if key not in _PASSING}
    if isinstance(body, list):
        return [lasting(value) for value in body]
    return round(body, 3) if isinstance(body, float) else body
