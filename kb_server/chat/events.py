"""The events of a streamed answer: what each carries, and how an answer becomes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel, Field

from kb_server.answering.answer import Citation
from kb_server.answering.display import Mark, marks
from kb_server.answering.progress import citation_of
from kb_server.answering.schemas import Answer, NearestPage
from kb_server.errors import KbError
from kb_server.problems import Problem, problem_of, retry_after

PASSAGES = "passages"
DELTA = "delta"
CITATION = "citation"
ANSWER = "answer"
ERROR = "error"


class Passages(BaseModel):
    """The pages that the answer draws from or comes near; there may be none."""

    passages: list[NearestPage]


class Delta(BaseModel):
    """The next piece of the answer's text."""

    text: str


class StreamProblem(Problem):
    """What ended a stream before its answer."""

    retry_after: int | None = Field(
        default=None, description="Seconds after which asking again can help; absent where it cannot."
    )


class Event(NamedTuple):
    """One event of a stream."""

    name: str
    data: BaseModel


class UnsteadyAnswerError(RuntimeError):
    """An answer does not begin with what was already sent of it."""


def error_event(error: KbError, *, request_id: str) -> Event:
    """Describe what ended a stream."""
    problem = problem_of(error, request_id=request_id).model_dump()
    return Event(ERROR, StreamProblem(**problem, retry_after=retry_after(error)))


@dataclass(slots=True)
class Narrator:
    """Tells an answer as events while it is being made: each piece of text once, each citation before it."""

    emit: Callable[[Event], None]
    _text: str = ""
    _cited: int = 0
    _has_pages: bool = False

    def found(self, pages: Sequence[NearestPage]) -> None:
        """Tell the pages."""
        self._has_pages = True
        self.emit(Event(PASSAGES, Passages(passages=list(pages))))

    def wrote(self, text: str, citations: Sequence[Citation]) -> None:
        """Tell what is new in ``text``; UnsteadyAnswerError where it is not a continuation."""
        self._tell(text, [citation_of(citation) for citation in citations])

    def finish(self, answer: Answer) -> None:
        """Tell the rest of the text, and then the whole answer."""
        if not self._has_pages:
            self.found(answer.nearest)
        self._tell(answer.text, answer.citations)
        self.emit(Event(ANSWER, answer))

    def _tell(self, text: str, citations: Sequence[BaseModel]) -> None:
        if not text.startswith(self._text):
            raise UnsteadyAnswerError("the answer does not begin with what was sent of it")
        start, self._text = len(self._text), text
        for piece, number in _pieces(text, start):
            while self._cited < number:
                self.emit(Event(CITATION, citations[self._cited]))
                self._cited += 1
            self.emit(Event(DELTA, Delta(text=piece)))


def _pieces(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Cut ``text`` from ``start`` behind each run of markers; with the highest number that a piece holds.

    >>> list(_pieces("Press it. [1][2] Wait. [1]", 0))
    [('Press it. [1][2]', 2), (' Wait. [1]', 1)]
    """
    run: list[Mark] = []
    for mark in marks(text):
        if mark.start < start:
            continue
        if run and text[run[-1].end : mark.start].strip():
            yield text[start : run[-1].end], max(each.number for each in run)
            start, run = run[-1].end, []
        run.append(mark)
    if run:
        yield text[start : run[-1].end], max(each.number for each in run)
        start = run[-1].end
    if start < len(text):
        yield text[start:], 0
