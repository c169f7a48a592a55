"""Name pages in a sentence such that a reader can tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kb_server.answering.answer import PagePointer
from kb_server.answering.display import shown


def page_names(pages: Sequence[PagePointer]) -> list[str]:
    """Give the titles; those of one title get the heading, or else the path, behind it."""
    names = [shown(page.title) for page in pages]
    for more in (_with_heading, _with_path):
        seen = Counter(names)
        names = [
            more(name, page) if seen[name] > 1 else name for name, page in zip(names, pages, strict=True)
        ]
    return names


def _with_heading(name: str, page: PagePointer) -> str:
    return f"{name} › {shown(page.heading_path[-1])}" if page.heading_path else name


def _with_path(name: str, page: PagePointer) -> str:
    return f"{name} ({shown(page.path)})"
