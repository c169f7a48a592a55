"""What the pages of a version should not be taken at their word for, as places that an editor can jump to."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.corpus import Corpus
from ingest.report import FlaggedPlace
from kb_server.index.reader import IndexReader
from kb_server.index.records import Revision, doc_id_of

_SHOWN = 100
"""Characters of the text that tell which one is meant."""


def flagged_places(corpus: Corpus, served: IndexReader | None) -> tuple[FlaggedPlace, ...]:
    """List the flags of all documents of ``corpus``, those carried over from ``served`` included, by path."""
    found = {path: record.revision for path, record in corpus.records.items() if record.revision.flags}
    if served is not None:
        carried = served.flags().keys() & corpus.sources.keys() - corpus.records.keys()
        found |= {path: served.revision(doc_id_of(path)) for path in carried}
    return tuple(place for path in sorted(found) for place in places_of(path, found[path]))


def places_of(path: str, revision: Revision) -> Iterable[FlaggedPlace]:
    """Give the flags of one page, in the order of their spans."""
    for flag in revision.flags:
        text = revision.text[flag.char_start : flag.char_end].partition("\n")[0]
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
        yield FlaggedPlace(path, flag.line, flag.kind, shown)
