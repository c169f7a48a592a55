"""Search results made from given pages, as the retriever would hand them over."""

from dataclasses import dataclass, field

from kb_server.answering.composer import compose
from kb_server.index.language import detect_language
from kb_server.index.records import (
    Chunk,
    ChunkKind,
    Document,
    Revision,
    ScoredChunk,
    SourceMap,
    chunk_id_of,
    doc_id_of,
    revision_of,
)
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult, Signals

SURE = Signals(
    cosine=0.95,
    coverage=1.0,
    weight=0.95,
    known=1.0,
    word_lead=0.9,
    page_lead=0.9,
    next_lead=0.9,
    own_share=0.9,
    score_lead=0.9,
    words=0.9,
    agreement=1.0,
    page_coverage=1.0,
    unrivalled=0.9,
    topical=1.0,
    familiar=1.0,
    likeness=0.95,
    meaning_lead=0.5,
    apart=0.6,
    titled=1.0,
)
UNSURE = Signals(known=1.0, cosine=0.6, weight=0.5, topical=1.0, familiar=1.0)
ELSEWHERE = Signals()
"""What a question about something else shows."""


@dataclass(frozen=True)
class Page:
    text: str
    path: str = "guide.md"
    title: str = "Guide"
    metadata: dict = field(default_factory=dict)

    @property
    def doc_id(self):
        return doc_id_of(self.path)

    @property
    def revision(self):
        line_starts = [0] + [at + 1 for at, sign in enumerate(self.text) if sign == "\n"]
        lines = tuple(range(1, len(line_starts) + 1))
        return Revision(self.doc_id, revision_of(self.text), self.text, SourceMap(tuple(line_starts), lines))

    def hit(self, quote=None, *, kind=ChunkKind.PROSE, score=1.0, heading=(), anchor="", sections=()):
        """Make a hit of the part of the page that reads ``quote``; by default all of it."""
        quote = self.text if quote is None else quote
        start = self.text.index(quote)
        lang = detect_language(self.text)
        chunk = Chunk(
            chunk_id=chunk_id_of(doc_id=self.doc_id, text=quote, context="", ordinal=0, chunker="test"),
            doc_id=self.doc_id,
            revision=self.revision.revision,
            kind=kind,
            heading_path=tuple(heading),
            anchor=anchor,
            char_start=start,
            char_end=start + len(quote),
            context=self.title,
            lang=lang,
            sections=tuple(sections),
        )
        document = Document(
            self.doc_id, self.path, self.title, lang, self.revision.revision, metadata=self.metadata
        )
        return ScoredChunk(chunk=chunk, document=document, text=quote, score=score, scores={})


def found(question, *hits, signals=SURE):
    return RetrievalResult(
        version="v-test",
        query=SearchQuery(question),
        lang=detect_language(question),
        hits=hits,
        signals=signals,
        term_weights=dict.fromkeys(tokenize(question), 1.0),
    )


def ask(question, *pages_and_hits, signals=SURE):
    """Compose an answer; a page stands for one hit on all of it, a pair names page and hit."""
    pairs = [each if isinstance(each, tuple) else (each, each.hit()) for each in pages_and_hits]
    revisions = {page.doc_id: page.revision for page, _ in pairs}
    result = found(question, *(hit for _, hit in pairs), signals=signals)
    return compose(result, revision_of=revisions.__getitem__)
