"""Every answer is Markdown whose fences are closed, whatever block of a real page it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from evals.docs_sets import SETS, data_folder
from evals.server import EvalError
from ingest.parsing import SUFFIXES, Block, BlockKind, ParseError, parse
from kb_server.answering.display import marks
from kb_server.index.records import Span

from .searches import Page, ask

MANUAL = Path(__file__).parents[3] / "corpus"
MAX_PAGES, MAX_BLOCKS = 30, 100
"""Of one set, evenly spread."""
MARKDOWN = MarkdownIt("commonmark").enable("table")


def _folders() -> Iterator[object]:
    yield pytest.param(MANUAL, id="manual")
    for name in SETS:
        yield pytest.param(name, id=name)


def _corpus(folder: Path | str) -> Path:
    if isinstance(folder, Path):
        return folder
    try:
        corpus = data_folder(None) / "docs" / folder / "corpus"
    except EvalError as error:
        pytest.skip(str(error))
    if not corpus.is_dir():
        pytest.skip(f"{corpus} is not there")
    return corpus


def _parts(block: Block) -> Iterator[Span]:
    """Give a block, and its halves as two chunks could share it."""
    middle = (block.span.start + block.span.end) // 2
    yield block.span
    yield Span(block.span.start, middle)
    yield Span(middle, block.span.end)


def _quoted(corpus: Path) -> list[tuple[Page, Span]]:
    """Give the code, and the lists with code, of all pages."""
    quoted = []
    paths = sorted(path for path in corpus.rglob("*") if path.suffix in SUFFIXES)
    for path in paths[:: len(paths) // MAX_PAGES + 1]:
        name = path.relative_to(corpus).as_posix()
        try:
            document = parse(name, path.read_bytes())
        except ParseError:
            continue
        page = Page(document.text, name)
        for block in document.blocks:
            if block.kind is BlockKind.CODE or "```" in block.span.of(page.text):
                quoted += [(page, part) for part in _parts(block)]
    return quoted[:: len(quoted) // MAX_BLOCKS + 1]


def _fault(page: Page, part: Span) -> str:
    """Say what is wrong with the answer that quotes ``part``; nothing where it is fine."""
    hit = page.hit()
    chunk = replace(hit.chunk, char_start=part.start, char_end=part.end)
    words = re.findall(r"\w+", part.of(page.text))[:12]
    answer = ask(f"code example {' '.join(words)}", (page, replace(hit, chunk=chunk)))
    wrong = [c.quote for c in answer.citations if c.quote != page.text[c.char_start : c.char_end]]
    numbers = [mark.number for mark in marks(answer.text)]
    code = [token.content for token in MARKDOWN.parse(answer.text) if token.type == "fence"]
    last = f"[{len(answer.citations)}]"
    if wrong or numbers != [*range(1, len(answer.citations) + 1)]:
        return f"{page.path}: citations do not match in {answer.text!r}"
    if any(each.rstrip().endswith(last) for each in code):
        return f"{page.path}: a fence is open in {answer.text!r}"
    return ""


@pytest.mark.parametrize("folder", list(_folders()))
def test_no_answer_leaves_a_fence_open(folder):
    quoted = _quoted(_corpus(folder))

    assert quoted
    assert [fault for page, part in quoted if (fault := _fault(page, part))] == []
