"""Which encoder reads the questions to a version: the one that the version was built with, or none."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from functools import cached_property

from kb_server.encoding import EncoderQueue
from kb_server.errors import IndexMismatchError
from kb_server.index.cross_encoder import CrossEncoderReranker
from kb_server.index.embedding import Encoder, EncoderSource, encoder_source, shipped_sources
from kb_server.index.manifest import Manifest
from kb_server.retrieval.reranking import Reranking
from kb_server.settings import Settings


class EncoderChoice:
    """Loads the encoder that a version needs, where it is the configured one or a shipped one.

    A server thus keeps answering from a version of before a change of the setting, or of a release with
    another shipped encoder, until an ingest has built the next one; the two are then swapped together.
    """

    def __init__(self, name: Callable[[], Sequence[EncoderSource]]) -> None:
        """Take what ``name`` gives: the configured encoder, then those whose versions are served as well.

        It is asked again for a version by another encoder than the last: a source reads its files once, and
        they may have been replaced since.
        """
        self._name = name
        self._configured, *self._shipped = name()

    def queue_for(self, manifest: Manifest, current: EncoderQueue | None) -> EncoderQueue:
        """Give the queue of the version's encoder: ``current``, or a new one where that is of another.

        Raises ``IndexMismatchError`` where no setting of this server names that encoder, ``EncoderError``
        where it cannot be loaded.
        """
        if current is not None and _built_with(manifest, current.encoder):
            return current
        self._configured, *self._shipped = self._name()
        encoder = self._source_of(manifest).load()
        if encoder.dimension != manifest.dimension:
            raise IndexMismatchError(
                f"Version {manifest.version} has vectors of {manifest.dimension} dimensions, but "
                f"{encoder.encoder_id!r} gives {encoder.dimension}.",
                remedy=self._remedy(manifest),
            )
        return EncoderQueue(encoder)

    def deviation(self, manifest: Manifest) -> IndexMismatchError | None:
        """Describe that the version is served with a shipped encoder though the settings name another."""
        if _built_with(manifest, self._configured):
            return None
        return IndexMismatchError(
            f"{self._difference(manifest)} It is served with its own encoder until the next ingest.",
            remedy=self._remedy(manifest),
        )

    def _source_of(self, manifest: Manifest) -> EncoderSource:
        for source in (self._configured, *self._shipped):
            if _built_with(manifest, source):
                return source
        raise IndexMismatchError(self._difference(manifest), remedy=self._remedy(manifest))

    def _difference(self, manifest: Manifest) -> str:
        return (
            f"Version {manifest.version} was built with the encoder "
            f"{_described(manifest.encoder_id, manifest.encoder_revision)}, but the server is set to "
            f"{_described(self._configured.encoder_id, self._configured.revision)}."
        )

    def _remedy(self, manifest: Manifest) -> str:
        ingest = shlex.join(["kb", "ingest", *manifest.roots])
        command = f"`KB_ENCODER={shlex.quote(self._configured.encoder_id)} {ingest}`"
        if manifest.encoder_id == self._configured.encoder_id:
            return f"Run {command} to build the index again."
        serve = f"`KB_ENCODER={shlex.quote(manifest.encoder_id)} kb serve`"
        return f"Run {command} to build the index again, or serve it as it is with {serve}."


def encoder_choice(settings: Settings, *, encoder: Callable[[], Encoder] | None = None) -> EncoderChoice:
    """Give the choice of a server with ``settings``; ``encoder`` loads the configured one in their place."""
    given = None if encoder is None else _LoadedFirst(encoder)
    return EncoderChoice(
        lambda: (given or encoder_source(settings, threads=1), *shipped_sources(settings, threads=1))
    )


def reranking_of(settings: Settings) -> Reranking | None:
    """Give the reranker that the settings name; None where they name none."""
    name = settings.reranker
    if name is None:
        return None
    return Reranking(lambda: CrossEncoderReranker(name), settings.rerank_top)


class _LoadedFirst:
    """An encoder that has no name before it is loaded."""

    def __init__(self, load: Callable[[], Encoder]) -> None:
        self._load = load

    @cached_property
    def _encoder(self) -> Encoder:
        return self._load()

    @property
    def encoder_id(self) -> str:
        return self._encoder.encoder_id

    @property
    def revision(self) -> str:
        return self._encoder.revision

    def load(self) -> Encoder:
        return self._encoder


def _built_with(manifest: Manifest, encoder: EncoderSource | Encoder) -> bool:
    """Compare names first: to know the revision of a model, its files must be read."""
    return manifest.encoder_id == encoder.encoder_id and manifest.encoder_revision == encoder.revision


def _described(encoder_id: str, revision: str) -> str:
    return f"{encoder_id!r} (revision {revision[:12]})"
