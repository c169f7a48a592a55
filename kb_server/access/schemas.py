"""Bodies of ``POST /v1/widget/tokens``."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kb_server.requests import PlainText, RequestBody


class WidgetTokenRequest(RequestBody):
    """What a widget says of itself."""

    site_id: PlainText = Field(
        max_length=64,
        description="Public id of the widget, as `kb keys create --widget` printed it.",
        examples=["kbw_3f9a0c11d2e4"],
    )
    previous: PlainText | None = Field(
        default=None,
        max_length=2048,
        description="The last token of this visitor, expired or not: the new one is the same visitor's.",
    )


class WidgetToken(BaseModel):
    """A token for the pages of one origin."""

    token: str = Field(description="Send it as `Authorization: Bearer`, from pages of the same origin.")
    expires_in: int = Field(
        description="Seconds until it expires; ask for the next one before.", examples=[600]
    )
