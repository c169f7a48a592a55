"""What a run keeps of each case: one line of JSON per case and repeat.

Everything that may differ between two runs of the same build stands in ``timing``; the rest is the same to
the byte. An error is a record like any other: no case leaves the denominator.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1

Span = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Usage(_Part):
    """What a language model was used for one answer."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Reply(_Part):
    """What a system answered, whatever its protocol."""

    status: str
    reason: str = ""
    language: str = ""
    text: str = ""
    sentences: list[Span] = Field(default_factory=list)
    """``text``, ids of ``citations``, ``support``; empty where the system does not give them."""
    citations: list[Span] = Field(default_factory=list)
    confidence: float | None = None
    nearest: list[Span] = Field(default_factory=list)
    suggestions: list[str] = Field(default_factory=list)
    choices: list[Span] = Field(default_factory=list)
    conflicts: list[Span] = Field(default_factory=list)
    generator: str = ""
    fallback: str = ""
    index_version: str = ""
    usage: Usage | None = None
    signals: dict[str, float] = Field(default_factory=dict)
    """What confidence was estimated from; only of runs that are to be calibrated on."""
    status_by: Literal["field", "phrases"] = "field"
    """``phrases``: the system has no status, so its words were read for a refusal."""

    @property
    def answers(self) -> bool:
        """Tell whether it gives an answer, in full or in part."""
        return self.status in {"answered", "partial"}


class SentenceSupport(_Part):
    """Whether the sources carry one sentence, by ``POST /v1/verify``."""

    text: str
    citations: list[str]
    support: str
    """``verbatim``, ``supported``, ``unsupported`` or ``no_claim``."""
    findings: list[Span] = Field(default_factory=list)
    alone: dict[str, bool] = Field(default_factory=dict)
    """Whether each citation alone carries it."""
    without: dict[str, bool] = Field(default_factory=dict)
    """Whether the other citations carry it without this one."""
    elsewhere: bool = False
    """Whether a passage carries it that was found and is not cited, where its citations do not."""

    @property
    def claims(self) -> bool:
        """Tell whether it says something that can be checked."""
        return self.support != "no_claim"

    @property
    def holds(self) -> bool:
        """Tell whether its sources carry it."""
        return self.support in {"verbatim", "supported"}


class Failure(_Part):
    """Why there is no answer to measure."""

    kind: str
    """``http``, ``timeout``, ``connection`` or ``reply``."""
    status: int | None = None
    message: str = ""


class Retry(_Part):
    """One attempt that was tried again."""

    reason: str
    waited_seconds: float


class Timing(_Part):
    """What may differ from run to run."""

    started_at: str = ""
    seconds: float = 0.0
    """From the question to the whole answer, the last attempt alone; of a kept answer, when it was given."""
    server_ms: dict[str, float] = Field(default_factory=dict)
    attempts: int = 1
    retries: list[Retry] = Field(default_factory=list)
    from_cache: bool = False
    answer_id: str = ""


class CheckResult(_Part):
    """One expectation of a case, and what became of it."""

    name: str
    passed: bool
    detail: str = ""
    """What was wanted and what was there; empty where it passed."""


class Verdict(_Part):
    """Whether everything that the case expects holds."""

    passed: bool
    checks: list[CheckResult]


class Record(_Part):
    """One case, asked once."""

    schema_version: int = Field(default=SCHEMA, alias="schema")
    case_id: str
    repeat: int
    asked_hash: str
    asked: str
    history: list[Span] = Field(default_factory=list)
    """The turns as they were sent, answers of the system included."""
    reply: Reply | None = None
    passages: list[Span] | None = None
    """The ranking of a search for the question; None where none was needed or possible."""
    support: list[SentenceSupport] | None = None
    """None where there is nothing to check, or nobody who can."""
    integrity: dict[str, str] | None = None
    """``holds``, ``mismatch``, ``missing`` or ``torn`` by citation: its quote against its revision's text."""
    error: Failure | None = None
    verdict: Verdict | None = None
    timing: Timing = Field(default_factory=Timing)

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @property
    def key(self) -> tuple[str, int]:
        """Name the record within its run."""
        return self.case_id, self.repeat

    @property
    def passed(self) -> bool:
        """Tell whether the case passed; an error never does."""
        return self.verdict is not None and self.verdict.passed

    def as_json(self) -> str:
        """Give the record as one line of JSON with sorted keys."""
        return dumps(self.model_dump(by_alias=True, exclude_defaults=True) | {"schema": self.schema_version})


def dumps(content: Any) -> str:
    """Spell JSON in the one way that files of a run use, on one line."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
