"""Pages for measuring size: those of the docs sets, or as many as wanted made of their paragraphs."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from evals.docs_sets import SETS
from evals.server import EvalError

PRODUCT = "tenth"
PREFIX = "obsidian/"
"""Pages of one set; every fifth of the synthetic ones."""
_EVERY = 10
_SECTIONS = 10
"""Sections of a synthetic page, each about one chunk."""
_SECTION_CHARS = 500
_PARAGRAPH = re.compile(r"^(?=[^\W\d_]).{60,400}$", re.MULTILINE)
_MARKS = re.compile(r"[<>{}\[\]()*`|\\]|https?://\S+")
_HANGUL = re.compile(r"[가-힣]")

Page = tuple[str, str]
"""Path and source."""


def real_pages(docs: Path) -> Iterator[Page]:
    """Give the pages of all docs sets, each set in a folder of its name."""
    for name in SETS:
        corpus = docs / name / "corpus"
        if not corpus.is_dir():
            raise EvalError(f"{corpus} is missing.")
        for path in sorted(corpus.rglob("*")):
            if path.is_file():
                yield f"{name}/{path.relative_to(corpus).as_posix()}", path.read_text(encoding="utf-8")


def synthetic_pages(docs: Path, chunks: int, *, seed: int = 0) -> Iterator[Page]:
    """Give pages that make about ``chunks`` chunks, two thirds English and one third Korean."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    paragraphs = sorted({clean for _, source in real_pages(docs) for clean in paragraphs_of(source)})
    korean = [text for text in paragraphs if _HANGUL.search(text)]
    english = [text for text in paragraphs if not _HANGUL.search(text)]
    folders = [name if name == PREFIX.rstrip("/") else f"part-{name}" for name in SETS]
    for number in range(max(1, chunks // _SECTIONS)):
        texts = korean if number % 3 == 0 else english
        sections = [_section(texts, rng) for _ in range(_SECTIONS)]
        body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections)
        title = f"# {rng.choice(texts)[:50].strip()}"
        yield f"{folders[number % len(folders)]}/{number:06}.md", f"{title}\n\n{body}\n"


def paragraphs_of(source: str) -> list[str]:
    r"""Give the lines of running text, without marks.

    >>> paragraphs_of("# Keys\n\nPress the **OK** key to confirm what you have chosen on the screen.\n")
    ['Press the OK key to confirm what you have chosen on the screen.']
    """
    cleaned = (_MARKS.sub("", text).strip() for text in _PARAGRAPH.findall(source))
    return [text for text in cleaned if text]


def write_pages(pages: Iterable[Page], target: Path) -> int:
    """Write ``pages`` below ``target``, every tenth with the product in its front matter; give how many."""
    count = 0
    for count, (path, source) in enumerate(pages, start=1):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(with_product(source) if count % _EVERY == 0 else source, encoding="utf-8")
    return count


def with_product(source: str) -> str:
    r"""Name the product in the front matter, in place of the one that it names, or begin one.

    >>> with_product("---\ntitle: Keys\n---\nPress.")
    '---\nproduct: tenth\ntitle: Keys\n---\nPress.'
    """
    opening = f"---\nproduct: {PRODUCT}\n"
    if not source.startswith("---\n"):
        return f"{opening}---\n\n{source}"
    front, rest = source[4:].split("\n---", 1)
    kept = [line for line in front.split("\n") if not line.startswith("product:")]
    return opening + "\n".join(kept) + "\n---" + rest


def _section(texts: list[str], rng: random.Random) -> tuple[str, str]:
    heading = rng.choice(texts)[:40].strip()
    text: list[str] = []
    while sum(map(len, text)) < _SECTION_CHARS:
        text.append(rng.choice(texts))
    return heading, "\n\n".join(text)
