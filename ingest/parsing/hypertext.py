"""HTML pages → tree."""

from __future__ import annotations

import re

from ingest.parsing.elements import Element, read_elements
from ingest.parsing.fragments import nodes_of, text_of
from ingest.parsing.tabs import open_panels
from ingest.parsing.tags import Markup
from ingest.parsing.tree import Text, TextLine, Tree, clean

_RAW = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


def read_hypertext(path: str, lines: list[str], first: int) -> Tree:
    """Read the main part of an HTML page; navigation, scripts and footers are left out."""
    del path
    source = _RAW.sub(lambda match: "\n" * match[0].count("\n"), "\n".join(lines))
    root = read_elements(source, first, Markup(source.split("\n"), size=len(source)))
    open_panels(root)
    elements = list(root.walk())
    title = next((element for element in elements if element.name == "title"), None)
    page = next((element for element in elements if element.name == "html"), None)
    return Tree(
        nodes_of(_main_part(root, elements), _as_it_stands),
        title=" ".join(clean(text_of(title)).split()) if title else "",
        lang=page.tag.attributes.get("lang", "") if page else "",
    )


def _as_it_stands(text: str, line: int) -> Text:
    return [TextLine(text, line)]


def _main_part(root: Element, elements: list[Element]) -> Element:
    """Choose the element that holds what the page is about."""
    for is_main in (_is_main, _is_article):
        found = [element for element in elements if is_main(element)]
        if len(found) == 1 and text_of(found[0]).strip():
            return Element(root.tag, root.line, [found[0]])
    return root


def _is_main(element: Element) -> bool:
    return element.name == "main" or element.tag.attributes.get("role") == "main"


def _is_article(element: Element) -> bool:
    return element.name == "article"
