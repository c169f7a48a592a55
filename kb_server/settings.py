"""One typed settings object: ``KB_*`` variables, then ``kb.toml`` in the working directory.

Created once by the composition root and passed down; nothing else reads the environment.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kb_server.access_settings import AccessSettings

DEFAULT_ENCODER = "builtin"

Positive = Annotated[int, Field(gt=0)]
PositiveSeconds = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]

LLM_PROVIDERS = ("openai", "anthropic", "ollama")
"""What ``KB_LLM`` may begin with; each one is an extra of the package."""
_MAX_CANDIDATES = 8
_MAX_KEEP_ALIVE = 3600.0
_FRAME_ANCESTOR = re.compile(r"'none'|'self'|https?://(?:\*\.)?[A-Za-z0-9.-]+(?::(?:\d{1,5}|\*))?")


class Settings(AccessSettings):
    """All that can be set; each key is described in the manual's page on settings."""

    model_config = SettingsConfigDict(
        env_prefix="KB_", toml_file="kb.toml", extra="forbid", frozen=True, validate_default=True
    )

    data_dir: Path = Path("data")
    """Folder of the index: versions, CURRENT, LOCK, caches."""
    database_url: SecretStr | None = None
    """Conversations, feedback and keys: ``sqlite:///FILE`` or ``postgresql://…``; None: in ``data_dir``."""
    store_answers: bool = True
    """Keep questions and answers outside of conversations too, so that feedback can refer to them."""
    retention_days: Annotated[int, Field(ge=0)] = 90
    """Conversations and answers that nobody used for so long are deleted; 0 keeps them."""
    encoder: str = DEFAULT_ENCODER
    """``builtin`` or ``minilm`` (shipped), any sentence-transformers name or path, or ``openai:MODEL``."""
    korean_encoder: Path | None = None
    """Folder of the Korean side of ``builtin``; None takes the shipped one."""
    encoder_url: str = "https://api.openai.com/v1"
    """Where an encoder ``openai:MODEL`` is served: any endpoint of that protocol."""
    encoder_api_key: SecretStr | None = None
    """Key for that endpoint; never shown, logged or stored."""
    encoder_timeout_seconds: PositiveSeconds = 30.0
    """One request to that endpoint may take this long before it is tried again."""
    encoder_query_prefix: str | None = None
    """What a model wants before a question; None takes the model's own prompt."""
    encoder_document_prefix: str | None = None
    """What a model wants before a passage; None takes the model's own prompt."""
    reranker: str | None = None
    """Name or path of a sentence-transformers CrossEncoder that looks again at the best hits; None: none."""
    rerank_top: Positive = 20
    """How many hits the reranker looks at."""
    nli_model: str | None = None
    """Name or path of a sentence-transformers CrossEncoder that also checks sentences; None: rules alone."""
    llm: str | None = None
    """``openai:MODEL``, ``anthropic:MODEL`` or ``ollama:MODEL`` writes the answers; None: they are quoted."""
    llm_url: str | None = None
    """Where that model is served; None takes the provider's own address."""
    llm_api_key: SecretStr | None = None
    """Key for that address; never shown, logged or stored."""
    llm_timeout_seconds: PositiveSeconds = 20.0
    """All calls for one answer together, below ``request_timeout_seconds``; then the docs are quoted."""
    llm_input_tokens: Positive = 4000
    """Passages of one question are cut to about this many tokens."""
    llm_output_tokens: Positive = 600
    """A longer reply is given up."""
    llm_candidates: Annotated[int, Field(ge=1, le=_MAX_CANDIDATES)] = 1
    """Replies asked for at once, of which the best supported one is kept."""
    llm_input_price: Price | None = None
    """US dollars for a million tokens sent."""
    llm_output_price: Price | None = None
    """US dollars for a million tokens received."""
    max_risk: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the given answers that may be wrong; a lower one refuses more questions."""
    confidence_file: Path | None = None
    """What confidence is estimated with, as ``evals.calibrate`` writes it; None takes the shipped one."""
    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own addresses also needs ``allow_open_network``."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one and names it."""
    allow_open_network: bool = False
    """Listen on addresses that other machines reach, although anyone who reaches them may ask."""
    kept_versions: Positive = 3
    """Published versions kept for rollback, the current one included."""
    max_file_bytes: Positive = 10 * 1024 * 1024
    """Larger source files are reported and skipped."""
    ingest_threads: Positive = 2
    """Threads of the encoder during ingest; a server uses one."""
    poll_seconds: PositiveSeconds = 1.0
    """How often a server looks for a newly published version."""
    max_body_bytes: Positive = 256 * 1024
    """Larger request bodies are answered 413 as soon as they pass the limit."""
    body_timeout_seconds: PositiveSeconds = 10.0
    """A request's head, and then its body, must arrive within this time; a late body is answered 408."""
    keep_alive_seconds: Annotated[float, Field(gt=0, le=_MAX_KEEP_ALIVE)] = 75.0
    """How long a connection may be idle; a proxy that keeps it for longer sends into a closed one."""
    request_timeout_seconds: PositiveSeconds = 30.0
    """A request that is worked on for longer is given up and answered 503."""
    max_concurrency: Positive = 128
    """Requests worked on at once; more are answered 503 with Retry-After."""
    max_streams: Positive = 256
    """Streamed answers open at once; more are answered 503 with Retry-After."""
    max_connections_per_address: Positive = 512
    """Connections open at once from one address, or its open requests behind a trusted proxy."""
    stream_timeout_seconds: PositiveSeconds = 120.0
    """A streamed answer that takes longer is given up with an ``error`` event."""
    stream_send_timeout_seconds: PositiveSeconds = 15.0
    """A reader that takes in nothing for this long is left."""
    drain_seconds: Seconds = 0.5
    """After SIGTERM a server still takes connections for this long, while ``/readyz`` sends others away."""
    log_format: Literal["text", "json"] = "text"
    """``text`` for people, ``json`` for programs: one object a line."""
    trace_url: str | None = None
    """Where traces go by OTLP over HTTP; None: nothing is traced, whatever ``OTEL_*`` variables say."""
    trace_content: bool = False
    """Put questions, found passages and answers into the traces."""
    frame_ancestors: str = "'none'"
    """Who may show ``/chat`` in a frame: ``'none'``, ``'self'`` or origins such as ``https://example.com``."""
    human_url: str | None = None
    """Where ``/chat`` sends a reader who wants to talk to a person; None: it offers nobody."""
    search_processes: Annotated[int, Field(ge=0, le=1)] = 1
    """1: ``kb serve`` searches and composes in a process of its own; 0: in a thread of the server."""
    ask_ahead: bool = True
    """Have that process read pages and ask headings while nobody asks anything."""
    exact_scan_limit: Annotated[int, Field(ge=0)] = 200_000
    """Up to this many chunks the dense search scans all vectors; above, it asks Chroma."""

    @field_validator("encoder")
    @classmethod
    def _names_an_encoder(cls, value: str) -> str:
        if not value.removeprefix("openai:").strip():
            raise ValueError("must name an encoder; leave KB_ENCODER unset for the shipped one")
        return value

    @field_validator("reranker")
    @classmethod
    def _names_a_reranker(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("must name a model; leave KB_RERANKER unset to rank without one")
        return value

    @field_validator("nli_model")
    @classmethod
    def _names_a_model_for_entailment(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("must name a model; leave KB_NLI_MODEL unset to check by rules alone")
        return value

    @field_validator("llm")
    @classmethod
    def _names_a_language_model(cls, value: str | None) -> str | None:
        provider, _, model = (value or "").partition(":")
        if value is not None and (provider not in LLM_PROVIDERS or not model.strip()):
            known = ", ".join(f"{name}:MODEL" for name in LLM_PROVIDERS)
            raise ValueError(f"must be one of {known}; leave KB_LLM unset to quote the docs")
        return value

    @field_validator("llm_url")
    @classmethod
    def _carries_no_password(cls, value: str | None) -> str | None:
        if "@" in urlsplit(value or "").netloc:
            raise ValueError("must not carry user or password: clients log addresses; use KB_LLM_API_KEY")
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _names_origins(cls, value: str) -> str:
        words = value.split()
        if not words or not all(_FRAME_ANCESTOR.fullmatch(word) for word in words):
            raise ValueError(
                "must be 'none', 'self' or origins such as https://example.com, with spaces between"
            )
        if "'none'" in words and len(words) > 1:
            raise ValueError("must be 'none' alone or a list of origins")
        return " ".join(words)

    @field_validator("encoder_url", "llm_url", "trace_url", "human_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        parts = urlsplit("http://unset" if value is None else value)
        # Reading the port checks it.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("must be an address that begins with http:// or https://")
        return value

    @field_validator("request_timeout_seconds", "stream_timeout_seconds")
    @classmethod
    def _leaves_time_to_fall_back(cls, value: float, info: ValidationInfo) -> float:
        limit = info.data.get("llm_timeout_seconds", 0.0)
        if info.data.get("llm") and value <= limit:
            raise ValueError(f"must be above KB_LLM_TIMEOUT_SECONDS, which is {limit:g}, where KB_LLM is set")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
