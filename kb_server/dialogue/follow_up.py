"""Read a question in the light of the turns before it.

Only a question that leans on them is touched. The words of earlier questions, and the titles and headings
that the last answer cited, then join the search by words with less weight than the question's own; the search
by meaning reads the last question that stands alone in front of it. Where the question names nothing at all,
both searches do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kb_server.dialogue import english, korean
from kb_server.dialogue.dependence import Dependence, Reading
from kb_server.dialogue.english import read_english
from kb_server.dialogue.korean import read_korean
from kb_server.dialogue.small_talk import small_talk
from kb_server.dialogue.turns import CitedPlace, Turn, asked_before, last_cited
from kb_server.index.facets import FACETS, common_values, value_of
from kb_server.index.language import KOREAN, language_asked
from kb_server.index.lexical import LexicalIndex
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document, FilterValue, doc_id_of
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.query import Background, SearchQuery

_WORD_WEIGHT = 0.3
"""Weight of a word of the question before, against one of the question itself."""
_FADING = 0.5
"""What each question further back is worth of the one behind it."""
_HEADING_WEIGHT = 0.25
_MOST_QUESTIONS = 3
_MOST_WORDS = 12
_MOST_IN_FRAGMENT = 3
"""Words without a verb, or with *the*, that are a follow-up where the last exchange spoke of all of them."""
_EXCHANGE = 2
"""Turns of the last question and its answer."""


def understand(query: SearchQuery, turns: Sequence[Turn], reader: IndexReader) -> SearchQuery:
    """Read ``query`` after ``turns``; only one that leans on them is searched in another way.

    Pages that the filters hide are not looked at. Raises ``UnknownFilterError``.
    """
    if not turns:
        return query
    before = _leading_back(turns)
    cited = last_cited(turns)
    pages = _visible_pages(cited, reader, query.filters)
    headings = [page.title for page in pages] + [head for place in cited for head in place.heading_path]
    reading = read(query.text)
    if not before or (reading.dependence is Dependence.NONE and not _continues(reading, turns)):
        switched = bool(before) and _shares_no_term(reading.topics, [*before, *headings])
        of = _spoken_of(query, pages, reader) if query.chosen else {}
        of = of if not switched or _is_headed(reading.topics, of, reader) else {}
        return replace(query, background=Background(topic_switched=switched, of=of))
    whole = f"{before[-1]} {query.text}".strip()
    text = whole if reading.dependence is Dependence.EMPTY else query.text
    words, terms = _expansion(before, headings, own=set(tokenize(text)), lexical=reader.lexical)
    of = _spoken_of(query, pages, reader)
    background = Background(follows_up=True, words=words, terms=terms, asked=tuple(before), of=of)
    return replace(query, text=text, background=background, meaning=whole)


def read(text: str) -> Reading:
    """Tell how much a text leans on what was said before it, by the rules of its language."""
    return read_korean(text) if language_asked(text) == KOREAN else read_english(text)


def spoken_of(turns: Sequence[Turn]) -> str:
    """Give the last question of ``turns`` that stands alone, or the first that leans; empty without any."""
    return next(reversed(_leading_back(turns)), "")


def names_only_an_attribute(text: str) -> bool:
    """Tell a question for what anything can have that does not say of what.

    >>> [names_only_an_attribute(each) for each in ("And the default?", "기본값은요?", "위젯은요?")]
    [True, True, False]
    """
    topics = read(text).topics
    is_attribute = korean.is_attribute if language_asked(text) == KOREAN else english.is_attribute
    return bool(topics) and all(map(is_attribute, topics))


def _leading_back(turns: Sequence[Turn]) -> list[str]:
    """Give the questions before, latest first, back to the last one that stands alone."""
    asked = [content for content in asked_before(turns) if small_talk(content) is None]
    chain: list[str] = []
    for content in asked[:_MOST_QUESTIONS]:
        chain.append(content)
        if read(content).dependence is Dependence.NONE:
            break
    return chain


def _continues(reading: Reading, turns: Sequence[Turn]) -> bool:
    """Tell whether the last exchange spoke of all of a few words without a verb, or with *the*."""
    words = reading.topics if reading.fragment else reading.recalled
    if not 0 < len(words) <= _MOST_IN_FRAGMENT:
        return False
    if not any(map(str.isalpha, "".join(words))):  # a number of a list, which names nothing
        return False
    said = {term for turn in turns[-_EXCHANGE:] for term in tokenize(turn.content)}
    if reading.fragment:
        return all(not said.isdisjoint(tokenize(word)) for word in words)
    return all(said.issuperset(tokenize(word)) for word in words)


def _visible_pages(
    cited: Iterable[CitedPlace], reader: IndexReader, filters: Mapping[str, FilterValue]
) -> list[Document]:
    """Give the cited pages that this version has and the filters leave, each once."""
    doc_ids = dict.fromkeys(place.doc_id or doc_id_of(place.path) for place in cited)
    found = (reader.visible_document(doc_id, filters) for doc_id in doc_ids)
    return [document for document in found if document is not None]


def _spoken_of(query: SearchQuery, cited: Sequence[Document], reader: IndexReader) -> dict[str, str]:
    """Give the product that the cited pages are of, or else the one that was chosen before."""
    places = [CitedPlace(path=path) for path in (query.chosen.get("path"),) if isinstance(path, str)]
    chosen = {key: value for key in FACETS if isinstance(value := query.chosen.get(key), str)}
    return common_values(_visible_pages(places, reader, query.filters)) | chosen | common_values(cited)


def _is_headed(topics: Iterable[str], of: Mapping[str, str], reader: IndexReader) -> bool:
    """Tell whether a title or heading of a page of one product holds a word of the question."""
    documents = reader.documents()
    terms = {term for word in topics for term in tokenize(word)}
    places = {int(place) for term in terms for place in reader.heading_documents.get(term, ())}
    return any(value_of(documents[place], key) == value for place in places for key, value in of.items())


def _expansion(
    before: Sequence[str], headings: Iterable[str], *, own: set[str], lexical: LexicalIndex
) -> tuple[tuple[str, ...], dict[str, float]]:
    """Give the weightiest words that the index holds and the question does not, and their terms' weights."""
    weights = _weighted_words(before, headings)
    new = {
        word: known
        for word in weights
        if (known := [term for term in tokenize(word) if term not in own and lexical.row_frequency(term)])
    }
    worth = {word: weights[word] * max(map(lexical.idf, terms)) for word, terms in new.items()}
    kept = sorted(worth, key=lambda word: -worth[word])[:_MOST_WORDS]
    factors: dict[str, float] = {}
    for word in kept:
        for term in new[word]:
            factors[term] = max(factors.get(term, 0.0), weights[word])
    return tuple(word for word in new if word in kept), factors


def _weighted_words(before: Sequence[str], headings: Iterable[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for back, content in enumerate(before):
        for word in read(content).topics:
            weights.setdefault(word, _WORD_WEIGHT * _FADING**back)
    for text in headings:
        for word in read(text).topics:
            weights.setdefault(word, _HEADING_WEIGHT)
    return weights


def _shares_no_term(topics: Iterable[str], said: Iterable[str]) -> bool:
    own = {term for word in topics for term in tokenize(word)}
    return own.isdisjoint(term for text in said for word in read(text).topics for term in tokenize(word))
