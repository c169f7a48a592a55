"""The plain recipe of LangChain's tutorials: split by characters, embed with MiniLM, ask Chroma.

``RecursiveCharacterTextSplitter(1000, 200)`` over the raw files, all-MiniLM-L6-v2, Chroma as it comes.
Needs the extra ``bench``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any

from evals.docs_sets import folder_language
from evals.measures import Passage
from evals.plain_encoder import PlainEncoder
from evals.server import EvalError

CHUNK_CHARS = 1000
OVERLAP_CHARS = 200
_ADD_AT_ONCE = 2000
_COMPLETE = "complete"
_HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*$")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)


class MiniLMEmbeddings:
    """What LangChain asks of an embedding model, on the plain encoder."""

    def __init__(self) -> None:
        """Load the model."""
        self._encoder = PlainEncoder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Give one vector per text."""
        vectors: list[list[float]] = self._encoder.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Give the vector of a question."""
        return self.embed_documents([text])[0]


class PlainIndex:
    """A Chroma collection of character chunks, as passages with path, title and headings."""

    def __init__(self, corpus: Path, work: Path) -> None:
        """Index ``corpus`` below ``work``, or open what an earlier run left there for the same files."""
        try:
            from langchain_chroma import Chroma  # noqa: PLC0415 - optional
        except ImportError as error:
            raise EvalError(
                f"{error}: install the extra `bench`, as in: pip install 'kb-server[bench]'"
            ) from error
        files = read_files(corpus)
        folder = work / _content_name(files)
        complete = (folder / _COMPLETE).exists()
        if not complete:
            shutil.rmtree(folder, ignore_errors=True)
        self._store: Any = Chroma(
            collection_name="plain", embedding_function=MiniLMEmbeddings(), persist_directory=str(folder)
        )
        if not complete:
            self._fill(files)
            (folder / _COMPLETE).touch()

    def _fill(self, files: dict[str, str]) -> None:
        from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415 - optional

        splitter = RecursiveCharacterTextSplitter(
            chunk_size=CHUNK_CHARS, chunk_overlap=OVERLAP_CHARS, add_start_index=True
        )
        metadata = [{"path": path, "lang": folder_language(path)} for path in files]
        documents = splitter.create_documents(list(files.values()), metadata)
        titles = {path: title_of(path, text) for path, text in files.items()}
        headings = {path: heading_lines(text) for path, text in files.items()}
        for document in documents:
            path = document.metadata["path"]
            above = headings_above(headings[path], document.metadata["start_index"])
            document.metadata |= {"title": titles[path], "headings": "\n".join(above)}
        for start in range(0, len(documents), _ADD_AT_ONCE):
            self._store.add_documents(documents[start : start + _ADD_AT_ONCE])

    def search(self, query: str, k: int, *, lang: str = "") -> list[Passage]:
        """Give the ``k`` nearest chunks, only of pages in a folder named ``lang`` where one is given."""
        found = self._store.similarity_search(query, k=k, filter={"lang": lang} if lang else None)
        return [
            {
                "path": document.metadata["path"],
                "title": document.metadata["title"],
                "heading_path": document.metadata["headings"].split("\n"),
                "text": document.page_content,
            }
            for document in found
        ]


def read_files(corpus: Path) -> dict[str, str]:
    """Read the text of every file, by its path below ``corpus`` in composed Unicode."""
    return {
        unicodedata.normalize("NFC", path.relative_to(corpus).as_posix()): path.read_text(encoding="utf-8")
        for path in sorted(corpus.rglob("*"))
        if path.is_file()
    }


def title_of(path: str, text: str) -> str:
    """Give the title in the front matter, else the first heading, else the file's name."""
    front = text.split("\n---", 1)[0] if text.startswith("---") else ""
    named = _TITLE.search(front)
    if named:
        return named[1]
    headings = heading_lines(text)
    return headings[0][2] if headings else Path(path).stem


def heading_lines(text: str) -> list[tuple[int, int, str]]:
    r"""Give offset, level and text of the ``#`` headings outside of fenced code.

    >>> heading_lines("# A\n```\n# no\n```\n## B")
    [(0, 1, 'A'), (17, 2, 'B')]
    """
    found = []
    offset, fenced = 0, False
    for line in text.splitlines(keepends=True):
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line.rstrip())
        if heading:
            found.append((offset, len(heading[1]), heading[2]))
        offset += len(line)
    return found


def headings_above(headings: list[tuple[int, int, str]], start: int) -> list[str]:
    """Give the headings of the section in which offset ``start`` lies, from the top.

    >>> headings_above([(0, 1, "A"), (10, 2, "B"), (20, 2, "C")], 25)
    ['A', 'C']
    """
    path: list[tuple[int, str]] = []
    for offset, level, text in headings:
        if offset > start:
            break
        path = [item for item in path if item[0] < level] + [(level, text)]
    return [text for _, text in path]


def _content_name(files: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    return f"{CHUNK_CHARS}-{OVERLAP_CHARS}-{digest[:16]}"
