"""Bodies of ``POST /v1/search``."""

from __future__ import annotations

from pydantic import BaseModel, Field, StrictBool

from kb_server.dialogue.schemas import History, Understood
from kb_server.requests import Filters, Neighbours, PassageName, QuestionText, RequestBody, TopK
from kb_server.retrieval.query import SearchMode
from kb_server.search.explanations import ChunkExplanation, QueryExplanation, WhyNot


class SearchRequest(RequestBody):
    """What to look for."""

    query: QuestionText = Field(
        description="Words or a question, in English or Korean.", examples=["How do I roll back?"]
    )
    top_k: TopK = Field(default=10, description="How many passages to give at most.")
    filters: Filters = Field(default_factory=dict)
    mode: SearchMode = Field(
        default=SearchMode.HYBRID,
        description="`hybrid` ranks by words and meaning; the other two look into one stage.",
    )
    history: History = Field(default_factory=list)
    neighbours: Neighbours = Field(
        default=0, description="How many chunks before and after each passage to give along with it."
    )
    explain: StrictBool = Field(default=False, description="Also say how each passage came to its place.")
    why_not: PassageName | None = Field(
        default=None, description="A page or section to account for: why it is not among the passages."
    )


class Surroundings(BaseModel):
    """A passage with what stands before and after it on its page."""

    text: str = Field(description="Exactly `revision_text[char_start:char_end]`, headings included.")
    char_start: int = Field(description="Offset of the first character, in Unicode code points.")
    char_end: int = Field(description="Offset behind the last character, in Unicode code points.")


class Duplicate(BaseModel):
    """A passage that says the same as another and gave up its place to it."""

    path: str = Field(description="Relative to the ingested root.", examples=["en/printing.md"])
    anchor: str = Field(description="Fragment of the nearest heading, without `#`; may be empty.")


class Passage(BaseModel):
    """A span of one revision that fits the query."""

    chunk_id: str = Field(description="Content address of the span.")
    doc_id: str = Field(description="Stable identifier of the page.")
    path: str = Field(description="Relative to the ingested root.", examples=["en/operations.md"])
    title: str = Field(description="Title of the page.")
    heading_path: list[str] = Field(description="Headings above the span, from the top, without the title.")
    anchor: str = Field(description="Fragment of the nearest heading, without `#`; may be empty.")
    url: str = Field(description="Address of the page from its metadata, or empty.")
    lang: str = Field(description="Language of the span: `en` or `ko`.", examples=["en"])
    kind: str = Field(description="`prose`, `steps`, `table`, `code` or `faq`.", examples=["prose"])
    revision: str = Field(description="Names the text that the offsets point into.")
    text: str = Field(description="Exactly `revision_text[char_start:char_end]`.")
    char_start: int = Field(description="Offset of the first character, in Unicode code points.")
    char_end: int = Field(description="Offset behind the last character, in Unicode code points.")
    line_start: int = Field(description="Line of the source file at which the span begins, from 1.")
    score: float = Field(
        description="Fused score; higher is better, comparable within one query. "
        "A reranker orders by its own score."
    )
    scores: dict[str, float] = Field(
        description="Score of each stage.", examples=[{"lexical": 0.4, "dense": 0.6}]
    )
    versions: list[str] = Field(
        description="Product versions that the page speaks of; empty where the docs keep none side by side.",
        examples=[["v2"]],
    )
    duplicates: list[Duplicate] = Field(description="Passages left out because they say the same.")
    flags: list[str] = Field(
        description="Why answers do not quote it: `instruction`, `hidden_text`; or `low_trust`.",
        examples=[[], ["instruction"]],
    )
    surroundings: Surroundings | None = Field(
        default=None, description="The passage with its neighbours; null unless `neighbours` is set."
    )
    explanation: ChunkExplanation | None = Field(
        default=None, description="Rank and score of every stage; null unless `explain` is true."
    )


class SearchResponse(BaseModel):
    """The passages that fit best, best first, all from one version of the index."""

    version: str = Field(description="Version of the index that was searched.")
    passages: list[Passage]
    expanded_terms: dict[str, str] = Field(
        description="Words as typed that no passage holds, and what was searched in their place.",
        examples=[{"psasword": "password"}],
    )
    understood: Understood | None = Field(
        description="How the query was read after the turns of `history`; null without any."
    )
    timings_ms: dict[str, float] = Field(
        description="Milliseconds per stage.", examples=[{"encode": 9.1, "search": 4.2, "total": 13.9}]
    )
    explanation: QueryExplanation | None = Field(
        default=None, description="What the search made of the query; null unless `explain` is true."
    )
    why_not: WhyNot | None = Field(
        default=None, description="What became of the page or section named in the request, else null."
    )
