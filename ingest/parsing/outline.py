"""Levels, anchors and questions: what the headings of a page mean to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.parsing.tree import COMPONENT, Anchor, Close, Heading, Listing, Node, Paragraph, plain

MAX_LEVEL = 6
_FAQ = re.compile(
    r"(?<![A-Za-z])f\.?a\.?qs?(?![A-Za-z])|frequently[ -]asked|자주\s*묻는|자주\s*하는\s*질문|묻고\s*답하기",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"[?？][)\]\"'”’*]*$|(?:나요|까요|는가요|은가요|인가요|습니까|는지요)[.]?$",
)
_Q = re.compile(r"(?:Q|질문)\s*\d*\s*[.:)]\s*\S", re.IGNORECASE)
_SLUG_DROPPED = re.compile(r"[^\w\- ]")
_MIN_SIBLINGS = 3
_MAX_QUESTION = 300
_MIN_QUESTION = 6


def settle(nodes: Sequence[Node], *, path: str, title: str) -> list[Node]:
    """Give component headings their level, mark the questions of FAQ pages, and name all anchors."""
    is_faq_page = bool(_FAQ.search(title)) or _is_faq_path(path)
    settled = _with_questions(_with_anchors(nodes), is_faq_page=is_faq_page)
    _set_levels(settled)
    headings = [node for node in settled if isinstance(node, Heading)]
    _mark_questions(headings, is_faq_page=is_faq_page)
    _name_anchors(headings)
    return settled


def is_question(text: str) -> bool:
    """Tell whether a text asks something.

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


def _with_questions(nodes: Sequence[Node], *, is_faq_page: bool) -> list[Node]:
    """Make headings of the questions that are written as bold lines, or as list items of an FAQ."""
    kept: list[Node] = []
    faq_level = 0
    for node in nodes:
        if isinstance(node, Heading) and node.level != COMPONENT:
            if node.level <= faq_level:
                faq_level = 0
            if not faq_level and _FAQ.search(plain(node.text)):
                faq_level = node.level
        in_faq = is_faq_page or faq_level > 0
        if isinstance(node, Paragraph) and (node.bold_lead or _Q.match(node.text[0].text)):
            kept += _split_question(node, in_faq=in_faq)
        elif isinstance(node, Listing) and in_faq and _is_faq_list(node):
            for item in node.items:
                lead, *answer = item.children
                if isinstance(lead, Paragraph):
                    kept += [Heading(lead.text, is_question=True), *answer]
        else:
            kept.append(node)
    return kept


def _split_question(node: Paragraph, *, in_faq: bool) -> list[Node]:
    """Split a paragraph into the question that leads it and the answer; keep it when it asks nothing."""
    lead, rest = node.text[0], node.text[1:]
    asks = len(lead.text) >= _MIN_QUESTION and is_question(lead.text)
    is_title = node.bold_lead and (in_faq or _Q.match(lead.text)) and not lead.text.endswith((":", "："))
    if len(lead.text) > _MAX_QUESTION or not (is_title or asks):
        return [node]
    heading = Heading([lead], is_question=True)
    return [heading, Paragraph(rest)] if rest else [heading]


def _is_faq_list(node: Listing) -> bool:
    """Tell a list of questions, each with its answer nested in it, from other lists."""
    return not node.ordered and all(
        len(item.children) > 1
        and isinstance(item.children[0], Paragraph)
        and len(item.children[0].text) == 1
        and not isinstance(item.children[1], Paragraph)
        for item in node.items
    )


def _set_levels(nodes: Sequence[Node]) -> None:
    """Put each component one level below the heading or the component around it."""
    enclosing = 1
    around: list[int] = []
    for node in nodes:
        if isinstance(node, Close):
            node.level = around.pop() if around else 0
        elif isinstance(node, Heading):
            if node.level == COMPONENT:
                node.level = min((around[-1] if around else enclosing) + 1, MAX_LEVEL)
                if node.closes_later:
                    around.append(node.level)
            elif not around:
                enclosing = node.level


def _mark_questions(headings: Sequence[Heading], *, is_faq_page: bool) -> None:
    """Mark the headings that are items of an FAQ: by page, by section, or because most of them ask."""
    faq_level = 0
    in_faq: set[int] = set()
    for heading in headings:
        if faq_level and heading.level > faq_level:
            in_faq.add(id(heading))
        else:
            faq_level = heading.level if _FAQ.search(plain(heading.text)) else 0
    for siblings in _families(headings):
        leaves = [heading for heading, is_leaf in siblings if is_leaf and heading.level > 1]
        asking = sum(is_question(plain(heading.text)) for heading in leaves)
        mostly = len(leaves) >= _MIN_SIBLINGS and 2 * asking > len(leaves)
        for heading in leaves:
            if is_faq_page or mostly or id(heading) in in_faq:
                heading.is_question = True


def _families(headings: Sequence[Heading]) -> Iterator[list[tuple[Heading, bool]]]:
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
    yield from children.values()


def _name_anchors(headings: Sequence[Heading]) -> None:
    """Make the anchors unique; those that the writer gave keep their name."""
    given = {heading.anchor for heading in headings if heading.anchor}
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for heading in headings:
        is_given = bool(heading.anchor)
        base = heading.anchor or slug(plain(heading.text)) or "section"
        name = base
        while name in taken or (not is_given and name in given):
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}-{counts[base]}"
        heading.anchor = name
        taken.add(name)
