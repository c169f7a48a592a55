"""What to ask next: sections near the question that answer when they are asked for.

Candidates are the headings of the pages that were found: of the nearest ones those that ask first, names of
settings and fields never. A heading that many pages could carry gets the title of its page; one that is a
question stays as it is. Before one is offered it is asked (see ``probing``), within the same version and
filters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from kb_server.answering.answer import ComposedAnswer, Reason, Status
from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.answering.quoting.headings import (
    counted,
    is_bare_word,
    is_only_names,
    is_question,
    overlap,
    readable,
    with_title,
)
from kb_server.index.language import detect_language
from kb_server.index.reader import IndexReader
from kb_server.index.records import Chunk, Document
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.candidates import Evidence, Ranking
from kb_server.retrieval.crossing.translations import translations
from kb_server.retrieval.results import RetrievalResult

MAX_SUGGESTIONS = 2
"""Headings that are asked for one answer: each new one costs about half of what a question does."""
_ROWS = 24
"""The chunks nearest to the question, on the pages found, whose headings are looked at."""
_TRIED = 8
_LISTED = 8
"""Sections of a page that are looked at in one go, where all are."""
_NOTHING_NEAR = (Reason.OUT_OF_SCOPE, Reason.SMALL_TALK)
_NEAR = 0.5
"""Share of the best score that a section must reach to have to do with the question."""
_PER_PAGE = 2
_SAME = 0.6
"""Share of common terms from which on two questions are one."""
_COMMON_SHARE = 0.05
_FEW_PAGES = 2
"""A heading whose words stand together on more pages than this, and on more than that share, names none."""


@dataclass(frozen=True, slots=True)
class _Section:
    document: Document
    rows: tuple[int, ...]
    """Its chunks, and those below it, among the ones looked at; nearest to the question first."""
    heading_path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Give its heading, or the title of the page that it opens."""
        return self.heading_path[-1] if self.heading_path else self.document.title


def propose(result: RetrievalResult, answer: ComposedAnswer, reader: IndexReader) -> tuple[Probe, ...]:
    """Give what may be worth asking after ``answer``, nearest first, each still to be asked itself."""
    if result.ranking is None or not result.hits or answer.reason in _NOTHING_NEAR:
        return ()
    evidence = result.ranking.evidence
    # What is refused may well be asked again in the words of a heading that are nearly its own.
    refused = answer.status is Status.ABSTAINED
    own = () if refused else (result.query.text,)
    used = {(citation.doc_id, citation.heading_path) for citation in answer.citations}
    chosen: list[Probe] = []
    nearest = _rows_of(_places(result, result.ranking, reader), evidence, reader)
    unused = (
        section
        for section in _sections(nearest, reader)
        if (section.document.doc_id, section.heading_path) not in used and not is_only_names(section.name)
    )
    near = list(islice(unused, _TRIED))
    # The sort is stable: of those that ask, and of the rest, the nearest stay first.
    for section in near if refused else sorted(near, key=lambda each: not is_question(each.name)):
        if len(chosen) == MAX_SUGGESTIONS:
            break
        if _crowded(chosen, section):
            continue
        text, lang = _asked_by(section, reader)
        if (
            text
            and lang == result.lang
            and text.casefold() != result.query.text.casefold()
            and _is_new(text, [*own, *(probe.text for probe in chosen)])
            and _leads(text, section, evidence.visible, reader)
        ):
            chosen.append(Probe(text, result.query.filters, section.document.doc_id, section.heading_path))
    return tuple(chosen)


def settle(probes: Sequence[Probe], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Keep what was answered from the section that it was made from; there may be no ``outcomes`` at all."""
    return tuple(probe.text for probe, got in zip(probes, outcomes, strict=False) if probe.holds(got))


def every(reader: IndexReader, place: tuple[int, int]) -> tuple[tuple[Probe, ...], tuple[int, int] | None]:
    """Give what may ever be proposed from some sections, and where those after them are; None: nowhere.

    ``place`` is that of a page in ``reader.documents()``, and of the first section there.
    """
    page, first = place
    if page >= len(reader.documents()):
        return (), None
    sections = list(_sections(np.flatnonzero(reader.row_documents == page), reader))
    looked_at = sections[first : first + _LISTED]
    probes = []
    for section in looked_at:
        text, _ = ("", "") if is_only_names(section.name) else _asked_by(section, reader)
        if text and _leads(text, section, None, reader):
            probes.append(Probe(text, {}, section.document.doc_id, section.heading_path))
    last = first + len(looked_at) >= len(sections)
    return tuple(probes), (page + 1, 0) if last else (page, first + len(looked_at))


def _sections(rows: NDArray[np.int64], reader: IndexReader) -> Iterator[_Section]:
    """Give the sections that ``rows``, nearest to the question first, belong to."""
    documents = reader.documents()
    chunks = reader.chunks(rows.tolist())
    pages: dict[int, set[str]] = {}
    for row, chunk in zip(rows.tolist(), chunks, strict=True):
        names = pages.setdefault(int(reader.row_documents[row]), set())
        names.update(path[-1] for path in _paths(chunk) if path)
    skipped = {place: counted(names) for place, names in pages.items()}
    members: defaultdict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    for row, chunk in zip(rows.tolist(), chunks, strict=True):
        for path in _paths(chunk):
            members[int(reader.row_documents[row]), path].append(row)
    for (place, path), own in members.items():
        if not (path and path[-1] in skipped[place]):
            yield _Section(documents[place], tuple(own), path)


def _paths(chunk: Chunk) -> list[tuple[str, ...]]:
    return [section.heading_path for section in chunk.sections] or [chunk.heading_path]


def _places(result: RetrievalResult, ranking: Ranking, reader: IndexReader) -> set[int]:
    """Give the places of the pages of the hits, and of their translations into the asker's language."""
    hits = ranking.candidates.rows[: len(result.hits)]
    places = set(reader.row_documents[hits].tolist())
    foreign = sum(hit.document.lang != result.lang for hit in result.hits)
    if 2 * foreign <= len(result.hits):
        return places
    pairs = translations(reader, result.lang).tolist()
    return places | {own for page, own in pairs if page in places}


def _rows_of(places: Iterable[int], evidence: Evidence, reader: IndexReader) -> NDArray[np.int64]:
    """Give the best visible rows of the pages at ``places``, best first."""
    chosen = np.zeros(len(reader.documents()), dtype=np.bool_)
    chosen[list(places)] = True
    rows = np.flatnonzero(chosen[reader.row_documents])
    rows = rows[evidence.fused[rows] >= _NEAR * evidence.fused.max(initial=0)]
    order = np.argsort(-evidence.fused[rows], kind="stable")
    nearest: NDArray[np.int64] = rows[order][:_ROWS]
    return nearest


def _crowded(chosen: Sequence[Probe], section: _Section) -> bool:
    return sum(probe.doc_id == section.document.doc_id for probe in chosen) >= _PER_PAGE


def _asked_by(section: _Section, reader: IndexReader) -> tuple[str, str]:
    """Give the text to ask the section by, with its language; an empty one where there is none worth it."""

    def work_out() -> tuple[str, str]:
        text = _text(section, reader)
        return ("", "") if not text or is_bare_word(text) else (text, detect_language(text))

    noted = "asked by", section.document.doc_id, section.heading_path, section.rows[0]
    known: tuple[str, str] = reader.notes.get(noted, work_out)
    return known


def _text(section: _Section, reader: IndexReader) -> str:
    """Give the text to ask the section by; empty where nothing reads well."""
    title = readable(section.document.title)
    if not section.heading_path:
        return title if _is_telling(title, reader) else ""
    heading = readable(section.heading_path[-1])
    if is_question(heading):
        return heading if _is_about_its_text(heading, section, reader) else ""
    if not heading or (_is_telling(heading, reader) and " " in heading):
        return heading
    return with_title(title, heading) if title and not is_question(title) else ""


def _is_about_its_text(question: str, section: _Section, reader: IndexReader) -> bool:
    """Tell a question that its section deals with from a mere address to the reader (``In a hurry?``)."""
    (text,) = reader.texts(section.rows[:1])
    return not set(tokenize(question)).isdisjoint(tokenize(text))


def _is_telling(heading: str, reader: IndexReader) -> bool:
    """Tell whether few pages hold all words of a heading: ``Overview`` could be anywhere."""
    terms = tokenize(heading)
    pages = reader.row_documents[reader.lexical.rows_with(terms)]
    count = np.count_nonzero(np.diff(pages, prepend=-1))  # the rows of a page follow each other
    return bool(terms) and int(count) <= max(_FEW_PAGES, _COMMON_SHARE * len(reader.documents()))


def _is_new(text: str, others: Iterable[str]) -> bool:
    return all(overlap(text, other) < _SAME for other in others)


def _leads(text: str, section: _Section, visible: NDArray[np.bool_] | None, reader: IndexReader) -> bool:
    """Tell by words alone whether the section will likely lead the answer: no encoder is asked in vain."""

    def work_out() -> frozenset[int]:
        scores = reader.lexical.score(text, visible).scores
        best = scores.max(initial=0)
        return frozenset(np.flatnonzero(scores == best).tolist()) if best > 0 else frozenset()

    # What filters hide cannot lead, so that only the whole version's ranking is the same for every question.
    leading = reader.notes.get(("led by", text), work_out) if visible is None else work_out()
    return bool(leading) and leading.issubset(section.rows)
