"""Inline Markdown: rules for tags, wikilinks, highlights and footnotes, and the text that they leave."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ingest.parsing.pictures import IMAGE, IMAGE_END, LINK, LINK_END, alt_text, settle_line
from ingest.parsing.tags import BLOCK, LINKS, Markup, Tag, icon_text, readable_attributes
from ingest.parsing.tree import Text, TextLine, clean, collapse, has_words

MAX_INLINE = 200_000
"""A longer paragraph is no writing of a person: it is taken as plain text."""
MAX_BRACKETS = 4_000
"""The same for open brackets: reading links in them takes quadratic time."""

_WIKILINK = re.compile(
    r"(!?)\[\[([^\[\]|\n]*)(?:\|([^\[\]\n]*))?\]\](?!\((?:https?:|mailto:|[#./])[^()\s]*\))"
)
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")
_MEDIA = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp|mp[34]|webm|ogv|ogg|mov|mkv|wav|m4a|flac|3gp|pdf)\b", re.IGNORECASE
)
_STRING_EXPRESSION = re.compile(r"""\{\s*(["'`])([^"'`{}\n]*)\1\s*\}""")
_SIZE = re.compile(r"\d+(?:x\d+)?")
_HANGING_BOLD = re.compile(r"\*\*(?=[^\s*])([^*]*[^\s*])\*\*")
_CJK = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3131-\u318e\u3400-\u9fff\uac00-\ud7ff]")
_HANGING_ITALIC = re.compile(rf"(?<![\w*])([_*])(?=[^\s_*])([^_*]*[^\s_*])\1(?={_CJK.pattern})")
_IMAGE_SIZE = re.compile(r"\|\d+(?:x\d+)?$")
_HIDDEN = frozenset(["script", "style", "svg", "template", "noscript", "iframe", "video", "audio", "canvas"])
_ADDRESS = "://"
_SKIPPED_CHARACTER = "\ue002"
_GAP = " "


def build_parser(markup: Markup, *, mdx: bool) -> MarkdownIt:
    """Build the Markdown parser of one page: CommonMark, GFM tables, and the dialects' inline constructs."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 60})
    parser.enable(["table", "strikethrough"])
    if mdx:
        parser.disable("code")
    parser.inline.ruler.before("autolink", "tag", _TagRule(markup))
    parser.inline.ruler.before("link", "wikilink", _wikilink)
    parser.inline.ruler.before("link", "footnote", _footnote)
    parser.inline.ruler.before("emphasis", "highlight", _highlight)
    parser.inline.ruler.before("link", "expression", _expression)
    parser.inline.ruler.at("newline", _newline)
    parser.core.ruler.at("inline", _read_inline)
    return parser


def _read_inline(state: StateCore) -> None:
    """Read each inline token; remember where its lines break, for the source map."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        content = token.content
        state.env["breaks"] = (
            [at for at, char in enumerate(content) if char == "\n"] if "\n" in content else []
        )
        token.children = []
        state.env["highlights"] = set()
        if len(content) > MAX_INLINE or content.count("[") > MAX_BRACKETS:
            _take_plain(content, token.children)
        else:
            state.md.inline.parse(content, state.md, state.env, token.children)


def _take_plain(content: str, children: list[Token]) -> None:
    for at, line in enumerate(content.split("\n")):
        if at:
            children.append(Token("softbreak", "br", 0, meta={"line": at}))
        children.append(Token("text", "", 0, content=line))


def _newline(state: StateInline, silent: bool) -> bool:
    """Read a line break, and count the source lines before it."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        backslash = state.pending.endswith("\\")
        spaces = len(state.pending) - len(state.pending.rstrip(" "))
        state.pending = state.pending[:-1] if backslash else state.pending.rstrip(" ")
        hard = backslash or spaces > 1
        token = state.push("hardbreak" if hard else "softbreak", "br", 0)
        token.meta = {"line": bisect_left(state.env["breaks"], state.pos) + 1}
    state.pos += 1
    while state.pos < state.posMax and state.src[state.pos] in " \t":
        state.pos += 1
    return True


class _TagRule:
    """Inline rule for tags of HTML and JSX."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup

    def __call__(self, state: StateInline, silent: bool) -> bool:
        if state.src[state.pos] != "<":
            return False
        tag = self._markup.scan(state.src, state.pos)
        if tag is None or tag.end > state.posMax:
            return False
        if not silent:
            token = state.push("tag", tag.name, 0)
            token.meta = {"tag": tag}
        state.pos = tag.end
        return True


def _wikilink(state: StateInline, silent: bool) -> bool:
    """Read ``[[page|text]]`` and ``![[embed]]``."""
    if state.src[state.pos] not in "[!":
        return False
    match = _WIKILINK.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        token = state.push("wikilink", "", 0)
        token.content = _wikilink_text(match)
        token.meta = {"linked": not match[1], "picture": bool(match[1] and _MEDIA.search(match[2]))}
    state.pos = match.end()
    return True


def _wikilink_text(match: re.Match[str]) -> str:
    embed, target, alias = match[1], match[2].rstrip("\\"), (match[3] or "").strip()
    if embed:
        alias = "" if _SIZE.fullmatch(alias) else alias
        if _MEDIA.search(target):
            return alt_text(alias, target)
    page, _, section = target.partition("#")
    section = section.replace("#", " > ")
    if section.startswith("^"):
        section = ""
    shown = " > ".join(part.strip() for part in (page, section) if part.strip())
    return alias or shown


def _footnote(state: StateInline, silent: bool) -> bool:
    """Read a footnote reference ``[^1]``: its number stays."""
    if not state.src.startswith("[^", state.pos):
        return False
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("wikilink", "", 0).content = f"[{match[1]}]"
    state.pos = match.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    """Drop the marks of ``==highlighted text==``."""
    if not state.src.startswith("==", state.pos) or silent:
        return False
    closers: set[int] = state.env["highlights"]
    key = state.pos
    if key in closers:
        closers.discard(key)
        state.pos += 2
        return True
    start = state.pos + 2
    end = state.src.find("==", start, state.posMax)
    if (
        end <= start
        or state.src[start] in " =\n"
        or state.src[end - 1] in " \n"
        or state.src[start:end].count("`") % 2
    ):
        return False
    closers.add(end)
    state.pos = start
    return True


def _expression(state: StateInline, silent: bool) -> bool:
    """Read a JSX string expression: ``{" | "}``."""
    if state.src[state.pos] != "{":
        return False
    match = _STRING_EXPRESSION.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("wikilink", "", 0).content = match[2]
    state.pos = match.end()
    return True


@dataclass(slots=True)
class Inline:
    """What inline tokens come to: text by source line, and the link targets set within it."""

    text: Text = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)


def read_inline(tokens: Sequence[Token], line_of: Sequence[int]) -> Inline:
    """Give the text of inline tokens; ``line_of[n]`` is the source line of their n-th line."""
    reader = _Reader(line_of)
    for token in tokens:
        reader.read(token)
    reader.end_line(last=True)
    return Inline(reader.text, reader.anchors)


class _Reader:
    """Collects text line by line; pieces of inline code are never touched."""

    def __init__(self, line_of: Sequence[int]) -> None:
        self.text: Text = []
        self.anchors: list[str] = []
        self._line_of = line_of
        self._line = 0
        self._hard = False
        self._pieces: list[str] = []
        self._code: list[str] = []
        self._hidden = ""
        self._links = 0
        self._words: set[bool] = set()

    def read(self, token: Token) -> None:
        if token.type in ("softbreak", "hardbreak"):
            self.end_line(hard=token.type == "hardbreak")
            self._line = token.meta.get("line", self._line)
        elif token.type == "tag":
            self._tag(token.meta["tag"])
        elif self._hidden:
            return
        elif token.type in ("link_open", "link_close"):
            self._links += token.nesting
            self._pieces.append(LINK if token.nesting > 0 else LINK_END)
        elif token.type == "code_inline":
            self._pieces.append(_SKIPPED_CHARACTER)
            self._code.append(code_span(token.content))
            self._note(token.content)
        elif token.type == "image":
            alt = _IMAGE_SIZE.sub("", plain_text(token.children or []))
            self._picture(alt_text(alt, str(token.attrs.get("src", ""))))
        elif token.meta.get("picture"):
            self._picture(token.content)
        elif token.content:
            self._pieces.append(token.content)
            self._note(token.content, linked=bool(token.meta.get("linked")))

    def _picture(self, text: str) -> None:
        if text:
            self._pieces.append(f"{IMAGE}{text}{IMAGE_END}")
            self._note(text)

    def _note(self, text: str, *, linked: bool = False) -> None:
        """Note whether words stand in a link; an address that is shown is something to read."""
        if has_words(text):
            self._words.add((linked or self._links > 0) and _ADDRESS not in text)

    def _tag(self, tag: Tag) -> None:
        if self._hidden:
            self._hidden = "" if tag.closing and tag.name == self._hidden else self._hidden
            return
        if tag.name in _HIDDEN and not tag.closing and not tag.self_closing:
            self._hidden = tag.name
        elif tag.name == "br":
            self.end_line(hard=True)
        elif tag.is_picture:
            self._picture(tag_text(tag))
        else:
            self._pieces.append(tag_text(tag))
            self._note(self._pieces[-1])
        if tag.leads_elsewhere or (tag.closing and self._links and tag.name in LINKS):
            self._links += -1 if tag.closing else 1
            self._pieces.append(LINK_END if tag.closing else LINK)
        if tag.anchor and not tag.closing:
            self.anchors.append(tag.anchor)

    def end_line(self, *, hard: bool = False, last: bool = False) -> None:
        """Finish the line at hand; ``hard`` when a forced break follows, ``last`` when nothing does."""
        settled, picture = settle_line("".join(self._pieces), ends=hard or last)
        text = _without_hanging(collapse(clean_pieces(settled))).strip()
        if text:
            parts = text.split(_SKIPPED_CHARACTER)
            filled = parts[0] + "".join(code + part for code, part in zip(self._code, parts[1:], strict=True))
            line = self._line_of[min(self._line, len(self._line_of) - 1)]
            linked = self._words == {True}
            self.text.append(TextLine(filled, line, self._hard and bool(self.text), linked, picture))
            self._hard = False
        self._words = set()
        self._hard = self._hard or hard
        self._pieces, self._code = [], []


def clean_pieces(text: str) -> str:
    """Drop invisible characters but keep the places of inline code."""
    if _SKIPPED_CHARACTER not in text:
        return clean(text).replace("\n", " ")
    return _SKIPPED_CHARACTER.join(clean(part).replace("\n", " ") for part in text.split(_SKIPPED_CHARACTER))


def _without_hanging(text: str) -> str:
    if not ("*" in text or "_" in text) or not _CJK.search(text):
        return text
    return _HANGING_ITALIC.sub(r"\2", _HANGING_BOLD.sub(_without_bold, text))


def _without_bold(match: re.Match[str]) -> str:
    """Drop bold marks that CommonMark leaves next to Korean particles: ``**이름(name)**은``."""
    after = match.string[match.end() : match.end() + 1]
    return match[1] if _CJK.search(match[1] + after) else match[0]


def tag_text(tag: Tag) -> str:
    """Give what a tag in running text leaves behind."""
    if tag.name == "code":
        return "`"
    if tag.name == "img" and not tag.closing:
        return alt_text(tag.attributes.get("alt", ""), tag.attributes.get("src", ""))
    if tag.name in ("i", "span") and not tag.closing:
        return icon_text(tag.attributes.get("class", ""))
    if tag.name == "li" and not tag.closing:
        return " • "
    if tag.name in BLOCK:
        return _GAP
    return " ".join(readable_attributes(tag))


def code_span(content: str) -> str:
    """Write inline code with as many backticks as it needs.

    >>> code_span("a`b")
    '``a`b``'
    """
    content = clean(content).replace("\n", " ")
    if not content.strip():
        return content
    runs = {len(run) for run in re.findall(r"`+", content)}
    ticks = "`" * next(width for width in range(1, len(runs) + 2) if width not in runs)
    pad = " " if content.startswith("`") or content.endswith("`") else ""
    return f"{ticks}{pad}{content}{pad}{ticks}"


def plain_text(tokens: Sequence[Token]) -> str:
    """Give the text of tokens without any marks (alternative texts)."""
    return " ".join("".join(_plain_piece(token) for token in tokens).split())


def _plain_piece(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.type == "image":
        return plain_text(token.children or [])
    return token.content
