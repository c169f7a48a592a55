"""Chunking, apart from parsing: pages are built from a small Markdown dialect.

Blocks are separated by blank lines, as in canonical text. ``# Title`` is a heading, ``#? Title`` opens an FAQ
item (the mark is dropped), lists, tables and fences are recognised by their first characters.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ingest.chunking import chunk, encoder_input
from ingest.parsing.model import Block, BlockKind, ParsedDocument
from kb_server.index.language import detect_language
from kb_server.index.records import (
    Chunk,
    MetadataValue,
    SourceMap,
    Span,
    revision_of,
)

SENTENCE = "The server keeps the last published index while a new one is being built. "
KOREAN_SENTENCE = "새 색인을 만드는 동안 서버는 마지막으로 게시한 색인을 계속 제공합니다. "


_BLOCK = re.compile(r"```.*?\n```|[^\n](?:[^\n]|\n(?!\n))*", re.DOTALL)
_ITEM = re.compile(r"^(?:- |\d+\. )", re.MULTILINE)


def page(
    text: str, *, title: str = "Page", metadata: dict[str, MetadataValue] | None = None
) -> ParsedDocument:
    """Give the document whose canonical text is ``text`` (without the question marks of headings)."""
    questions = {match.group(1) for match in re.finditer(r"^#+\? (.+)$", text, re.MULTILINE)}
    text = re.sub(r"^(#+)\? ", r"\1 ", text, flags=re.MULTILINE)
    text = re.sub(r" +$", "", text, flags=re.MULTILINE).strip("\n")
    blocks = tuple(_block(text, Span(*match.span()), questions) for match in _BLOCK.finditer(text))
    lines = SourceMap(tuple(block.span.start for block in blocks), tuple(range(1, len(blocks) + 1)))
    return ParsedDocument(
        title=title,
        lang=detect_language(text),
        text=text,
        blocks=blocks,
        source_map=lines,
        metadata=metadata or {},
    )


def _block(text: str, span: Span, questions: set[str]) -> Block:
    content = span.of(text)
    if content.startswith("#"):
        marks, title = content.split(" ", 1)
        anchor = re.sub(r"\W+", "-", title.lower()).strip("-")
        return Block(
            BlockKind.HEADING,
            span,
            level=len(marks),
            title=title,
            anchor=anchor,
            is_question=title in questions,
        )
    if content.startswith("```"):
        return Block(BlockKind.CODE, span)
    if content.startswith("|"):
        rows = [Span(span.start + m.start(), span.start + m.end()) for m in re.finditer(r".+", content)]
        return Block(BlockKind.TABLE, span, items=(rows[0], *rows[2:]))
    starts = [span.start + match.start() for match in _ITEM.finditer(content)]
    if starts:
        edges = [*starts, span.end + 1]
        items = tuple(Span(a, b - 1) for a, b in pairwise(edges))
        return Block(BlockKind.LIST, span, ordered=content[0].isdigit(), items=items)
    return Block(BlockKind.PARAGRAPH, span)


class WordBudget:
    """Counts words, and two special tokens as BERT adds them."""

    def __init__(self, limit: int = 120) -> None:
        self.limit = limit
        self.counted = 0

    def count(self, text: str) -> int:
        self.counted += len(text)
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2


class CharacterBudget:
    """Counts characters, white space included: a tokenizer for which every joint costs something."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def count(self, text: str) -> int:
        return len(text)


def chunks_of(
    text: str, *, limit: int = 120, title: str = "Page", metadata: dict[str, MetadataValue] | None = None
) -> list[tuple[str, Chunk]]:
    document = page(text, title=title, metadata=metadata)
    return [(document.text[c.char_start : c.char_end], c) for c in chunked(document, WordBudget(limit))]


def chunked(document: ParsedDocument, budget: WordBudget | CharacterBudget) -> list[Chunk]:
    return chunk(document, doc_id="d_1", revision=revision_of(document.text), budget=budget)


def texts_of(text: str, *, limit: int = 120) -> list[str]:
    return [content for content, _ in chunks_of(text, limit=limit)]


def assert_invariants(document: ParsedDocument, budget: WordBudget | CharacterBudget) -> None:
    found = chunked(document, budget)
    covered = bytearray(len(document.text))
    for item in found:
        starts = [section.char_start for section in item.sections]
        assert starts == sorted(set(starts))
        assert len(starts) != 1
        assert starts[:1] in ([], [item.char_start])
        content = document.text[item.char_start : item.char_end]
        assert content.strip()
        assert budget.count(encoder_input(item.context, content)) <= budget.limit
        covered[item.char_start : item.char_end] = b"\1" * len(content)
    assert all(before.char_end <= after.char_start for before, after in pairwise(found))
    assert len({item.chunk_id for item in found}) == len(found)
    for block in document.blocks:
        if block.kind is not BlockKind.HEADING:
            left = "".join(
                char
                for char, seen in zip(
                    block.span.of(document.text), covered[block.span.start : block.span.end], strict=True
                )
                if not seen
            )
            assert not left.strip()
