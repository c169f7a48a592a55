"""Directive lines: ``:::note``, ``/// note | Title``, ``!!! note``, ``=== "Tab"``, ``[!tip] Title``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from ingest.parsing.tags import Tag, readable_attributes

_COLON = re.compile(r":{3,}[ \t]*(?P<name>\{?[A-Za-z][\w.-]*\}?)?(?P<rest>.*)")
_SLASH = re.compile(r"/{3,}[ \t]*(?P<name>[A-Za-z][\w-]*)?[ \t]*(?:\|[ \t]*(?P<title>.*))?")
_BANG = re.compile(
    r'(?P<mark>!!!|\?\?\?\+?)[ \t]*(?P<name>[\w-]+(?:[ \t]+[\w-]+)*)?[ \t]*(?:"(?P<title>.*)")?[ \t]*'
)
_TAB = re.compile(r'===[!+]?[ \t]+"(?P<title>.*)"[ \t]*')
_CALLOUT = re.compile(r"\[!(?P<name>[A-Za-z][\w -]*)(?:\|[^\]]*)?\][+-]?[ \t]*(?P<title>.*)")
_FOOTNOTE = re.compile(r"\[\^(?P<name>[^\]\s]+)\]:[ \t]*(?P<title>.*)")
_IGNORED = re.compile(
    r"""\[TOC\]|\[\[_?toc_?\]\]|--8<--.*|\{\*\s.*\s\*\}|\{:?toc\}|\\(?:newpage|pagebreak)""", re.IGNORECASE
)
_TITLE_BRACKETS = re.compile(r"[ \t]*\[(?P<title>(?:[^\[\]]|\[[^\]]*\])*)\]")
_ATTRIBUTES = re.compile(r"[ \t]*\{(?P<attributes>[^{}]*)\}[ \t]*")
_NAMED = re.compile(r"""([\w-]+)\s*=\s*(["'])(.*?)\2""")
_DETAILS = frozenset({"details", "collapse", "faq"})
_QUESTIONS = frozenset({"question", "faq", "help"})


class Directive(Enum):
    """What a directive line does to the lines after it."""

    OPEN = auto()
    """A body follows, until a closing line."""
    OPEN_INDENTED = auto()
    """A body follows, as long as it is indented."""
    CLOSE = auto()
    REFERENCE = auto()
    """The name of an object whose description is generated; option lines may follow."""
    CALLOUT = auto()
    """The first line of a quote that is a callout."""
    FOOTNOTE = auto()
    IGNORED = auto()


@dataclass(frozen=True, slots=True)
class DirectiveLine:
    """A directive as read: what it does, its title, and whether it opens an FAQ item."""

    directive: Directive
    title: str = ""
    name: str = ""
    is_question: bool = False


def read_directive(body: str, *, quoted: bool) -> DirectiveLine | None:
    """Read a line (without indentation and quote marks) as a directive; None when it is text.

    >>> read_directive(':::note[Good to know]', quoted=False).title
    'Good to know'
    >>> read_directive('!!! tip "Faster"', quoted=False).directive
    <Directive.OPEN_INDENTED: 2>
    """
    first = body[:1]
    if first == ":" and body.startswith(":::"):
        return _colon(body)
    if first == "/" and body.startswith("///"):
        return _slash(body)
    if first in "!?=" and body.startswith(("!!!", "???", "===")):
        return _indented(body)
    if _IGNORED.fullmatch(body.rstrip()):
        return DirectiveLine(Directive.IGNORED)
    if first == "[":
        return _bracket(body, quoted=quoted)
    return None


def _colon(body: str) -> DirectiveLine | None:
    match = _COLON.fullmatch(body)
    if not match:
        return None
    name, rest = (match["name"] or "").strip("{}"), match["rest"]
    if not name and not rest.strip():
        return DirectiveLine(Directive.CLOSE)
    if "." in name:
        return DirectiveLine(Directive.REFERENCE, title=name) if not rest.strip() else None
    return DirectiveLine(Directive.OPEN, _colon_title(rest), name, is_question=name in _DETAILS)


def _colon_title(rest: str) -> str:
    brackets = _TITLE_BRACKETS.match(rest)
    if brackets:
        return brackets["title"].strip()
    attributes = _ATTRIBUTES.match(rest)
    if attributes:
        named = {name: value for name, _, value in _NAMED.findall(attributes["attributes"])}
        shown = readable_attributes(Tag("Directive", 0, 0, named))
        rest = rest[attributes.end() :] or " ".join(shown)
    return rest.strip()


def _slash(body: str) -> DirectiveLine | None:
    match = _SLASH.fullmatch(body)
    if not match:
        return None
    name = (match["name"] or "").lower()
    if not name:
        return DirectiveLine(Directive.CLOSE)
    return DirectiveLine(Directive.OPEN, (match["title"] or "").strip(), name, is_question=name in _DETAILS)


def _indented(body: str) -> DirectiveLine | None:
    tab = _TAB.fullmatch(body)
    if tab:
        return DirectiveLine(Directive.OPEN_INDENTED, tab["title"].strip(), "tab")
    match = _BANG.fullmatch(body)
    if not match or not (match["name"] or match["title"]):
        return None
    title = (match["title"] or "").strip()
    return DirectiveLine(
        Directive.OPEN_INDENTED, title, match["name"] or "", is_question=match["mark"].startswith("?")
    )


def _bracket(body: str, *, quoted: bool) -> DirectiveLine | None:
    footnote = _FOOTNOTE.fullmatch(body)
    if footnote:
        return DirectiveLine(Directive.FOOTNOTE, footnote["title"], footnote["name"])
    callout = _CALLOUT.fullmatch(body) if quoted else None
    if not callout:
        return None
    title = callout["title"].strip()
    asks = callout["name"].strip().lower() in _QUESTIONS and title.endswith(("?", "？"))
    return DirectiveLine(Directive.CALLOUT, title, callout["name"], is_question=asks)
