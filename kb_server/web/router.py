"""``/chat`` and ``/widget.js``: what people see. Neither is part of the API's description."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Header, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kb_server.settings import Settings
from kb_server.web.pages import chat_page, page_policy, widget_script

_SCRIPT_SECONDS = 300
"""How long a browser uses the component without asking whether there is a newer one."""

SiteId = Annotated[str, Query(max_length=100, pattern=r"^[\w.-]*$")]


def include(app: FastAPI, settings: Settings) -> None:
    """Add the routes to ``app``."""
    router = APIRouter(include_in_schema=False)
    script = widget_script()
    policy = page_policy(settings.frame_ancestors)

    @router.get("/")
    async def home() -> RedirectResponse:
        """Lead who opens the bare address in a browser to the chat page; a proxy's prefix stays."""
        return RedirectResponse("chat")

    @router.get("/chat")
    async def chat(
        accept_language: Annotated[str, Header()] = "",
        lang: Literal["en", "ko"] | None = None,
        theme: Literal["light", "dark", "auto"] = "auto",
        site: SiteId = "",
    ) -> HTMLResponse:
        """Show the chat page."""
        attributes = {"theme": theme, "site": site, "human-href": settings.human_url or ""}
        page = chat_page(
            lang or ("ko" if accept_language.lower().startswith("ko") else "en"),
            {name: value for name, value in attributes.items() if value},
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    @router.get("/widget.js")
    async def widget(
        accept_encoding: Annotated[str, Header()] = "", if_none_match: Annotated[str, Header()] = ""
    ) -> Response:
        """Give the component, which other sites load too."""
        headers = {
            "Cache-Control": f"public, max-age={_SCRIPT_SECONDS}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": script.etag,
            "Vary": "Accept-Encoding",
        }
        if script.etag in if_none_match:
            return Response(status_code=304, headers=headers)
        zipped = "gzip" in accept_encoding
        return Response(
            script.zipped if zipped else script.content,
            media_type="text/javascript",
            headers=headers | ({"Content-Encoding": "gzip"} if zipped else {}),
        )

    app.include_router(router)
