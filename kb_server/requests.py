"""Field types that several request bodies share, with the rules of what a caller may send."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)

from kb_server.index.records import FilterValue

MAX_QUESTION_CHARS = 2000
MAX_TURN_CHARS = 8000
MAX_TOP_K = 100
MAX_NEIGHBOURS = 5
MAX_FILTERS = 16
MAX_FILTER_VALUES = 50
MAX_FILTER_CHARS = 500
MAX_IDENTIFIER_CHARS = 64
MAX_CUSTOMER_CHARS = 200
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")


def _plain_text(text: str) -> str:
    """Refuse what JSON can spell and a file cannot hold: pydantic lets some of it through."""
    if _NO_TEXT.search(text):
        raise ValueError("must be Unicode text, without NUL and lone surrogates")
    return text


def _accepted_values(value: Any) -> Any:
    """Check a filter's value here: of a union, pydantic reports one error for each branch."""
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= MAX_FILTER_VALUES or not all(isinstance(item, str) for item in values):
        raise ValueError(f"must be a text, or a list of 1 to {MAX_FILTER_VALUES} texts")
    if not all(1 <= len(item) <= MAX_FILTER_CHARS for item in values):
        raise ValueError(f"each value must have 1 to {MAX_FILTER_CHARS} characters")
    for item in values:
        _plain_text(item)
    return value


PlainText = Annotated[str, AfterValidator(_plain_text)]
QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARS),
    AfterValidator(_plain_text),
]
"""1 to 2000 characters after the white space around them is dropped."""
TurnText = Annotated[str, StringConstraints(max_length=MAX_TURN_CHARS), AfterValidator(_plain_text)]
"""What one side said in a conversation; an empty text is allowed."""
PlaceName = Annotated[str, StringConstraints(max_length=MAX_FILTER_CHARS), AfterValidator(_plain_text)]
"""An id, a path or a heading, or an empty text."""
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_IDENTIFIER_CHARS), AfterValidator(_plain_text)
]
"""An id that the server has given out."""
CustomerId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CUSTOMER_CHARS),
    AfterValidator(_plain_text),
]
"""A client's own name for one of its customers."""
Filters = Annotated[
    dict[
        Annotated[PlainText, StringConstraints(min_length=1, max_length=MAX_FILTER_CHARS)],
        Annotated[str | list[str], BeforeValidator(_accepted_values)],
    ],
    Field(
        max_length=MAX_FILTERS,
        description=(
            "Metadata that a page must have, such as `lang`, `type`, `path_prefix` or any front-matter key; "
            "of a list of values any one is enough; a key with `!` behind it, such as `lang!`, takes pages "
            "that have none of them. A key that no page has is refused."
        ),
        examples=[{"lang": "en"}, {"type": ["faq", "doc"]}],
    ),
]


def _page_name(value: str) -> str:
    if value.startswith("#"):
        raise ValueError("must name a page before the `#`: PATH or PATH#anchor")
    return value


PassageName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_FILTER_CHARS),
    AfterValidator(_plain_text),
    AfterValidator(_page_name),
    Field(examples=["en/operations.md#roll-back"]),
]
"""``PATH`` or ``PATH#anchor``."""
Neighbours = Annotated[StrictInt, Field(ge=0, le=MAX_NEIGHBOURS)]
TopK = Annotated[StrictInt, Field(ge=1, le=MAX_TOP_K)]


class RequestBody(BaseModel):
    """A JSON body in which a field that does not exist is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid")


def filter_values(filters: dict[str, str | list[str]]) -> dict[str, FilterValue]:
    """Turn the lists of a JSON body into tuples.

    >>> filter_values({"lang": "ko", "type": ["faq", "doc"]})
    {'lang': 'ko', 'type': ('faq', 'doc')}
    """
    return {key: value if isinstance(value, str) else tuple(value) for key, value in filters.items()}
