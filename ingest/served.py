"""The version that is served when an ingest begins: what the new one is compared with and built upon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kb_server.errors import IndexStateError
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader


@contextmanager
def served_version(layout: DataLayout, note: Callable[[str], None]) -> Iterator[IndexReader | None]:
    """Open the published version, checked; None before the first publish.

    One that is damaged or of another format counts as none, and ``note`` gets the reason: the sources are
    the truth, so an ingest is what mends an index.
    """
    try:
        current = layout.current()
        reader = None if current is None else IndexReader.open(layout, current)
    except IndexStateError as error:
        note(f"{error.message} It is built anew from the sources.")
        reader = None
    try:
        yield reader
    finally:
        if reader is not None:
            reader.close()
