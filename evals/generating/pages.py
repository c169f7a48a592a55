"""Pages as questions are made of them: sections under headings, and which pages are translations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.text import plain

_HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t#]*")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*|__|(?<!\\)[`*]")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_LANGUAGE_FOLDER = re.compile(r"(?:^|(?<=/))(?:en|ko|en-us|ko-kr)(?=/)", re.IGNORECASE)
_SAME_PAGE_KEYS = ("permalink", "slug")
"""Front matter by which site generators name a page in all of its languages."""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next."""

    path: str
    level: int
    heading: str
    """As it stands in the text, with its marks."""
    number: int
    """Its place among the headings of the page."""
    body: str

    @property
    def words(self) -> str:
        """Give the heading as a reader sees it."""
        return shown(self.heading)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the index."""

    path: str
    title: str
    lang: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()

    @property
    def is_faq(self) -> bool:
        """Tell whether the page says of itself that its headings are questions."""
        return self.metadata.get("type") == "faq"

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the levels of the headings: translations of one another have the same."""
        return tuple(section.level for section in self.sections)


def page_of(info: Mapping[str, Any], text: str) -> Page:
    """Cut the text of a page of ``GET /v1/documents`` at its headings."""
    sections = tuple(_sections(info["path"], text))
    return Page(info["path"], info["title"], info["lang"], info["metadata"], sections)


def shown(heading: str) -> str:
    r"""Drop the marks of a heading.

    >>> shown("Set `KB_PORT` in [kb.toml](settings.md) \\(optional\\)")
    'Set KB_PORT in kb.toml (optional)'
    """
    return " ".join(_ESCAPE.sub(r"\1", _MARKS.sub("", _LINK.sub(r"\1", heading))).split())


def _sections(path: str, text: str) -> Iterator[Section]:
    current: tuple[int, str] | None = None
    body: list[str] = []
    number = 0
    for line, heading in _lines(text):
        if heading is None:
            body.append(line)
            continue
        if current is not None:
            yield Section(path, *current, number, "\n".join(body).strip())
            number += 1
        current, body = (len(heading[1]), heading[2]), []
    if current is not None:
        yield Section(path, *current, number, "\n".join(body).strip())


def _lines(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Give each line, with its heading where it is one: a comment in a code block is none."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence):
            fence = ""
            yield line, None
            continue
        yield line, None if fence else _HEADING.fullmatch(line)


def translations(pages: Sequence[Page]) -> dict[str, str]:
    """Give for each page the path of its translation, where both say so or are named alike.

    A page names the other in ``translation_of``; else they lie at the same path below folders of their
    languages, or have the same ``permalink`` or ``slug``.
    """
    by_path = {page.path: page for page in pages}
    found: dict[str, str] = {}
    for page in pages:
        other = str(page.metadata.get("translation_of", ""))
        if other in by_path and by_path[other].lang != page.lang:
            found.setdefault(page.path, other)
            found.setdefault(other, page.path)
    for key in (_path_without_language, _name_of_page):
        _pair(pages, key, found)
    return found


def _pair(pages: Sequence[Page], key: Any, found: dict[str, str]) -> None:
    named: dict[str, list[Page]] = {}
    for page in pages:
        if page.path not in found and (name := key(page)):
            named.setdefault(name, []).append(page)
    for same in named.values():
        if len(same) == 2 and same[0].lang != same[1].lang:  # noqa: PLR2004 - one of each language
            first, second = same
            found[first.path], found[second.path] = second.path, first.path


def _path_without_language(page: Page) -> str:
    bare, count = _LANGUAGE_FOLDER.subn("", page.path, count=1)
    return bare if count else ""


def _name_of_page(page: Page) -> str:
    return next((f"{key}={page.metadata[key]}" for key in _SAME_PAGE_KEYS if page.metadata.get(key)), "")


def repeated_headings(pages: Sequence[Page]) -> set[str]:
    """Give the headings, in plain words, under which several sections of the pages stand."""
    seen: set[str] = set()
    twice: set[str] = set()
    for page in pages:
        for section in page.sections:
            name = plain(section.heading)
            (twice if name in seen else seen).add(name)
    return twice
