"""Ask back where a question has several readings: of two products, or of one word that many pages are about.

A reading is only offered after it was asked and answered (see ``probing``), and two readings are only two
where their answers differ. Of several numbered versions the latest is meant, see ``retrieval.versions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb_server.answering.answer import Choice, ComposedAnswer
from kb_server.answering.offering.asking_back import WHICH_ONE, Opening, asked_back
from kb_server.answering.offering.probe import Outcome, Probe
from kb_server.answering.quoting.editions import asked_about, have_a_heading_in_common, named_values
from kb_server.answering.quoting.headings import (
    counted,
    is_bare_word,
    is_question,
    overlap,
    readable,
    with_title,
)
from kb_server.answering.quoting.product_names import is_named, without_names
from kb_server.index.facets import FACETS, value_of
from kb_server.index.records import FilterValue, ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.duplicates import fingerprint, say_the_same
from kb_server.retrieval.results import RetrievalResult

_HITS = 8
_COMPARABLE = 0.65
"""Share of the best score that another page about the same word must reach."""
_COUNTERPART = 0.93
"""Share of the best score that another product's section must reach."""
_TWIN = 0.75
"""The same where title and headings show that it is the very same feature."""
_SAME_TOPIC = 0.5
"""Share of common terms of two headings from which on they may be about one feature."""
_TWIN_TOPIC = 0.8
MEANINGS = 2
"""Readings that a question must have to be ambiguous."""
_NARROWING = ("path", "path_prefix", "doc_id", "title")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take the question, still to be asked itself."""

    choice: Choice
    probe: Probe
    alone: bool = False
    """Whether it may be offered without another one."""


def propose(result: RetrievalResult) -> tuple[Reading, ...]:
    """Give the readings of a question that may have several; none for most questions."""
    hits = asked_about(result.hits[:_HITS], result.query)
    if len(hits) < MEANINGS or hits[0].score <= 0:
        return ()
    if is_bare_word(result.query.text) and not result.query.follows_up:
        return tuple(_pages_about(result, hits))
    for key in FACETS:
        if key not in result.query.filters:
            readings = tuple(_counterparts(result, hits, key))
            if len(readings) > 1:
                return readings
    return ()


def sections_with_word(result: RetrievalResult) -> tuple[Reading, ...]:
    """Give the sections, one of each page, that hold the word of which a question consists.

    For a word that is refused: whoever types nothing else is asked what about it. None for a longer question.
    """
    if not is_bare_word(result.query.text) or result.query.follows_up:
        return ()
    terms = set(tokenize(result.query.text))
    sections: dict[str, Reading] = {}
    for hit in asked_about(result.hits[:_HITS], result.query):
        doc_id, heading = hit.document.doc_id, "".join(hit.chunk.heading_path[-1:])
        named = readable(heading) or readable(hit.document.title)
        if doc_id in sections or hit.chunk.lang != result.lang or not named:
            continue
        if terms <= set(tokenize(f"{hit.chunk.context}\n{hit.text}")):
            sections[doc_id] = _section(hit, named, result.query.filters)
    return tuple(sections.values())


def _section(hit: ScoredChunk, named: str, filters: Mapping[str, FilterValue]) -> Reading:
    title = readable(hit.document.title)
    label = f"{title} > {named}" if title and title != named else named
    question = named if is_question(named) or not title else with_title(title, named)
    narrowed = {**filters, "path": hit.document.path}
    probe = Probe(question, narrowed, doc_id=hit.document.doc_id)
    return Reading(Choice(label, question, narrowed), probe, alone=True)


def settle(
    readings: Sequence[Reading],
    outcomes: Sequence[Outcome],
    answer: ComposedAnswer,
    opening: Opening = WHICH_ONE,
) -> ComposedAnswer | None:
    """Give the question back with its readings; None where fewer than two are answered differently.

    One is enough where all may be offered alone. There are as many ``outcomes`` as ``readings``, or none.
    """
    kept: list[tuple[Choice, str]] = []
    for reading, outcome in zip(readings, outcomes, strict=False):
        said = _without_own_name(outcome.text, reading.choice)
        if reading.probe.holds(outcome) and not any(_same(said, other) for _, other in kept):
            kept.append((reading.choice, said))
    least = 1 if all(reading.alone for reading in readings) else MEANINGS
    if len(kept) < least:
        return None
    return asked_back(answer, [choice for choice, _ in kept], opening)


def _pages_about(result: RetrievalResult, hits: Sequence[ScoredChunk]) -> Iterator[Reading]:
    """Give the pages whose headings hold the word, each once; none where one page bears it as its title."""
    if any(key in result.query.filters for key in ("path", "doc_id", "title")):
        return
    terms = set(tokenize(result.query.text))
    titled = {hit.document.doc_id for hit in hits if set(tokenize(hit.document.title)) == terms}
    if len(titled) == 1:
        return
    skipped = counted(hit.chunk.heading_path[-1] for hit in hits if hit.chunk.heading_path)
    labels: set[str] = set()
    pages: set[str] = set()
    for hit in hits:
        if hit.document.doc_id in pages or hit.document.lang != result.lang:
            continue
        if hit.score < _COMPARABLE * hits[0].score or not terms <= set(tokenize(hit.chunk.context)):
            continue
        reading = _reading_of(hit, terms, result.query.filters, skipped)
        if reading is not None and reading.choice.label not in labels:
            pages.add(hit.document.doc_id)
            labels.add(reading.choice.label)
            yield reading


def _reading_of(
    hit: ScoredChunk, terms: set[str], filters: Mapping[str, FilterValue], skipped: frozenset[str]
) -> Reading | None:
    """Offer the section where its heading holds the word, else the page where its title does."""
    title = readable(hit.document.title)
    path = hit.chunk.heading_path
    heading = "" if not path or path[-1] in skipped else readable(path[-1])
    if not title:
        return None
    label = question = title
    if heading and heading != title and terms <= set(tokenize(heading)):
        label = f"{title} > {heading}"
        question = heading if is_question(heading) else with_title(title, heading)
    elif not terms <= set(tokenize(title)):
        return None
    if hit.versions:
        label = f"{label} ({', '.join(hit.versions)})"
    narrowed = {**filters, "path": hit.document.path}
    return Reading(Choice(label, question, narrowed), Probe(question, narrowed, doc_id=hit.document.doc_id))


def _counterparts(result: RetrievalResult, hits: Sequence[ScoredChunk], key: str) -> Iterator[Reading]:
    """Give the values of ``key`` whose pages describe one feature about as well; none where one is named."""
    best: dict[str, ScoredChunk] = {}
    for hit in hits:
        value = value_of(hit.document, key)
        if value:
            best.setdefault(value, hit)
    lead = next(iter(best.values()), None)
    if lead is not hits[0] or named_values(hits, key, result.query.text):
        return
    twins = {value: hit for value, hit in best.items() if _describes_the_same(lead, hit, best)}
    are_told = all(is_named(value, hit.document.title) for value, hit in twins.items())
    for value, hit in twins.items():
        narrowed = {**result.query.filters, key: value}
        question = result.query.text
        label = (readable(hit.document.title) if are_told else "") or value
        yield Reading(Choice(label, question, narrowed), Probe(question, narrowed, top_k=result.query.top_k))


def _describes_the_same(lead: ScoredChunk, hit: ScoredChunk, names: Iterable[str]) -> bool:
    topic = _topic_overlap(lead, hit, names)
    share = _TWIN if topic >= _TWIN_TOPIC else _COUNTERPART
    return topic >= _SAME_TOPIC and hit.score >= share * lead.score


def _topic_overlap(one: ScoredChunk, other: ScoredChunk, names: Iterable[str]) -> float:
    """Compare title and headings of two passages, the products' own names left out, from 0 to 1.

    Two with a heading in common are about the same.
    """
    if have_a_heading_in_common(one, other):
        return 1.0
    return overlap(*(without_names(hit.chunk.context, names) for hit in (one, other)))


def _without_own_name(text: str, choice: Choice) -> str:
    return without_names(text, [str(choice.filters[key]) for key in FACETS if key in choice.filters])


def _same(one: str, other: str) -> bool:
    return one == other or say_the_same(fingerprint(one), fingerprint(other))
