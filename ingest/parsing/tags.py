"""Tags of HTML and JSX: one scanner for every format, linear in the length of the document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.:_-][A-Za-z0-9_]+)*")
_ATTRIBUTE = re.compile(r"[A-Za-z_:@#*][\w:.@*-]*")
_BARE = re.compile(r"[^\s\"'=<>`{}]+")
_SPACE = re.compile(r"\s*")
_BRACE = re.compile(r"[{}\"'`]")
_STRING = re.compile(r"""(?s)\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1\s*""")
_CLOSER = re.compile(r"</\s*([A-Za-z][\w.:-]*)\s*>")
_ANY_TAG = re.compile(r"<[^<>]*>")

# fmt: off
VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr",
    }
)
# fmt: on
# fmt: off
OPTIONAL_END = frozenset(
    {
        "p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "colgroup",
        "html", "head", "body",
    }
)
# fmt: on
# fmt: off
INLINE = frozenset(
    {
        "a", "abbr", "acronym", "audio", "b", "bdi", "bdo", "big", "button", "canvas", "cite", "code",
        "data", "del", "dfn", "em", "font", "i", "iframe", "img", "input", "ins", "kbd", "label",
        "mark", "meter", "nobr", "object", "output", "picture", "progress", "q", "rp", "rt", "ruby",
        "s", "samp", "select", "small", "source", "span", "strike", "strong", "sub", "sup", "svg",
        "textarea", "time", "track", "tt", "u", "var", "video", "wbr", "embed", "br", "math",
    }
)
# fmt: on
# fmt: off
BLOCK = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "col", "colgroup",
        "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header",
        "hgroup", "hr", "html", "legend", "li", "link", "main", "menu", "menuitem", "meta", "nav",
        "noscript", "ol", "optgroup", "option", "p", "param", "pre", "script", "search", "section",
        "style", "summary", "table", "tbody", "td", "template", "tfoot", "th", "thead", "title", "tr",
        "ul", "base", "area",
    }
)
# fmt: on
HTML = INLINE | BLOCK | VOID
LINKS = frozenset({"a", "Link", "NavLink"})

READABLE = (
    "question", "title", "label", "summary", "heading", "header", "caption", "captionInside", "alt",
    "description", "subtitle", "name", "ident",
)  # fmt: skip
# fmt: off
_TECHNICAL = frozenset(
    {
        "class", "className", "style", "id", "slug", "href", "src", "srcSet", "sizes", "to", "url",
        "icon", "color", "width", "height", "key", "ref", "rel", "target", "type", "language", "lang",
        "theme", "align", "variant", "size", "role", "tabindex", "layout", "data", "d", "viewBox",
        "fill", "stroke", "transform", "points", "defaultValue", "values", "groupId", "queryString",
        "allow", "sandbox", "code", "params",
    }
)
# fmt: on
_PROSE = re.compile(r"\w\S*\s.*\w")
_ICON_WORD = re.compile(r"[^a-z]+")
_YES_ICONS = frozenset({"check", "checkmark", "tick"})
_NO_ICONS = frozenset({"times", "xmark", "cross"})
_PATH = re.compile(r"\S*/\S*")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag as it stands in the source, from ``start`` to ``end``."""

    name: str
    start: int
    end: int
    attributes: dict[str, str] = field(default_factory=dict)
    closing: bool = False
    self_closing: bool = False

    @property
    def is_html(self) -> bool:
        """Whether HTML knows the element (JSX components begin with a capital letter)."""
        return self.name in HTML

    @property
    def anchor(self) -> str:
        """The link target that the tag sets, if any."""
        return self.attributes.get("id", "") or (self.attributes.get("name", "") if self.name == "a" else "")

    @property
    def is_picture(self) -> bool:
        """Whether it shows an image: an element, or a component with a source and an alternative text."""
        return not self.closing and (self.name == "img" or {"alt", "src"} <= self.attributes.keys())

    @property
    def leads_elsewhere(self) -> bool:
        """Whether it opens a link."""
        is_link = self.name in LINKS and not (self.closing or self.self_closing)
        return is_link and bool(self.attributes.get("href") or self.attributes.get("to"))


class TagScanner:
    """Reads tags, and gives up on input that would take quadratic time."""

    def __init__(self, size: int) -> None:
        """Allow failed attempts to look at a multiple of ``size`` (code points of the document) in all."""
        self._budget = 8 * size + 100_000

    def scan(self, text: str, start: int) -> Tag | None:
        """Read the tag that begins at ``text[start]``; None when there is none.

        >>> TagScanner(99).scan('<Tab title="npm">', 0).attributes
        {'title': 'npm'}
        """
        if self._budget <= 0 or not text.startswith("<", start):
            return None
        closing = text.startswith("</", start)
        name = _NAME.match(text, start + (2 if closing else 1))
        if not name:
            return None
        if closing:
            end = _skip(text, name.end())
            return Tag(name[0], start, end + 1, closing=True) if text.startswith(">", end) else None
        return self._opening(text, start, name)

    def _opening(self, text: str, start: int, name: re.Match[str]) -> Tag | None:
        attributes: dict[str, str] = {}
        at = name.end()
        while True:
            after = _skip(text, at)
            if text.startswith(">", after):
                return Tag(name[0], start, after + 1, attributes)
            if text.startswith("/>", after):
                return Tag(name[0], start, after + 2, attributes, self_closing=True)
            if after == at:
                self._budget -= at - start
                return None
            following = self._attribute(text, after, attributes)
            if following is None:
                self._budget -= after - start
                return None
            at = following

    def _attribute(self, text: str, at: int, attributes: dict[str, str]) -> int | None:
        if text.startswith("{", at):
            return self._expression_end(text, at)
        name = _ATTRIBUTE.match(text, at)
        if not name:
            return None
        equals = _skip(text, name.end())
        if not text.startswith("=", equals):
            attributes.setdefault(name[0], "")
            return name.end()
        return self._value(text, _skip(text, equals + 1), name[0], attributes)

    def _value(self, text: str, at: int, name: str, attributes: dict[str, str]) -> int | None:
        quote = text[at : at + 1]
        if quote and quote in "\"'":
            end = text.find(quote, at + 1)
            if end < 0:
                self._budget -= len(text) - at
                return None
            attributes.setdefault(name, unescape(text[at + 1 : end]))
            return end + 1
        if quote == "{":
            closed = self._expression_end(text, at)
            if closed is not None:
                attributes.setdefault(name, expression_text(text[at + 1 : closed - 1]))
            return closed
        bare = _BARE.match(text, at)
        if not bare:
            return None
        value = bare[0]
        if value.endswith("/") and text.startswith(">", bare.end()):
            value = value[:-1]
        attributes.setdefault(name, unescape(value))
        return at + len(value)

    def _expression_end(self, text: str, start: int) -> int | None:
        """Find the end of the ``{…}`` at ``start``; strings in it may hold braces."""
        depth = 0
        at = start
        while match := _BRACE.search(text, at):
            self._budget -= 1
            mark = match[0]
            at = match.end()
            if mark == "{":
                depth += 1
            elif mark == "}":
                depth -= 1
                if depth == 0:
                    return at
            else:
                at = _string_end(text, match.start())
            if self._budget <= 0:
                return None
        self._budget -= len(text) - start
        return None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _string_end(text: str, start: int) -> int:
    """Give the end of a quoted string, or the next character when it is only an apostrophe."""
    match = _STRING.match(text, start)
    if not match or "\n\n" in match[0]:
        return start + 1
    return start + len(match[0].rstrip())


def expression_text(source: str) -> str:
    """Give what a reader sees of a JSX expression: its string, or the text of the elements in it.

    >>> expression_text('"Is it free?"'), expression_text("<Type>true</Type>"), expression_text("(x) => x")
    ('Is it free?', 'true', '')
    """
    string = _STRING.fullmatch(source)
    if string:
        return re.sub(r"\\(.)", r"\1", string[2])
    if source.lstrip().startswith("<"):
        visible = _ANY_TAG.sub(" ", source)
        visible = re.sub(r"\{\s*([\"'])(.*?)\1\s*\}", r"\2", visible)
        return "" if "{" in visible else " ".join(visible.split())
    return ""


def readable_attributes(tag: Tag) -> list[str]:
    """List the attribute values of a component that a reader would see, in the order of the source.

    >>> readable_attributes(Tag("NavPath", 0, 1, {"path": "Settings > System", "id": "x y"}))
    ['Settings > System']
    """
    if tag.closing or tag.name in HTML:
        return []
    found = [_visible(tag, name, value) for name, value in tag.attributes.items()]
    texts = list(dict.fromkeys(text for text in found if text))
    if not texts and tag.name.rpartition(".")[2].lower() in {"tab", "tabitem", "tabpanel"}:
        texts = [text for text in (tag.attributes.get("value", ""),) if text]
    method, path = tag.attributes.get("method", ""), tag.attributes.get("path", "")
    if method and path.startswith("/"):
        texts.insert(0, f"{method.upper()} {path}")
    return texts


def icon_text(names: str) -> str:
    """Give the sign for an icon that stands for yes or no; other icons say nothing.

    >>> icon_text("fa fa-check"), icon_text("fa-times"), icon_text("fa-cog")
    ('✓', '✗', '')
    """
    words = set(_ICON_WORD.split(names.lower()))
    if words & _YES_ICONS:
        return "✓"
    return "✗" if words & _NO_ICONS else ""


def _visible(tag: Tag, name: str, value: str) -> str:
    value = " ".join(value.split())
    if not value or name in _TECHNICAL:
        return ""
    if name in {"v", "version", "versions"}:
        return value if "version" in tag.name.lower() else ""
    if name in READABLE:
        return "" if _is_reference(value) else value
    if name.startswith(("data-", "aria-", "on")) or any(mark in value for mark in "{}();=<"):
        return ""
    return value if _PROSE.search(value) else ""


def _is_reference(value: str) -> bool:
    return bool(_PATH.fullmatch(value)) and value.startswith(("/", "./", "../", "#", "http"))


class Markup:
    """Tells tags from text in angle brackets, such as ``<your-name>``."""

    def __init__(self, lines: Iterable[str], *, size: int) -> None:
        """Learn from ``lines`` (without code) which elements are closed somewhere in the page."""
        self.scanner = TagScanner(size)
        self.closed: frozenset[str] = frozenset(
            name for line in lines if "</" in line for name in _CLOSER.findall(line)
        )

    def scan(self, text: str, start: int) -> Tag | None:
        """Read the tag at ``text[start]``; None for text that only looks like one."""
        tag = self.scanner.scan(text, start)
        return tag if tag and self.is_markup(tag) else None

    def is_markup(self, tag: Tag) -> bool:
        """Decide whether ``tag`` is markup: closed somewhere, self-closing, or HTML with attributes."""
        if tag.closing or tag.self_closing or tag.name in self.closed:
            return True
        if tag.name in VOID or tag.name in OPTIONAL_END:
            return True
        return tag.is_html and any(tag.attributes.values())
