"""The exact reason why a page, or a section of it, is not among the hits."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from kb_server.index.reader import IndexReader
from kb_server.index.records import Chunk, Document, anchored
from kb_server.retrieval.candidates import Candidates, Ranking
from kb_server.retrieval.explanation import ChunkExplanation, explain_chunk
from kb_server.retrieval.reranking import rerank_scores

_SUGGESTIONS = 3
_ALIKE = 0.7
_MAX_COMPARED = 5000
"""Paths; of a larger index only those with the same name in another folder."""
_MAX_ANCHORS = 50


class Reason(StrEnum):
    """What kept a page or section out, in the order in which it is looked for."""

    NOT_INDEXED = "not_indexed"
    NO_TEXT = "no_text"
    FILTERED = "filtered"
    UNKNOWN_ANCHOR = "unknown_anchor"
    FOUND = "found"
    DUPLICATE = "duplicate"
    NO_MATCH = "no_match"
    BELOW_CANDIDATES = "below_candidates"
    OTHER_VERSION = "other_version"
    BELOW_CUT = "below_cut"


class Place(NamedTuple):
    """A passage by its page and section, with the score that the last stage gave it."""

    path: str
    anchor: str
    score: float | None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Where the asked page or section ended, and what stands in its way."""

    path: str
    anchor: str
    reason: Reason
    message: str
    rank: int | None = None
    """Among all ranked candidates, from 1 on."""
    beaten_by: Place | None = None
    """The passage in the last place of the hits, or the one that stands for a duplicate."""
    short_by: float | None = None
    """What the score lacks to that of ``beaten_by``."""
    hidden_by: tuple[str, ...] = ()
    """Keys of the filters that the page does not meet."""
    unknown_terms: tuple[str, ...] = ()
    """Terms of the query that no chunk of the index holds."""
    suggestions: tuple[str, ...] = ()
    """Paths or anchors that exist."""
    explanation: ChunkExplanation | None = None
    """How the best chunk of the page or section came through the stages."""


class _Target(NamedTuple):
    document: Document
    anchor: str
    rows: list[int]


def why_not(reader: IndexReader, ranking: Ranking, target: str) -> WhyNot:
    """Tell why ``target`` (``PATH`` or ``PATH#anchor``) is not among the hits, or at which rank it is."""
    path, anchor = _split(reader, target)
    document = next((item for item in reader.documents() if item.path == path), None)
    if document is None:
        close = _close_paths(reader, ranking, path)
        hint = f" Did you mean {close[0]}?" if close else ""
        message = f"The index has no page {path!r}: see the report of `kb ingest` for skipped files.{hint}"
        return WhyNot(path, anchor, Reason.NOT_INDEXED, message, suggestions=tuple(close))
    rows = np.flatnonzero(reader.row_documents == reader.documents().index(document)).tolist()
    chunks = reader.chunks(rows)
    chosen = [row for row, chunk in zip(rows, chunks, strict=True) if not anchor or anchor in _anchors(chunk)]
    if not rows:
        return WhyNot(
            path, anchor, Reason.NO_TEXT, f"{path} is indexed, but has no text that could be found."
        )
    visible = ranking.evidence.visible
    if visible is not None and not visible[rows[0]]:
        return _hidden(reader, ranking, _Target(document, anchor, rows))
    if not chosen:
        known = tuple(dict.fromkeys(name for chunk in chunks for name in _anchors(chunk) if name))
        named = ", ".join(known[:_MAX_ANCHORS]) or "none"
        message = f"{path} has no section {anchor!r}. Its sections: {named}."
        return WhyNot(path, anchor, Reason.UNKNOWN_ANCHOR, message, suggestions=known[:_MAX_ANCHORS])
    return _of_rows(reader, ranking, _Target(document, anchor, chosen))


def _close_paths(reader: IndexReader, ranking: Ranking, path: str) -> list[str]:
    """Give similar paths of pages that the filters leave; comparing all of a large index takes seconds."""
    visible = ranking.evidence.visible
    rows = reader.row_documents if visible is None else reader.row_documents[visible]
    paths = [reader.documents()[place].path for place in np.unique(rows).tolist()]
    if len(paths) > _MAX_COMPARED:
        name = path.rpartition("/")[2].casefold()
        paths = [item for item in paths if item.rpartition("/")[2].casefold() == name][:_MAX_COMPARED]
    return get_close_matches(path, paths, _SUGGESTIONS, cutoff=_ALIKE)


def _split(reader: IndexReader, target: str) -> tuple[str, str]:
    """Part a path from an anchor; a path may hold the sign between them."""
    target = unicodedata.normalize("NFC", target).removeprefix("./")
    known = {document.path for document in reader.documents()}
    cuts = [len(target), *(at for at in range(len(target) - 1, 0, -1) if target[at] == "#")]
    # Of a page that does not exist, the last sign is most likely the one between them.
    cut = next((at for at in cuts if target[:at] in known), cuts[1] if len(cuts) > 1 else cuts[0])
    return target[:cut], target[cut + 1 :]


def _anchors(chunk: Chunk) -> tuple[str, ...]:
    return (chunk.anchor, *(section.anchor for section in chunk.sections))


def _of_rows(reader: IndexReader, ranking: Ranking, target: _Target) -> WhyNot:
    evidence = ranking.evidence
    row = _best(ranking, target.rows)
    finding = _finding(reader, ranking, row)
    unknown = [term for term in evidence.lexical.term_weights if not reader.lexical.row_frequency(term)]
    return WhyNot(
        target.document.path,
        target.anchor,
        finding.reason,
        finding.message,
        rank=finding.rank,
        beaten_by=finding.beaten_by,
        short_by=finding.short_by,
        unknown_terms=tuple(unknown),
        explanation=explain_chunk(reader, ranking, row),
    )


def _hidden(reader: IndexReader, ranking: Ranking, target: _Target) -> WhyNot:
    filters = ranking.evidence.query.filters
    keys = []
    for key, value in filters.items():
        mask = reader.visible({key: value})
        if mask is not None and not mask[target.rows[0]]:
            keys.append(key)
    said = ", ".join(f"{key}={_spelled(filters[key])}" for key in keys)
    message = f"{target.document.path} is hidden by the filter {said}."
    return WhyNot(target.document.path, target.anchor, Reason.FILTERED, message, hidden_by=tuple(keys))


def _spelled(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "|".join(value)


def _best(ranking: Ranking, rows: list[int]) -> int:
    """Choose the chunk that came furthest: a ranked one, else a dropped one, else the best by fusion."""
    wanted = set(rows)
    for row in ranking.candidates.rows.tolist():
        if row in wanted:
            return int(row)
    for row in ranking.dropped:
        if row in wanted:
            return row
    return max(rows, key=lambda row: float(ranking.evidence.fused[row]))


class _Finding(NamedTuple):
    reason: Reason
    message: str
    rank: int | None = None
    beaten_by: Place | None = None
    short_by: float | None = None


def _finding(reader: IndexReader, ranking: Ranking, row: int) -> _Finding:
    candidates, evidence = ranking.candidates, ranking.evidence
    found = np.flatnonzero(candidates.rows == row)
    if found.size:
        return _ranked(reader, ranking, int(found[0]))
    if row in ranking.dropped:
        other = _place(reader, ranking, ranking.dropped[row])
        said = anchored(other.path, other.anchor)
        return _Finding(
            Reason.DUPLICATE, f"It says the same as {said}, which stands for it.", beaten_by=other
        )
    if not evidence.evident[row]:
        how = "and the query was not compared by meaning" if evidence.cosine is None else "nor is it similar"
        return _Finding(Reason.NO_MATCH, f"No word of the query stands in it, {how}.")
    rank = 1 + int(np.count_nonzero(evidence.fused > evidence.fused[row]))
    count = len(candidates.trail[0].rows)
    message = f"By words and meaning it is number {rank}; only the best {count} chunks are looked at further."
    return _Finding(Reason.BELOW_CANDIDATES, message, rank=rank)


def _ranked(reader: IndexReader, ranking: Ranking, at: int) -> _Finding:
    candidates, top_k = ranking.candidates, ranking.evidence.query.top_k
    if at < top_k:
        return _Finding(Reason.FOUND, f"It is at rank {at + 1}.", rank=at + 1)
    row, last_row = int(candidates.rows[at]), int(candidates.rows[top_k - 1])
    last = _place(reader, ranking, last_row)
    reranked = rerank_scores(candidates)
    if last_row in reranked and row not in reranked:
        message = f"It is at rank {at + 1}: the reranker reads only the best {len(reranked)}."
        return _Finding(Reason.BELOW_CUT, message, at + 1, last)
    score, score_of_last = (_score(candidates, reranked, place) for place in (at, top_k - 1))
    short = score_of_last - score
    price = 0.0 if row in reranked else ranking.part("version", row)
    message = (
        f"It is at rank {at + 1} with a score of {score:.3f}: {short:.3f} less than the "
        f"last of the {top_k} hits, {anchored(last.path, last.anchor)}."
    )
    if price < 0 and -price > short:
        message += f" It gave up {-price:.3f} as a page of another version."
        return _Finding(Reason.OTHER_VERSION, message, at + 1, last, short)
    return _Finding(Reason.BELOW_CUT, message, at + 1, last, short)


def _score(candidates: Candidates, reranked: Mapping[int, float], at: int) -> float:
    """Give the score that the candidate in place ``at`` was ordered by: the reranker's where it has one."""
    return reranked.get(int(candidates.rows[at]), float(candidates.scores[at]))


def _place(reader: IndexReader, ranking: Ranking, row: int) -> Place:
    (chunk,) = reader.chunks([row])
    at = np.flatnonzero(ranking.candidates.rows == row)
    reranked = rerank_scores(ranking.candidates)
    score = _score(ranking.candidates, reranked, int(at[0])) if at.size else None
    return Place(reader.document(chunk.doc_id).path, chunk.anchor, score)
