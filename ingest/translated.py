"""Translations whose other page is not there: they are served, but not preferred to it."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.corpus import Corpus
from ingest.report import FileWarning
from kb_server.index.reader import IndexReader
from kb_server.index.records import TRANSLATION_OF, Document

_REMEDY = "write its path as the index has it, such as 'en/install.md'"


def without_source(corpus: Corpus, served: IndexReader | None) -> tuple[FileWarning, ...]:
    """Warn of each page whose ``translation_of`` names no page of ``corpus``.

    Pages that were not read in this run are named only where this run removes what they translate.
    """
    return tuple(
        FileWarning(document.path, 0, f"translation_of {source!r} is no page of this index; {_REMEDY}")
        for document in _affected(corpus, served)
        if (source := document.metadata.get(TRANSLATION_OF)) is not None and source not in corpus.sources
    )


def _affected(corpus: Corpus, served: IndexReader | None) -> Iterator[Document]:
    for _, record in sorted(corpus.records.items()):
        yield record.document
    if served is not None and corpus.pages.removed:
        carried = corpus.sources.keys() - corpus.records.keys()
        for document in served.documents():
            if document.path in carried and document.metadata.get(TRANSLATION_OF) in corpus.pages.removed:
                yield document
