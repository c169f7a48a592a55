"""What the services need of the index: to search it, to work on it, and to know what is served.

There are two of each: threads of this process (``searcher``, ``live_index``), and a process of its own
(``search_process``). What is to be done there is a function of a module with arguments that can be pickled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from kb_server.dialogue.turns import Turn
from kb_server.errors import KbError, StartingError
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.retrieval.retriever import Retriever
from kb_server.telemetry.observation import traces_content
from kb_server.telemetry.tracing import Attributes

T = TypeVar("T")
Timings = dict[str, float]


@dataclass(frozen=True, slots=True)
class View:
    """What an audience sees of one version: whatever is told about the index comes from here."""

    retriever: Retriever
    audiences: frozenset[str] | None

    @property
    def reader(self) -> IndexReader:
        """The version without the pages that are kept from the audience."""
        return self.retriever.reader

    @property
    def version(self) -> str:
        """Name of the version."""
        return self.reader.version

    @property
    def seen_as(self) -> frozenset[str] | None:
        """The audience by which its answers are remembered: None for everybody who sees all pages."""
        return None if self.reader.is_whole else self.audiences


Finish = Callable[[View, RetrievalResult], T]


@dataclass(frozen=True, slots=True)
class Served:
    """The version that answers now."""

    version: str
    created_at: str
    """ISO 8601 with offset, UTC."""
    documents: int
    chunks: int
    encoder_id: str
    """Encoder that reads the questions."""
    tokenizer: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a probe is told."""

    served: Served | None
    """None when nothing answers."""
    problem: KbError | None
    """Why nothing answers, or what is not as the settings want it while a version answers."""

    def needed(self) -> Served:
        """Give the version that answers; raises the reason where there is none."""
        if self.served is None:
            raise self.unavailable()
        return self.served

    def unavailable(self) -> KbError:
        """Give the reason why nothing can be answered, as an error to raise."""
        problem = self.problem
        if problem is None:
            return StartingError("The server is stopping.", remedy="Try again in a few seconds.")
        # The same object would gather a traceback with every request.
        return type(problem)(problem.message, remedy=problem.remedy)


def loading() -> StartingError:
    """Give the reason why nothing can be answered yet, until a first version is loaded."""
    return StartingError("The server is loading its encoder and index.", remedy="Try again in a few seconds.")


class Follower(Protocol):
    """Follows what is published."""

    @property
    def layout(self) -> DataLayout:
        """Where the versions are."""

    def start(self) -> None:
        """Begin to load and to follow; returns at once."""

    def close(self) -> None:
        """Stop following, and close what no request holds any more."""

    def readiness(self) -> Readiness:
        """Describe what answers and what does not."""

    async def forget(self) -> None:
        """Drop what is remembered of the questions that were asked."""


class Searching(Protocol):
    """Searches off the event loop; each request sees a single version from start to end."""

    @property
    def pending(self) -> int:
        """Give the number of searches that are at work or wait, and that somebody waits for."""

    @property
    def encoder_depth(self) -> int:
        """Give the number of questions that wait for the encoder."""

    async def run(
        self, query: SearchQuery, finish: Finish[T], *, turns: Sequence[Turn] = ()
    ) -> tuple[T, Timings]:
        """Search, then give ``finish`` the result where it was found; milliseconds per stage come along.

        ``turns`` were said before the question, oldest first.
        """

    async def run_all(
        self, queries: Sequence[SearchQuery], finish: Finish[T], *, version: str
    ) -> list[T] | None:
        """Give what ``finish`` makes of each search of ``version``; None where another is served by now."""

    async def on_current(self, audiences: frozenset[str] | None, work: Callable[[View], T]) -> T:
        """Run ``work`` on what ``audiences`` may see of the current version; None: all of it."""

    def close(self) -> None:
        """Stop; what still waits is cancelled."""


def retrieval_span(version: str, query: SearchQuery) -> tuple[str, Attributes]:
    """Name a search in a trace, by OpenTelemetry's conventions for generative AI."""
    told = {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": version}
    if traces_content():
        told["gen_ai.retrieval.query.text"] = query.text
    return f"retrieval {version}", told


def embeddings_span(encoder_id: str) -> tuple[str, Attributes]:
    """Name the encoding of a question in a trace."""
    return f"embeddings {encoder_id}", {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": encoder_id,
    }


def milliseconds(since: float) -> float:
    """Give the time from ``since``, in seconds of ``time.perf_counter``, until now."""
    return round((time.perf_counter() - since) * 1000, 2)
