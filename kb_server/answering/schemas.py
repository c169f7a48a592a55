"""Bodies of ``POST /v1/query``: the question, and the one answer object."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, StrictBool, model_validator

from kb_server.answering.answer import Action, Reason, Status
from kb_server.dialogue.schemas import History, Understood
from kb_server.grounding.support import Support
from kb_server.requests import CustomerId, Filters, Identifier, QuestionText, RequestBody, TopK


class QueryRequest(RequestBody):
    """A question and where to look for its answer."""

    question: QuestionText = Field(
        description="A question in English or Korean.",
        examples=["How do I add my own documents?", "내 문서를 추가하려면 어떻게 하나요?"],
    )
    filters: Filters = Field(default_factory=dict)
    top_k: TopK = Field(default=8, description="How many passages the answer may draw from.")
    suggest: StrictBool = Field(
        default=True, description="Whether the answer comes with further questions; false saves their search."
    )
    history: History = Field(default_factory=list)
    max_risk: float | None = Field(
        default=None,
        ge=0,
        le=1,
        strict=True,
        description="Share of the given answers that may be wrong; null takes the server's setting.",
        examples=[0.1],
    )
    explain: StrictBool = Field(default=False, description="Also say how sure the answer is, and why.")
    stream: bool | None = Field(
        default=False,
        strict=True,
        description="Whether the reply is a stream of events, `text/event-stream`, instead of one object.",
    )
    conversation: bool = Field(
        default=False, strict=True, description="Whether to begin a conversation; the answer names its id."
    )
    conversation_id: Identifier | None = Field(
        default=None,
        description="The conversation that the question goes on with; its turns take the place of `history`.",
        examples=["conv_5f1d0c7ab3e94c215f1d0c7ab3e94c21"],
    )
    customer_id: CustomerId | None = Field(
        default=None, description="Your own name for the customer who asks; what is stored belongs to it."
    )
    language: Literal["en", "ko"] | None = Field(
        default=None,
        description="Language of the server's own words, `en` or `ko`; null takes that of the question.",
        examples=["ko"],
    )

    @model_validator(mode="after")
    def _has_one_history(self) -> Self:
        if self.conversation and self.conversation_id is not None:
            raise ValueError("conversation begins one and conversation_id goes on with one: send either")
        if self.history and (self.conversation or self.conversation_id is not None):
            raise ValueError("history stands for a conversation that is not stored: send one of the two")
        return self


class AnswerSentence(BaseModel):
    """One sentence (with the one it leans on), or one whole block such as a list of steps."""

    text: str
    citations: list[str] = Field(description="Ids of the citations that carry it.", examples=[["cit_3afc"]])
    support: Support = Field(description="How the cited spans carry it.")


class AnswerCitation(BaseModel):
    """A span that anyone can check: `revision_text[char_start:char_end] == quote`."""

    id: str = Field(description="Opaque identifier within this answer.", examples=["cit_3afc"])
    doc_id: str = Field(description="For GET /v1/documents/{doc_id}/revisions/{revision}.")
    path: str = Field(description="Relative to the ingested root.", examples=["en/operations.md"])
    title: str = Field(description="Title of the page.")
    heading_path: list[str] = Field(description="Headings above the span, from the top, without the title.")
    url: str = Field(description="Address of the page from its metadata, or empty.")
    anchor: str = Field(description="Fragment of the nearest heading, without `#`; may be empty.")
    revision: str = Field(description="Names the text that the offsets point into.")
    char_start: int = Field(description="Offset of the first character, in Unicode code points.")
    char_end: int = Field(description="Offset behind the last character, in Unicode code points.")
    quote: str
    line_start: int = Field(description="Line of the source file at which the quote begins, from 1.")
    line_end: int = Field(description="Line of the source file at which the quote ends.")
    flags: list[str] = Field(
        description="Why to be careful with it: `low_trust` where the page says so of itself.",
        examples=[[], ["low_trust"]],
    )


class NearestPage(BaseModel):
    """A page that comes close, offered where no answer is given."""

    doc_id: str
    path: str
    title: str
    heading_path: list[str]
    url: str
    anchor: str


class AnswerNextStep(BaseModel):
    """One thing that the asker can do where there is no answer."""

    action: Action
    text: str = Field(description="The same in the asker's language.")


class AnswerChoice(BaseModel):
    """One reading of an ambiguous question."""

    label: str = Field(description="What to show on a button.", examples=["V2"])
    question: str = Field(description="The question to send for this reading.")
    filters: dict[str, str | list[str]] = Field(description="The filters to send with it.")


class AnswerConflict(BaseModel):
    """Current sources that say different things about what was asked."""

    kind: str = Field(description="`number` or `polarity`.", examples=["number"])
    text: str = Field(description="What differs, in the asker's language.")
    citations: list[str] = Field(description="Ids of the citations that disagree.")


class AnswerUsage(BaseModel):
    """What a language model was used for one answer."""

    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = Field(description="Null where no price is set.")


class AnswerExplanation(BaseModel):
    """How the decision between an answer and an abstention was made."""

    max_risk: float = Field(description="Share of the given answers that may be wrong.", examples=[0.1])
    answer_from: float = Field(description="Lowest confidence that is answered at that risk.")
    in_scope: float = Field(
        description="Estimated chance that the question is about something that the docs deal with at all."
    )
    signals: dict[str, float] = Field(description="What both were estimated from, by name.")


class Answer(BaseModel):
    """The answer, or an honest refusal to give one."""

    id: str = Field(description="Identifier of this answer.", examples=["a_5f1d0c7ab3e94c21"])
    status: Status = Field(description="`answered`, or why there is no full answer.")
    reason: Reason = Field(description="Empty when answered, else a code.", examples=["", "not_in_docs"])
    language: str = Field(
        description="Language of the server's own words: as asked for, else that of the question.",
        examples=["en"],
    )
    text: str = Field(description="The readable answer; `[1]` marks the first of the citations.")
    html: str = Field(
        description="`text` as HTML that can be shown as it is: cleaned, without images; each marker is "
        '`<a class="kb-cite" data-citation="cit_…" href="#cit_…">1</a>`.'
    )
    sentences: list[AnswerSentence]
    citations: list[AnswerCitation]
    confidence: float = Field(description="0 to 1.")
    suggestions: list[str] = Field(description="Further questions that the docs can answer.")
    nearest: list[NearestPage] = Field(description="Pages that come close where no answer is given.")
    next_step: AnswerNextStep | None = Field(description="What to do where there is no answer, else null.")
    choices: list[AnswerChoice] = Field(
        description="What to choose from when status is `clarify`; none where more has to be said first."
    )
    conflicts: list[AnswerConflict] = Field(description="Where the cited sources disagree.")
    handoff: None = Field(description="Reserved for the hand-over to a person.")
    conversation_id: str | None = Field(description="The stored conversation that it belongs to, else null.")
    understood: Understood | None = Field(
        description="How the question was read after the turns of `history`; null without any."
    )
    generator: str = Field(description="What wrote the answer.", examples=["extractive"])
    fallback: str = Field(
        description="Why the extractive answer stands in for a model's, else empty.", examples=["", "timeout"]
    )
    usage: AnswerUsage | None = Field(description="What a language model was used, else null.")
    generation: str = Field(description="Version of the index that the answer comes from.")
    explanation: AnswerExplanation | None = Field(
        default=None, description="How the answer was judged; null unless `explain` is true."
    )
    timings_ms: dict[str, float] = Field(
        description="Milliseconds per stage.", examples=[{"encode": 9.1, "search": 6.0, "total": 15.8}]
    )


class Openers(BaseModel):
    """Questions to begin a conversation with."""

    language: Literal["en", "ko"]
    suggestions: list[str] = Field(
        description="Up to three questions that the docs answer; there may be none.",
        examples=[["How do I add my own documents?"]],
    )
