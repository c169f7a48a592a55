"""Levels, anchors and questions: what the headings of a page mean to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.parsing.tree import COMPONENT, Anchor, Close, Heading, Node, plain

MAX_LEVEL = 6
_FAQ = re.compile(
    r"(?<![A-Za-z])f\.?a\.?qs?(?![A-Za-z])|frequently[ -]asked|자주\s*묻는|자주\s*하는\s*질문|묻고\s*답하기",
    re.IGNORECASE,
)
_ASKS = re.compile(r"[?？]\s*$|(?:나요|까요|는가요|은가요|인가요|습니까|는지요|을까|ㄹ까)\s*$")
_SLUG_DROPPED = re.compile(r"[^\w\- ]")
_MIN_SIBLINGS = 3


def settle(nodes: Sequence[Node], *, path: str, title: str) -> list[Node]:
    """Give component headings their level, mark the questions of FAQ pages, and name all anchors."""
    settled = _with_anchors(nodes)
    _set_levels(settled)
    headings = [node for node in settled if isinstance(node, Heading)]
    _mark_questions(headings, is_faq_page=bool(_FAQ.search(title) or _is_faq_path(path)))
    _name_anchors(headings)
    return settled


def is_question(text: str) -> bool:
    """Tell whether a heading asks something.

    >>> is_question("How do I pay?"), is_question("결제는 어떻게 하나요"), is_question("Payments")
    (True, True, False)
    """
    return _ASKS.search(text) is not None


def slug(title: str) -> str:
    """Make the anchor that GitHub makes of a heading.

    >>> slug("1. Install `kb` (설치)")
    '1-install-kb-설치'
    """
    return _SLUG_DROPPED.sub("", title.strip().lower()).replace(" ", "-")


def _is_faq_path(path: str) -> bool:
    name = PurePosixPath(path).stem.replace("_", " ").replace("-", " ")
    return _FAQ.search(name) is not None


def _with_anchors(nodes: Sequence[Node]) -> list[Node]:
    """Hand link targets that stand right before a heading to that heading."""
    kept: list[Node] = []
    pending = ""
    for node in nodes:
        if isinstance(node, Anchor):
            pending = node.name
            continue
        if isinstance(node, Heading) and pending:
            node.anchor = node.anchor or pending
        if not isinstance(node, Close):
            pending = ""
        kept.append(node)
    return kept


def _set_levels(nodes: Sequence[Node]) -> None:
    enclosing = 1
    open_components: list[int] = []
    for node in nodes:
        if isinstance(node, Close):
            if open_components:
                open_components.pop()
        elif isinstance(node, Heading) and node.level == COMPONENT:
            parent = open_components[-1] if open_components else enclosing
            node.level = min(parent + 1, MAX_LEVEL)
            if not open_components:
                continue
        elif isinstance(node, Heading):
            enclosing = node.level


def _mark_questions(headings: Sequence[Heading], *, is_faq_page: bool) -> None:
    for parent, siblings in _families(headings):
        in_faq = is_faq_page or (parent is not None and bool(_FAQ.search(plain(parent.text))))
        leaves = [heading for heading, is_leaf in siblings if is_leaf and heading.level > 1]
        asking = sum(is_question(plain(heading.text)) for heading in leaves)
        mostly = len(leaves) >= _MIN_SIBLINGS and 2 * asking > len(leaves)
        for heading in leaves:
            heading.is_question = heading.is_question or in_faq or mostly


def _families(
    headings: Sequence[Heading],
) -> Iterator[tuple[Heading | None, list[tuple[Heading, bool]]]]:
    """Group headings by their parent; each with whether it has no heading of its own below."""
    children: dict[int, list[tuple[Heading, bool]]] = {}
    path: list[int] = []
    for at, heading in enumerate(headings):
        while path and headings[path[-1]].level >= heading.level:
            path.pop()
        following = headings[at + 1] if at + 1 < len(headings) else None
        is_leaf = following is None or following.level <= heading.level
        children.setdefault(path[-1] if path else -1, []).append((heading, is_leaf))
        path.append(at)
    for parent, siblings in children.items():
        yield (headings[parent] if parent >= 0 else None), siblings


def _name_anchors(headings: Sequence[Heading]) -> None:
    taken = {heading.anchor for heading in headings if heading.anchor}
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for heading in headings:
        explicit = bool(heading.anchor)
        base = heading.anchor or slug(plain(heading.text).replace("`", "")) or "section"
        name = base
        while name in seen or (not explicit and name in taken):
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}-{counts[base]}"
        heading.anchor = name
        seen.add(name)
