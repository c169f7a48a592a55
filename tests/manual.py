"""The manual in ``corpus/``, read for the tests that hold it against the code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.parsing import BlockKind, ParsedDocument, parse

CORPUS = Path(__file__).parents[1] / "corpus"
LANGS = ("en", "ko")

_CODE = re.compile(r"^```.*?^```$|``.+?``|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")


@dataclass(frozen=True)
class Page:
    """One page of the manual."""

    path: str
    source: str
    document: ParsedDocument

    @property
    def lang(self) -> str:
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        return self.path.partition("/")[2]

    @cached_property
    def headings(self) -> list[tuple[int, str, str]]:
        """Level, title and anchor of each heading."""
        blocks = self.document.blocks
        return [(b.level, b.title, b.anchor) for b in blocks if b.kind is BlockKind.HEADING]

    @cached_property
    def code_blocks(self) -> list[tuple[str, str]]:
        """Language and content of each fenced block."""
        fenced = [b.span.of(self.document.text) for b in self.document.blocks if b.kind is BlockKind.CODE]
        return [(text.splitlines()[0].strip("` "), "\n".join(text.splitlines()[1:-1])) for text in fenced]

    @cached_property
    def tables(self) -> list[list[list[str]]]:
        """The cells of each table, header row first."""
        return [
            [_cells(row.of(self.document.text)) for row in block.items]
            for block in self.document.blocks
            if block.kind is BlockKind.TABLE
        ]

    @cached_property
    def links(self) -> list[str]:
        """Targets of the links outside code."""
        return _LINK.findall(_CODE.sub("", self.source))

    @cached_property
    def images(self) -> list[tuple[str, str]]:
        """Description and file of each image."""
        return _IMAGE.findall(_CODE.sub("", self.source))

    @cached_property
    def examples(self) -> list[dict[str, Any]]:
        """The JSON examples; one that cannot be parsed fails the test that asks for them."""
        return [json.loads(body) for lang, body in self.code_blocks if lang == "json"]

    def section(self, title: str) -> str:
        """Give the text from the heading ``title`` to the next heading."""
        spans = [b for b in self.document.blocks if b.kind is BlockKind.HEADING]
        at = next(i for i, block in enumerate(spans) if block.title == title)
        end = spans[at + 1].span.start if at + 1 < len(spans) else len(self.document.text)
        return self.document.text[spans[at].span.end : end]

    def shell_commands(self) -> Iterator[list[str]]:
        """Give the words of each command in the shell examples, without variables set for it."""
        for lang, body in self.code_blocks:
            if lang == "sh":
                for line in body.replace("\\\n", " ").splitlines():
                    words = shlex.split(line, comments=True)
                    while words and _ASSIGNMENT.fullmatch(words[0]):
                        words = words[1:]
                    if words:
                        yield words


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def read_manual() -> dict[str, Page]:
    """Read every page, by path such as ``en/index.md``."""
    pages = {}
    for file in sorted(CORPUS.rglob("*.md")):
        path = file.relative_to(CORPUS).as_posix()
        data = file.read_bytes()
        pages[path] = Page(path, data.decode("utf-8"), parse(path, data))
    return pages
