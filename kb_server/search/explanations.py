"""Parts of the body of ``POST /v1/search`` that account for a ranking."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from kb_server.retrieval.why_not import Reason


class _Part(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Term(_Part):
    """A word of the query as the index knows it: a stem, or a pair of syllables."""

    term: str = Field(examples=["rollback"])
    idf: float = Field(description="Weight of the term: rare ones weigh more.")
    chunks: int = Field(description="How many chunks of the index hold it; 0: nobody wrote it.")


class FilterEffect(_Part):
    """What one filter alone leaves to be seen."""

    key: str
    values: list[str]
    visible_chunks: int


class QueryExplanation(_Part):
    """What the search made of the query."""

    lang: str = Field(description="Language of the query.", examples=["ko"])
    terms: list[Term] = Field(description="The heaviest first.")
    encoder: str = Field(description="Encoder whose vector was compared; empty where none was.")
    dense: str = Field(description="`exact`, `approximate` or `unused`.", examples=["exact"])
    weights: dict[str, dict[str, float]] = Field(
        description="What `dense` and `lexical` were multiplied by, by the language of the passage.",
        examples=[{"en": {"dense": 1.0, "lexical": 0.7}}],
    )
    chunks: int = Field(description="Chunks of the index.")
    visible_chunks: int = Field(description="Chunks that all filters together leave.")
    matching_chunks: int = Field(description="Visible chunks with a word of the query or any similarity.")
    filters: list[FilterEffect]


class StageView(_Part):
    """Where one stage put a passage."""

    stage: str = Field(
        description="`lexical`, `dense`, `fusion`, `pages`, `versions`, `duplicates`, `rerank`, in order."
    )
    rank: int | None = Field(description="From 1 on; null where the stage did not rank it.")
    score: float | None = Field(description="Score after the stage.")
    parts: dict[str, float] = Field(
        description="What the stage added, by reason.", examples=[{"page": 0.2, "crowding": -0.05}]
    )


class ChunkExplanation(_Part):
    """How one passage came through the stages."""

    stages: list[StageView]
    terms: dict[str, float] = Field(description="What each term added to the BM25 score, the most first.")
    missing_terms: list[str] = Field(description="Terms of the query that the passage does not hold.")


class Place(_Part):
    """A passage that stands before another."""

    path: str
    anchor: str
    score: float | None


class WhyNot(_Part):
    """What became of a page or section."""

    path: str
    anchor: str
    reason: Reason = Field(description="`found` where it is among the passages.")
    message: str = Field(description="The reason in words, with the figures.")
    rank: int | None = Field(description="Its rank in the whole ranking, from 1 on.")
    beaten_by: Place | None = Field(
        description="The last of the passages, or the one that stands for a duplicate."
    )
    short_by: float | None = Field(description="What its score lacks to that of `beaten_by`.")
    hidden_by: list[str] = Field(description="Keys of the filters that it does not meet.")
    unknown_terms: list[str] = Field(description="Terms of the query that stand nowhere in the index.")
    suggestions: list[str] = Field(description="Paths, or anchors of the page, that exist.")
    explanation: ChunkExplanation | None = Field(
        description="How its best passage came through the stages; null where it was not ranked at all."
    )
