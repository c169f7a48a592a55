"""How ``kb search --explain`` and ``--why-not`` look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kb_server.counting import counted
from kb_server.index.records import anchored
from kb_server.search.explanations import ChunkExplanation, QueryExplanation, StageView, WhyNot
from kb_server.search.schemas import Duplicate

_STAGE_WIDTH = 12
_TERMS_SHOWN = 12
_DENSE = {"exact": "every vector compared", "approximate": "the nearest vectors compared"}


def query_lines(found: QueryExplanation) -> Iterator[str]:
    """Give the lines that say what the search made of the query."""
    terms = ", ".join(f"{term.term} {term.idf:.1f}" for term in found.terms[:_TERMS_SHOWN])
    yield f"Query: {found.lang}; words by weight: {terms or 'none'}"
    nowhere = [term.term for term in found.terms if not term.chunks]
    if nowhere:
        yield f"Nowhere in the index: {', '.join(nowhere)}"
    if found.encoder:
        yield f"Meaning: {found.encoder}, {_DENSE[found.dense]}"
    else:
        yield "Meaning: not compared (lexical mode, or the encoder does not read the query's language)"
    for lang, weights in found.weights.items():
        parts = " + ".join(f"{weight:g} × {stage}" for stage, weight in weights.items() if weight)
        yield f"Score of a passage in {lang}: {parts}"
    for effect in found.filters:
        yield f"Filter {effect.key}={'|'.join(effect.values)}: {counted(effect.visible_chunks, 'chunk')}"
    seen = f"{found.visible_chunks} of {counted(found.chunks, 'chunk')} visible"
    yield f"{seen}, {found.matching_chunks} of them match at all"


def chunk_lines(found: ChunkExplanation) -> Iterator[str]:
    """Give the table of a passage: one line per stage."""
    for view in found.stages:
        score = "" if view.score is None else f"{view.score:.3f}"
        note = _words(found) if view.stage == "lexical" else _parts(view)
        rank = "–" if view.rank is None else str(view.rank)
        yield f"{view.stage:<{_STAGE_WIDTH}}{rank:>6}  {score:>7}   {note}".rstrip()


def duplicate_lines(duplicates: list[Duplicate]) -> Iterator[str]:
    """Give the lines that name what says the same as a passage."""
    if duplicates:
        places = ", ".join(anchored(item.path, item.anchor) for item in duplicates[:_TERMS_SHOWN])
        more = len(duplicates) - _TERMS_SHOWN
        yield f"says the same: {places}" + (f" and {more} more" if more > 0 else "")


def why_not_lines(found: WhyNot) -> Iterator[str]:
    """Give the lines that account for a page or section."""
    yield f"{anchored(found.path, found.anchor)}: {found.reason}"
    yield found.message
    if found.explanation is not None and found.explanation.missing_terms:
        yield f"Words of the query that it lacks: {', '.join(found.explanation.missing_terms)}"
    if found.unknown_terms:
        yield f"Nowhere in the index: {', '.join(found.unknown_terms)}"
    if found.explanation is not None:
        yield from chunk_lines(found.explanation)


def _words(found: ChunkExplanation) -> str:
    held = _signed(found.terms)
    lacks = f"   lacks {', '.join(found.missing_terms[:_TERMS_SHOWN])}" if found.missing_terms else ""
    return f"{held}{lacks}"


def _parts(view: StageView) -> str:
    return _signed({reason: value for reason, value in view.parts.items() if value})


def _signed(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:+.2f}" for name, value in list(values.items())[:_TERMS_SHOWN])
