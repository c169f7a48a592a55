"""Tabs of HTML: the panels that their readers bring up with a click, though nothing shows them before.

A panel and its tab name each other by id (WAI-ARIA, "Tabs Pattern"), or stand in the same order, as many of
one as of the other. A panel without a tab in sight is hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ingest.parsing.elements import Element, Fragment
from ingest.parsing.fragments import text_of
from ingest.parsing.tags import Tag

_CLOSED = re.compile(r"display\s*:\s*none\s*;?", re.IGNORECASE)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "dialog", "svg", "canvas", "iframe"})
_HIDING = re.compile(
    r"(?:display|visibility|opacity|font|color|clip|position|indent|height|width|transform|filter|left|top)"
    r"[\w-]*\s*:",
    re.IGNORECASE,
)
"""What a style may hide an element with; whatever the value, a tab below it is not taken for one in sight."""


class Opening(NamedTuple):
    """A tab and the panel that it brings up."""

    tab: Element
    panel: Element


def openings(root: Element) -> list[Opening]:
    """List the tab panels below ``root`` that a tab in sight brings up, one for each tab at most."""
    found: dict[int, Opening] = {}
    named = _Named(element for element in root.walk() if _role(element) == "tabpanel")
    waiting = [root]
    while waiting:
        for parent, at in _tab_lists(waiting.pop()):
            tabs = [element for element in _seen(parent.children[at]) if _role(element) == "tab"]
            opened = [each for tab in tabs for each in named.by(tab)] or _in_order(tabs, parent, at)
            fresh = [each for each in opened if id(each.panel) not in found]
            found |= {id(each.panel): each for each in fresh}
            # What a panel holds is in sight as soon as the panel is.
            waiting += [each.panel for each in fresh]
    return list(found.values())


def open_panels(root: Element) -> None:
    """Show the panels of ``root`` that a tab in sight brings up, each below the label of its tab."""
    for tab, panel in openings(root):
        attributes = {name: value for name, value in panel.tag.attributes.items() if name != "hidden"}
        if "style" in attributes:
            attributes["style"] = _CLOSED.sub("", attributes["style"])
        panel.tag = replace(panel.tag, attributes=attributes)
        label = " ".join(text_of(tab).split())
        if label and not text_of(panel).lstrip().startswith(label):
            panel.children.insert(0, Element(Tag("p", 0, 0), panel.line, [Fragment(label, panel.line)]))
        tab.children = []


def _role(element: Element) -> str:
    return element.tag.attributes.get("role", "").strip().lower()


def _tab_lists(root: Element) -> Iterator[tuple[Element, int]]:
    """Give the parent of each tab list in sight and its place in there; those in closed panels come later."""
    stack = [root]
    while stack:
        parent = stack.pop()
        for at, child in enumerate(parent.children):
            if isinstance(child, Element) and _is_seen(child):
                if _role(child) == "tablist":
                    yield parent, at
                stack.append(child)


def _seen(element: Element | Fragment) -> Iterator[Element]:
    children = element.children if isinstance(element, Element) else []
    stack = [child for child in reversed(children) if isinstance(child, Element)]
    while stack:
        child = stack.pop()
        if _is_seen(child):
            yield child
            stack.extend(part for part in reversed(child.children) if isinstance(part, Element))


def _is_seen(element: Element) -> bool:
    attributes = element.tag.attributes
    return not (
        element.name in _UNSEEN or "hidden" in attributes or _HIDING.search(attributes.get("style", ""))
    )


def _has_label(tab: Element) -> bool:
    shown = [tab, *_seen(tab)]
    texts = (child for part in shown for child in part.children if isinstance(child, Fragment))
    return any(char.isalnum() for child in texts for char in child.text) or any(
        part.tag.is_picture for part in shown
    )


class _Named:
    """The first panel of each id, and of each tab that panels name."""

    def __init__(self, panels: Iterable[Element]) -> None:
        self._by_id: dict[str, Element] = {}
        self._by_tab: dict[str, Element] = {}
        for panel in panels:
            self._by_id.setdefault(panel.tag.attributes.get("id", ""), panel)
            self._by_tab.setdefault(panel.tag.attributes.get("aria-labelledby", ""), panel)

    def by(self, tab: Element) -> list[Opening]:
        """Give the panel that ``tab`` names, or that names it."""
        attributes = tab.tag.attributes
        targets = [attributes.get("aria-controls", ""), attributes.get("href", "").removeprefix("#")]
        found = [self._by_id.get(target) for target in targets if target]
        found += [self._by_tab.get(attributes["id"])] if attributes.get("id") else []
        panels = [panel for panel in found if panel is not None] if _has_label(tab) else []
        return [Opening(tab, panel) for panel in panels[:1]]


def _in_order(tabs: Sequence[Element], parent: Element, at: int) -> list[Opening]:
    """Pair tabs with the panels behind their list where both are as many, and no id tells panels apart."""
    found: list[Element] = []
    for sibling in islice(parent.children, at + 1, None):
        parts = list(_outside_panels(sibling)) if isinstance(sibling, Element) else []
        if any(_role(part) == "tablist" for part in parts) or len(found) > len(tabs):
            break
        found += [part for part in parts if _role(part) == "tabpanel"]
    is_anonymous = not any({"id", "aria-labelledby"} & panel.tag.attributes.keys() for panel in found)
    if not (is_anonymous and len(found) == len(tabs) and all(map(_has_label, tabs))):
        return []
    return [Opening(tab, panel) for tab, panel in zip(tabs, found, strict=True)]


def _outside_panels(element: Element) -> Iterator[Element]:
    """Go through an element and those below, but into no tab panel."""
    stack = [element]
    while stack:
        part = stack.pop()
        yield part
        if _role(part) != "tabpanel":
            stack.extend(child for child in reversed(part.children) if isinstance(child, Element))
