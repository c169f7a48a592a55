"""What turns text into vectors: a shipped encoder, a sentence-transformers model, or an endpoint.

Importing this module is cheap; the libraries behind an encoder are imported when one is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kb_server.errors import EncoderError
from kb_server.index import bilingual, minilm, remote_encoder
from kb_server.index.bilingual import BilingualSource
from kb_server.index.encoder import Encoder, EncoderSource
from kb_server.index.korean import SHIPPED_FOLDER, KoreanSource
from kb_server.index.remote_encoder import RemoteSource
from kb_server.index.sentence_encoder import SentenceTransformersSource
from kb_server.settings import Settings

__all__ = ["Encoder", "EncoderSource", "encoder_source", "load_encoder", "shipped_sources"]


def encoder_source(settings: Settings, *, threads: int) -> EncoderSource:
    """Name the encoder of ``settings``; it will use ``threads`` threads once it is loaded."""
    if settings.encoder.startswith(remote_encoder.PREFIX):
        return RemoteSource(settings.encoder, settings)
    if settings.encoder != bilingual.ENCODER_ID and settings.encoder not in minilm.NAMES:
        return SentenceTransformersSource(
            settings.encoder,
            threads,
            query_prefix=settings.encoder_query_prefix,
            document_prefix=settings.encoder_document_prefix,
        )
    _refuse_prefixes(settings)
    if settings.encoder in minilm.NAMES:
        return _MiniLmSource(threads)
    return _builtin(settings.korean_encoder or SHIPPED_FOLDER, threads)


def shipped_sources(settings: Settings, *, threads: int) -> tuple[EncoderSource, ...]:
    """Name the encoders that need nothing but files of this machine, whichever one the settings name."""
    own = () if settings.korean_encoder is None else (_builtin(settings.korean_encoder, threads),)
    return (*own, _builtin(SHIPPED_FOLDER, threads), _MiniLmSource(threads))


def load_encoder(settings: Settings, *, threads: int) -> Encoder:
    """Load the encoder of ``settings``; EncoderError says what is missing and how to get it."""
    return encoder_source(settings, threads=threads).load()


def _refuse_prefixes(settings: Settings) -> None:
    if settings.encoder_query_prefix or settings.encoder_document_prefix:
        raise EncoderError(
            f"The shipped encoder {settings.encoder!r} takes no prefixes, but KB_ENCODER_QUERY_PREFIX is "
            f"{settings.encoder_query_prefix!r} and KB_ENCODER_DOCUMENT_PREFIX is "
            f"{settings.encoder_document_prefix!r}.",
            remedy="Unset both, or name with KB_ENCODER the model that wants them.",
        )


def _builtin(korean: Path, threads: int) -> BilingualSource:
    return BilingualSource(_MiniLmSource(threads), KoreanSource(korean, threads=threads))


@dataclass(frozen=True)
class _MiniLmSource:
    threads: int
    encoder_id: str = minilm.ENCODER_ID
    revision: str = minilm.REVISION

    def load(self) -> Encoder:
        try:
            from kb_server.index.onnx_encoder import MiniLmEncoder  # noqa: PLC0415 - half a second to import
        except ModuleNotFoundError as error:
            raise EncoderError(
                f"The Python package {error.name!r} of the shipped encoder is missing.",
                remedy="Run `make install`, or name another encoder with KB_ENCODER.",
            ) from error
        return MiniLmEncoder(threads=self.threads)
