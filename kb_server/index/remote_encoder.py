"""An encoder behind an embedding endpoint that speaks OpenAI's protocol, through langchain."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import EncoderError
from kb_server.index.encoder import Encoder
from kb_server.index.hangul_trace import hangul_tokens, without_hangul
from kb_server.settings import Settings

PREFIX = "openai:"
"""What ``KB_ENCODER`` begins with, before the name of the model."""
WINDOW = 256
"""Tokens by the estimate below: chunks of the size that retrieves best, far below the window of any model."""
BATCH_TEXTS = 64
INGEST_RETRIES = 5
"""Pauses of .5 to 8 s, doubled each time, or what ``Retry-After`` asks for."""
QUERY_RETRIES = 1
"""A person waits, and behind this question others do."""

_CHARS_PER_TOKEN = 4
_REVISION_CHARACTERS = 16
_NO_KEY = "none"
_STATUS_REMEDIES = {
    401: "Set KB_ENCODER_API_KEY to a key that the endpoint accepts.",
    403: "Set KB_ENCODER_API_KEY to a key that may use this model.",
    404: "Check the model in KB_ENCODER=openai:MODEL, and KB_ENCODER_URL, which mostly ends in /v1.",
    429: "Wait or raise the limit at the endpoint; an ingest goes on where it stopped.",
}
_OTHER_REMEDY = "Check KB_ENCODER_URL, and that the endpoint is up; an ingest goes on where it stopped."


@dataclass(frozen=True)
class RemoteSource:
    """An endpoint's model by its name; nothing is asked before a text must be read."""

    encoder_id: str
    settings: Settings

    @property
    def revision(self) -> str:
        """Give the hash of what decides a vector: the name stands for the model, wherever it is served."""
        parts = (self.encoder_id, self.settings.encoder_document_prefix or "")
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_REVISION_CHARACTERS]

    def load(self) -> Encoder:
        """Ask the endpoint for the dimension; EncoderError says why there is no answer."""
        return RemoteEncoder(self.encoder_id, self.settings, revision=self.revision)


class RemoteEncoder:
    """Sends texts away and checks what comes back: as many finite vectors of one dimension."""

    window = WINDOW

    def __init__(self, encoder_id: str, settings: Settings, *, revision: str) -> None:
        """Connect and find the dimension by one call; EncoderError where that fails."""
        self.encoder_id = encoder_id
        self.revision = revision
        self._model = encoder_id.removeprefix(PREFIX)
        self._address = _without_user(settings.encoder_url)
        self._document_prefix = settings.encoder_document_prefix or ""
        self._query_prefix = settings.encoder_query_prefix or ""
        key = settings.encoder_api_key
        self._key = (key.get_secret_value() if key is not None else "") or _NO_KEY
        self._documents = self._client(settings, retries=INGEST_RETRIES)
        self._queries = self._client(settings, retries=QUERY_RETRIES)
        self.dimension = 0
        self.dimension = int(self._vectors(self._queries, ["one"]).shape[1])

    def reads(self, lang: str) -> bool:
        """Tell that every ``lang`` is read: who names a model knows what it is for."""
        return bool(lang)

    def count_tokens(self, text: str) -> int:
        """Estimate the tokens: four letters make one, or two syllables of Hangul."""
        return math.ceil(len(without_hangul(text)) / _CHARS_PER_TOKEN) + hangul_tokens(text)

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode passages as rows of unit length (n, dimension), after the document prefix."""
        return self._encode(self._documents, self._document_prefix, texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions as rows of unit length (n, dimension), after the query prefix."""
        return self._encode(self._queries, self._query_prefix, texts)

    def _encode(self, client: Any, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        # Endpoints refuse an empty text.
        return self._vectors(client, [(prefix + text) or " " for text in texts])

    def _vectors(self, client: Any, texts: list[str]) -> NDArray[np.float32]:
        from openai import APIStatusError, OpenAIError  # noqa: PLC0415 - an extra, there once a client is

        try:
            vectors = np.array(client.embed_documents(texts), dtype=np.float32)
        except APIStatusError as error:
            remedy = _STATUS_REMEDIES.get(error.status_code, _OTHER_REMEDY)
            raise self._failed(f"answered {error.status_code}: {error.message}", remedy) from None
        except (OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
            # The client takes an answer apart before it looks what it is: garbage ends in any of these.
            raise self._failed(f"gave no embeddings: {type(error).__name__}: {error}") from None
        self._check(vectors, len(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths, dtype=np.float32)

    def _check(self, vectors: NDArray[np.float32], count: int) -> None:
        if vectors.ndim != 2 or len(vectors) != count or not vectors.size:  # noqa: PLR2004 - rows of numbers
            raise self._failed(f"gave an array of shape {vectors.shape} for {count} texts")
        if self.dimension not in (0, vectors.shape[1]):
            raise self._failed(
                f"gave vectors of {vectors.shape[1]} dimensions, {self.dimension} before",
                "Is another model behind the address? Run `kb ingest` once it is settled.",
            )
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise self._failed("gave a vector that is not finite or has length 0")

    def _failed(self, what: str, remedy: str = _OTHER_REMEDY) -> EncoderError:
        """Describe a failure; an endpoint that repeats the key in its answer does not get it into a log."""
        message = f"The embedding endpoint {self._address} (model {self._model!r}) {what}"
        if self._key != _NO_KEY:
            message = message.replace(self._key, "***")
        return EncoderError(f"{message.rstrip('.')}.", remedy=remedy)

    def _client(self, settings: Settings, *, retries: int) -> Any:
        try:
            from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415 - an extra, seconds to import
        except ModuleNotFoundError as error:
            raise EncoderError(
                f"The Python package {error.name!r} that {self.encoder_id!r} needs is missing.",
                remedy="Run `pip install 'kb-server[openai]'`, or name another encoder with KB_ENCODER.",
            ) from error
        return OpenAIEmbeddings(
            model=self._model,
            base_url=settings.encoder_url,
            api_key=self._key,  # type: ignore[arg-type]  # pydantic makes the secret of it
            timeout=settings.encoder_timeout_seconds,
            max_retries=retries,
            chunk_size=BATCH_TEXTS,
            # Texts as they are: to count tokens it would download a vocabulary.
            check_embedding_ctx_length=False,
        )


def _without_user(url: str) -> str:
    """Leave user and password out of an address, for messages.

    >>> _without_user("https://me:secret@embed.example.com/v1")
    'https://embed.example.com/v1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
