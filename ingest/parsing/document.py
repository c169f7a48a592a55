"""One source file → ParsedDocument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from ingest.parsing.canonical import write
from ingest.parsing.front_matter import read_front_matter
from ingest.parsing.hypertext import read_hypertext
from ingest.parsing.markdown import read_markdown
from ingest.parsing.model import ParsedDocument, ParseError
from ingest.parsing.outline import settle
from ingest.parsing.pictures import without_pictures
from ingest.parsing.plain import read_plain
from ingest.parsing.restructured import read_restructured
from ingest.parsing.sources import decode
from ingest.parsing.titles import title_of
from ingest.parsing.tree import Tree
from kb_server.index.language import detect_language
from kb_server.index.records import MetadataValue

PARSER_VERSION = "6"
"""Raise it with every change of the canonical text or of what is flagged: documents are then read again."""

_Reader = Callable[[str, list[str], int], Tree]
_READERS: dict[str, _Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".mdx": read_markdown,
    ".txt": read_plain,
    ".html": read_hypertext,
    ".htm": read_hypertext,
    ".rst": read_restructured,
}
SUFFIXES = frozenset(_READERS)
"""Suffixes of the files that can be read."""

_LANGUAGES = frozenset({"en", "ko"})


def parse(path: str, data: bytes) -> ParsedDocument:
    r"""Read the source file ``path`` (its suffix names the format) into canonical text.

    Raises ParseError, and nothing else, for content that cannot be understood.

    >>> parse("guide.md", b"# Guide\n\nPress *Start*.").text
    '# Guide\n\nPress Start.'
    """
    reader = _READERS.get(PurePosixPath(path).suffix.lower())
    if reader is None:
        raise ParseError(
            path, 1, f"files of this type are not read; use one of {', '.join(sorted(SUFFIXES))}"
        )
    lines = decode(path, data).split("\n")
    front = read_front_matter(path, lines)
    try:
        tree = reader(path, lines[front.lines :], front.lines + 1)
        tree.nodes = without_pictures(tree.nodes)
        title = title_of(path, front.metadata, tree)
        canonical = write(settle(tree.nodes, path=path, title=title))
    except RecursionError as error:
        raise ParseError(
            path, front.lines + 1, "nested too deeply to be read; flatten the lists and quotes"
        ) from error
    return ParsedDocument(
        title=title,
        lang=_language(front.metadata, tree, canonical.text),
        text=canonical.text,
        blocks=canonical.blocks,
        source_map=canonical.source_map,
        metadata=front.metadata,
        warnings=(*front.warnings, *tree.warnings),
    )


def _language(metadata: dict[str, MetadataValue], tree: Tree, text: str) -> str:
    for named in (metadata.get("lang"), metadata.get("language"), tree.lang):
        primary = named.replace("_", "-").split("-")[0].lower() if isinstance(named, str) else ""
        if primary in _LANGUAGES:
            return primary
    return detect_language(text)
