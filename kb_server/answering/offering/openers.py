"""What to ask first, when nothing has been asked yet: the most typical sections, one of a page.

Typical is what lies near the middle of all sections of a language. Before one is offered it is asked itself
(see ``probing``), as every other suggestion is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.answering.quoting.headings import is_bare_word, is_question, overlap, readable, with_title
from kb_server.index.language import detect_language
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document
from kb_server.index.tokenization import tokenize

MAX_OPENERS = 3
_HOW_TO = re.compile(r"^how (?:do|can|to|should)\b|어떻게|방법", re.IGNORECASE)
_TRIED = 8
_READ = 300
"""The sections nearest to the middle whose headings are looked at."""
_SAMPLE = 20_000
"""The middle of more rows than this is near that of a sample of them."""
_SAME = 0.5
"""Share of common terms from which on two questions are one."""


def propose(reader: IndexReader, lang: str) -> tuple[Probe, ...]:
    """Give what may be worth asking first in ``lang``, most typical first, each still to be asked itself.

    Headings that ask how something is done come first, then other questions, then the rest.
    """
    # The sort is stable: the most typical stay first among their like.
    found = sorted(
        _candidates(reader, lang),
        key=lambda probe: (not _HOW_TO.search(probe.text), not is_question(probe.text)),
    )
    chosen: list[Probe] = []
    for probe in found:
        if len(chosen) == _TRIED:
            break
        if all(probe.doc_id != other.doc_id and overlap(probe.text, other.text) < _SAME for other in chosen):
            chosen.append(probe)
    return tuple(chosen)


def settle(probes: Sequence[Probe], outcomes: Sequence[Outcome]) -> list[str]:
    """Keep the first ones that were answered from the section that they were made from."""
    held = (probe.text for probe, got in zip(probes, outcomes, strict=False) if probe.holds(got))
    return [text for _, text in zip(range(MAX_OPENERS), held, strict=False)]


def _candidates(reader: IndexReader, lang: str) -> Iterator[Probe]:
    flagged = reader.flags()
    documents = reader.documents()
    rows = _typical(reader, lang)
    for row, chunk, section in zip(rows, reader.chunks(rows), reader.texts(rows), strict=True):
        document = documents[int(reader.row_documents[row])]
        paths = [section.heading_path for section in chunk.sections] or [chunk.heading_path]
        if document.path in flagged or not paths[0]:
            continue
        text = _text(document, paths[0])
        # ``In a hurry?`` addresses the reader and asks nothing.
        says = not set(tokenize(text)).isdisjoint(tokenize(section))
        if text and says and not is_bare_word(text) and detect_language(text) == lang:
            yield Probe(text, {}, document.doc_id, paths[0])


def _typical(reader: IndexReader, lang: str) -> list[int]:
    """Give rows of ``lang``, nearest to their middle first."""
    spoken = np.array([document.lang == lang for document in reader.documents()], dtype=bool)
    rows: NDArray[np.int64] = np.flatnonzero(spoken[reader.row_documents])
    if not len(rows):
        return []
    sample = rows[:: 1 + len(rows) // _SAMPLE]
    vectors = np.asarray(reader.vectors[sample])
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")[:_READ]
    typical: list[int] = sample[order].tolist()
    return typical


def _text(document: Document, heading_path: tuple[str, ...]) -> str:
    heading, title = readable(heading_path[-1]), readable(document.title)
    if not heading or is_question(heading):
        return heading
    return with_title(title, heading) if title and not is_question(title) else ""
