"""Bodies of the chat protocol: what is read of a request, and what a reply holds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from kb_server.answering.schemas import Answer

MODEL = "kb-server"
MAX_MESSAGES = 1000

_REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "stop": ((None, [], ""), "answers are not cut at stop sequences: leave it out"),
    "response_format": (
        (None, {"type": "text"}),
        "answers are text; the whole answer object is in `kb_server`: leave it out",
    ),
    "tool_choice": ((None, "auto", "none"), "no tool is ever called: leave it out, or send auto or none"),
    "function_call": ((None, "auto", "none"), "no function is ever called: leave it out"),
    "logprobs": ((None, False), "there are no log probabilities: leave it out"),
    "modalities": ((None, [], ["text"]), "answers are text: leave it out"),
    "audio": ((None,), "answers are text: leave it out"),
}
"""Parameters that would change what a reply is: the values that do not, and what is wrong with the others."""


class ContentPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(examples=["text"])
    text: str | None = None


class ChatMessage(BaseModel):
    """One message of the conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="`user` and `assistant` make the conversation; the others are left aside."
    )
    content: str | list[ContentPart] | None = Field(default=None, description="A text, or parts of text.")


class StreamOptions(BaseModel):
    """What a stream carries beside the text."""

    model_config = ConfigDict(extra="ignore")

    include_usage: StrictBool | None = Field(default=False, description="Whether a last chunk has `usage`.")


class ChatCompletionRequest(BaseModel):
    """A conversation whose last message is the question; what is not named here is accepted and ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(default=MODEL, description="Any name; there is one model, and the reply names it.")
    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: StrictBool | None = Field(default=False, description="Whether the reply is a stream of chunks.")
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = Field(default=1, description="One reply is given.")
    kb: dict[str, Any] | None = Field(
        default=None,
        description="Fields of `POST /v1/query` such as `filters`, `top_k`, `max_risk` and `language`.",
        examples=[{"filters": {"product": "Cloud"}}],
    )
    stop: Any = Field(default=None, description="Refused unless empty.")
    response_format: Any = Field(default=None, description="Refused unless text.")
    tool_choice: Any = Field(default=None, description="Refused unless `auto` or `none`.")
    function_call: Any = Field(default=None, description="Refused unless `auto` or `none`.")
    logprobs: Any = Field(default=None, description="Refused unless false.")
    modalities: Any = Field(default=None, description="Refused unless text.")
    audio: Any = Field(default=None, description="Refused.")

    @field_validator(*_REFUSED, mode="after")
    @classmethod
    def _changes_nothing(cls, value: Any, info: ValidationInfo) -> Any:
        harmless, message = _REFUSED[str(info.field_name)]
        if value not in harmless:
            raise ValueError(message)
        return value


class UrlCitation(BaseModel):
    """A cited page that has an address."""

    start_index: int = Field(description="Where the mark begins in `content`, in Unicode code points.")
    end_index: int = Field(description="Where it ends.")
    title: str
    url: str


class Annotation(BaseModel):
    """What a mark in the text stands for."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class AssistantMessage(BaseModel):
    """The reply."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(description="The answer's text, with its sources below.")
    refusal: None = None
    annotations: list[Annotation] = Field(description="The marks whose pages have an address.")


class CompletionChoice(BaseModel):
    """The only choice."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class CompletionUsage(BaseModel):
    """Tokens of a language model; zero where none was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class ChatCompletion(BaseModel):
    """A reply in one piece."""

    id: str = Field(examples=["chatcmpl-a_5f1d0c7ab3e94c21"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Seconds since 1970.")
    model: str = MODEL
    choices: list[CompletionChoice]
    usage: CompletionUsage
    kb_server: Answer = Field(description="The whole answer, as `POST /v1/query` gives it.")


class ModelInfo(BaseModel):
    """The one model."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = Field(description="When the server started, in seconds since 1970.")
    owned_by: str = "kb-server"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]
