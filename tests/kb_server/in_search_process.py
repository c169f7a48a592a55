"""What tests have done in the search process: functions of a module that it can import."""

from __future__ import annotations

import gc
from threading import Event

from kb_server.searching import View


def paths(view: View) -> list[str]:
    """List the pages that the view shows."""
    return [document.path for document in view.reader.documents()]


def holds(word: bytes, _: View) -> bool:
    """Tell whether an object of that process holds a text with ``word``, apart from what asks for it."""
    gc.collect()
    return any(
        issubclass(type(held), str) and word in str(held).encode(errors="ignore")
        for each in gc.get_objects()
        for held in gc.get_referents(each)
    )


def fail(view: View) -> str:
    """Raise what nobody foresaw."""
    return str(view.nothing)  # type: ignore[attr-defined]  # that is the point


def hang(_: View) -> None:
    """Wait for what nobody does."""
    Event().wait()
