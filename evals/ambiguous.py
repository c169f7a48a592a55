"""Make documentation of two products, and words that mean several pages, out of one product's pages.

The second product is the first one under another name. In it the numbers and the names of buttons and menus
(bold text) are others, and each statement holds for one plan only, so that the two answer differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.docs_sets import Question, folder_language

OTHER_NAME = "Corvento"
"""Of the second product; no set holds the word."""
_PRODUCT_NAMES = {
    "bitwarden": r"Bitwarden",
    "fastapi": r"FastAPI",
    "frigate": r"Frigate",
    "obsidian": r"Obsidian|옵시디언",
    "portone": r"PortOne|포트원",
}
_FENCE = re.compile(r"^(?:```|~~~)")
_BOLD = re.compile(r"\*\*([^*\n]{2,40})\*\*")
_NUMBER = re.compile(r"(?<![\w.#/\-])\d{1,4}(?![\w./\-)])")
_TITLE = re.compile(r"\A---\n(?:.*\n)*?title:\s*[\"']?(.+?)[\"']?\s*\n")
_HEADING = re.compile(r"^#{1,4}\s+(.+?)(?:\s*\{[^}]*\})?\s*#*$")
_WORD = re.compile(r"[a-zA-Z]{4,}")
_KOREAN_NOUN = re.compile(r"[가-힣]{2,4}")
_HANGUL = re.compile(r"[가-힣]")
_STATEMENT = re.compile(r"(?<=\w)[.:]?\s*$")
_STATEMENT_WORDS = 4
_OFFSET = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word of headings, and on how many pages' headings it stands."""

    text: str
    lang: str
    pages: int
    is_title: bool
    """Whether it is the whole title of a page."""


def product_name(name: str) -> str:
    """Give the name of the product of a docs set, as a question would say it."""
    return _PRODUCT_NAMES[name].split("|", maxsplit=1)[0]


def renamed(text: str, name: str, *, differs: bool) -> str:
    """Give a page of the second product; where it ``differs``, its numbers and bold names are others.

    >>> renamed("Open **Sync** in Obsidian after 5 minutes.", "obsidian", differs=True)
    'Open **Sync panel** in Corvento after 8 minutes (plan 4 only).'
    """
    lines = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        lines.append(line if fenced or _HEADING.match(line) or not differs else _changed(line))
    return re.sub(_PRODUCT_NAMES[name], OTHER_NAME, "\n".join(lines))


def _changed(line: str) -> str:
    line = _BOLD.sub(r"**\1 panel**", line)
    line = _NUMBER.sub(lambda match: str(int(match.group()) + _OFFSET), line)
    if len(line.split()) < _STATEMENT_WORDS or not _STATEMENT.search(line):
        return line
    limit = " (4단계 요금제만)" if _HANGUL.search(line) else " (plan 4 only)"
    return _STATEMENT.sub(lambda match: limit + match.group(), line)


def with_product(text: str, product: str) -> str:
    r"""Name the product in the front matter of a page.

    >>> with_product("---\ntitle: A\n---\nText", "X"), with_product("Text", "X")
    ('---\nproduct: X\ntitle: A\n---\nText', '---\nproduct: X\n---\n\nText')
    """
    if text.startswith("---\n"):
        return f"---\nproduct: {product}\n{text[4:]}"
    return f"---\nproduct: {product}\n---\n\n{text}"


def write_products(name: str, corpus: Path, paths: Mapping[str, str], target: Path) -> None:
    """Write the pages at ``paths`` for both products below ``target``.

    The value of each path is what the second product has: ``differs``, ``same`` or ``lacks`` the page.
    """
    files = {unicodedata.normalize("NFC", str(file.relative_to(corpus))): file for file in corpus.rglob("*")}
    for path, second in paths.items():
        text = files[path].read_text(encoding="utf-8")
        _write(target / "first" / path, with_product(text, product_name(name)))
        if second != "lacks":
            other = renamed(text, name, differs=second == "differs")
            _write(target / "second" / path, with_product(other, OTHER_NAME))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def single_page_questions(questions: Sequence[Question]) -> list[Question]:
    """Give the answerable questions that one page in their own language answers."""
    return [
        question
        for question in questions
        if question.answerable and not question.cross_lingual and _own_page(question)
    ]


def _own_page(question: Question) -> str:
    paths = {item.path for item in question.relevant}
    own = {path for path in paths if folder_language(path) in ("", question.lang)}
    return own.pop() if len(own) == 1 else ""


def own_page(question: Question) -> str:
    """Give the one page in the language of a question of ``single_page_questions`` that answers it."""
    return _own_page(question)


def heading_words(corpus: Path, lang: str) -> list[Word]:
    """Give the words of all headings of the pages in ``lang``, most common first."""
    pages: defaultdict[str, set[Path]] = defaultdict(set)
    titles: set[str] = set()
    for file in sorted(corpus.rglob("*.md*")):
        headings, title = _headings(file)
        titles |= {title.casefold(), unicodedata.normalize("NFC", file.stem).casefold()}
        for heading in headings:
            if bool(_HANGUL.search(heading)) == (lang == "ko"):
                for word in _words(heading, lang):
                    pages[word].add(file)
    words = [Word(word, lang, len(of), word in titles) for word, of in pages.items()]
    return sorted(words, key=lambda word: (-word.pages, word.text))


def _headings(file: Path) -> tuple[list[str], str]:
    """Give all headings of a file, and its title: from the front matter, else the first heading."""
    text = file.read_text(encoding="utf-8")
    headings = [match.group(1) for line in text.split("\n") if (match := _HEADING.match(line))]
    named = _TITLE.search(text)
    return headings, named.group(1) if named else next(iter(headings), "")


def _words(heading: str, lang: str) -> set[str]:
    if lang == "ko":
        return {word for word in heading.split() if _KOREAN_NOUN.fullmatch(word)}
    return {word.casefold() for word in _WORD.findall(heading)}
