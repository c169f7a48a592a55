"""Render an answer's text as HTML that is safe to show as it is, whoever wrote the pages.

Three locks, each of which would hold alone: the Markdown reader knows no HTML, no images and no automatic
links; an allowlist drops every tag, attribute and scheme that is not named here; and the marks of citations
are put in only behind it, so that no page can forge one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from kb_server.remembering import remembered

TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "ul", "ol", "li", "a"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
"""The tags that an answer's HTML may have."""
_ATTRIBUTES = {"*": set[str](), "a": {"href"}, "ol": {"start"}, "th": {"scope"}}
_SCHEMES = {"http", "https", "mailto"}
_ADDRESS = re.compile(rf"(?:{'|'.join(sorted(_SCHEMES))}):", re.IGNORECASE)
_MARKER = re.compile(r"\[(\d{1,3})\]")
# Private-use characters stand for a mark while the HTML is cleaned; those of the text are replaced before.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_RESERVED = str.maketrans(dict.fromkeys((_OPEN, _CLOSE), "\ufffd"))

_CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
)


def answer_html(text: str, citations: Sequence[str]) -> str:
    r"""Give the HTML of an answer's Markdown; ``[n]`` becomes a link to the n-th id of ``citations``.

    >>> answer_html("Press `Save`. [1]", ["cit_3afc"])
    '<p>Press <code>Save</code>. <a class="kb-cite" data-citation="cit_3afc" href="#cit_3afc">1</a></p>\n'
    """
    return _PLACE.sub(lambda place: _mark(int(place[1]), citations), _cleaned(text, len(citations)))


@remembered(512)  # a popular answer is given again and again, and is up to 10 KB
def _cleaned(text: str, marks: int) -> str:
    return _CLEANER.clean(_READER.render(text.translate(_RESERVED), {"marks": marks}))


def _mark(number: int, citations: Sequence[str]) -> str:
    name = html.escape(citations[number - 1], quote=True)
    return f'<a class="kb-cite" data-citation="{name}" href="#{name}">{number}</a>'


def _reader() -> MarkdownIt:
    reader = MarkdownIt("js-default").disable(["image", "autolink", "reference", "html_inline", "html_block"])
    # In front of links: ``[1](address)`` is a mark and then text. Escaped brackets were taken before.
    reader.inline.ruler.before("link", "citation", _citation_rule)
    # A link to anywhere else stays what was written: an address relative to the docs leads nowhere here.
    reader.validateLink = lambda url: bool(_ADDRESS.match(url))  # type: ignore[method-assign]  # its own way
    for rule, shown in _RENDERED.items():
        reader.add_render_rule(rule, shown)
    return reader


def _citation_rule(state: StateInline, silent: bool) -> bool:
    found = _MARKER.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel or not 1 <= int(found[1]) <= state.env["marks"]:
        return False
    if not silent:
        state.push("citation", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _citation(_: Any, tokens: Sequence[Any], index: int, *__: Any) -> str:
    return f"{_OPEN}{int(tokens[index].content)}{_CLOSE}"


def _opened_heading(*_: Any) -> str:
    # The outline belongs to the page that shows the answer.
    return "<p><strong>"


def _closed_heading(*_: Any) -> str:
    return "</strong></p>\n"


def _head_cell(*_: Any) -> str:
    return '<th scope="col">'


_RENDERED = {
    "citation": _citation,
    "heading_open": _opened_heading,
    "heading_close": _closed_heading,
    "th_open": _head_cell,
}
_READER = _reader()
