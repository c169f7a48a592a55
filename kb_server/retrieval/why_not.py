"""The exact reason why a page, or a section of it, is not among the hits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from kb_server.index.reader import IndexReader
from kb_server.index.records import Chunk, Document
from kb_server.retrieval.candidates import Ranking
from kb_server.retrieval.explanation import ChunkExplanation, explain_chunk

_SUGGESTIONS = 3
_MAX_ANCHORS = 50


class Reason(StrEnum):
    """What kept a page or section out, in the order in which it is looked for."""

    NOT_INDEXED = "not_indexed"
    NO_TEXT = "no_text"
    UNKNOWN_ANCHOR = "unknown_anchor"
    FILTERED = "filtered"
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
        close = get_close_matches(path, [item.path for item in reader.documents()], _SUGGESTIONS, cutoff=0.7)
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
    if not chosen:
        known = tuple(dict.fromkeys(name for chunk in chunks for name in _anchors(chunk) if name))
        message = f"{path} has no section {anchor!r}. Its sections: {', '.join(known) or 'none'}."
        return WhyNot(path, anchor, Reason.UNKNOWN_ANCHOR, message, suggestions=known[:_MAX_ANCHORS])
    return _of_rows(reader, ranking, _Target(document, anchor, chosen))


def _split(reader: IndexReader, target: str) -> tuple[str, str]:
    """Part a path from an anchor; a path may hold the sign between them."""
    target = unicodedata.normalize("NFC", target).removeprefix("./")
    if any(document.path == target for document in reader.documents()):
        return target, ""
    path, _, anchor = target.rpartition("#") if "#" in target else (target, "", "")
    return path, anchor


def _anchors(chunk: Chunk) -> tuple[str, ...]:
    return (chunk.anchor, *(section.anchor for section in chunk.sections))


def _of_rows(reader: IndexReader, ranking: Ranking, target: _Target) -> WhyNot:
    evidence = ranking.evidence
    if evidence.visible is not None and not evidence.visible[target.rows[0]]:
        return _hidden(reader, ranking, target)
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
        said = f"{other.path}#{other.anchor}" if other.anchor else other.path
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
    last = _place(reader, ranking, int(candidates.rows[top_k - 1]))
    short = float(candidates.scores[top_k - 1] - candidates.scores[at])
    price = ranking.part("version", int(candidates.rows[at]))
    message = (
        f"It is at rank {at + 1} with a score of {candidates.scores[at]:.3f}: {short:.3f} less than the "
        f"last of the {top_k} hits, {last.path}{f'#{last.anchor}' if last.anchor else ''}."
    )
    if price < 0 and -price > short:
        message += f" It gave up {-price:.3f} as a page of another version."
        return _Finding(Reason.OTHER_VERSION, message, at + 1, last, short)
    return _Finding(Reason.BELOW_CUT, message, at + 1, last, short)


def _place(reader: IndexReader, ranking: Ranking, row: int) -> Place:
    (chunk,) = reader.chunks([row])
    at = np.flatnonzero(ranking.candidates.rows == row)
    score = float(ranking.candidates.scores[at[0]]) if at.size else None
    return Place(reader.document(chunk.doc_id).path, chunk.anchor, score)
