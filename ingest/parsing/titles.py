"""The title of a page: as its writer named it, else its heading, else its place among the files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from ingest.parsing.tree import Anchor, Heading, Node, Tree, plain
from kb_server.index.records import MetadataValue

_INDEX = frozenset({"index", "_index", "readme"})
_TRAIL = re.compile(r"\S\s+[>›»→]\s+\S")
# fmt: off
_GENERAL = frozenset(
    {
        "about", "admin", "api", "basics", "changelog", "code", "codes", "console", "error", "errors", "faq",
        "getting", "guide", "guides", "home", "install", "installation", "intro", "introduction", "main",
        "manual", "notes", "overview", "quick", "quickstart", "reference", "release", "releases", "setup",
        "shooting", "start", "started", "trouble", "troubleshooting", "usage", "user",
        "가이드", "개요", "관리자", "노트", "도움말", "매뉴얼", "문제", "빠른", "사용", "사용자", "설치",
        "소개", "시작", "시작하기", "안내", "오류", "자주", "묻는", "질문", "릴리스", "코드", "콘솔", "해결",
    }
)
"""Words of file names that every product has pages for."""
_SHELVES = frozenset(
    {
        "content", "contents", "corpus", "doc", "docs", "documentation", "en", "guide", "guides", "help",
        "ko", "kr", "manual", "pages", "src", "wiki", "문서", "가이드",
    }
)
# fmt: on
"""Folders that say nothing about the pages in them."""
_VERSION = re.compile(r"v?\d[\d.]*", re.IGNORECASE)


def title_of(path: str, metadata: Mapping[str, MetadataValue], tree: Tree) -> str:
    """Give the title in the front matter, that of the page, or the heading that acts as one.

    Else it is the file name, with the folder where the name alone would fit a page of any product.
    """
    named = metadata.get("title", "")
    if isinstance(named, str) and named:
        return named
    return tree.title or _title_of_headings(path, tree.nodes) or _title_of_path(path)


def _title_of_headings(path: str, nodes: Sequence[Node]) -> str:
    """Give a first heading of level 1, or one that stands above all else and has no equal below it.

    A trail such as ``Cloud > Mail > Console`` says itself that it names the page. A file name with spaces is
    a title that a person wrote, as in a vault of notes: only a trail or level 1 goes before it.
    """
    headings = [node for node in nodes if isinstance(node, Heading)]
    if not headings:
        return ""
    first = headings[0]
    title = plain(first.text).replace("`", "")
    if first.level == 1:
        return title
    is_top = next(node for node in nodes if not isinstance(node, Anchor)) is first
    is_alone = all(other.level > first.level for other in headings[1:] if other.level)
    is_slug = " " not in PurePosixPath(path).stem
    acts_as_title = first.level > 1 and is_top and (_TRAIL.search(title) or (is_alone and is_slug))
    return title if acts_as_title else ""


def _title_of_path(path: str) -> str:
    """Make a title of a file name, with the folder where the name alone says too little.

    >>> _title_of_path("guide/getting-faster.md"), _title_of_path("mail/index.md")
    ('getting faster', 'mail')
    >>> _title_of_path("Mail/console-guide.md"), _title_of_path("docs/overview.md")
    ('Mail: console guide', 'overview')
    """
    parts = PurePosixPath(path)
    folder = parts.parent.name
    if parts.stem.lower() in _INDEX and folder:
        return _spaced(folder) or parts.name
    title = _spaced(parts.stem)
    if title and folder and _is_general(title) and not _is_shelf(folder):
        return f"{_spaced(folder)}: {title}"
    return title or parts.name


def _spaced(name: str) -> str:
    return " ".join(name.replace("-", " ").replace("_", " ").split())


def _is_general(title: str) -> bool:
    return _GENERAL.issuperset(title.lower().split())


def _is_shelf(folder: str) -> bool:
    return folder.lower() in _SHELVES or _VERSION.fullmatch(folder) is not None or not _spaced(folder)
