"""Measure what the first readers wait for: ``python -m evals.first_answers --data-dir DATA``.

One client asks each question once of a server that has just started, so that no page was read and no further
question was asked before; then all of them again, and again without further questions. Questions are those of
a set (``--set``), or the headings of a corpus that ask something. Servers with and without further questions,
and those of several ``--code`` folders, take turns, so that a busy machine slows all of them alike. CPU time
is that of the server and its child processes, in milliseconds of one core for each question.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from evals.docs_sets import data_folder, load_questions
from evals.intervals import percentile_with_interval
from evals.load import MANUAL
from evals.processes import process_cpu_seconds
from evals.request_cost import headings_of
from evals.server import EvalError, Server, serving

_TIMEOUT_SECONDS = 60.0
_AHEAD_SECONDS = 900.0
_ROUNDS = (("first time", True), ("second time", True), ("without further questions", False))


@dataclass(frozen=True, slots=True)
class Row:
    """What one client saw in one round."""

    name: str
    milliseconds: tuple[float, ...]
    """From request to full answer, by question."""
    cpu: float
    """CPU-ms of a question."""
    further: int
    """Further questions that the answers offered, together."""

    def told(self) -> str:
        """Give the line that is printed."""
        p50, p95 = (percentile_with_interval(self.milliseconds, percent) for percent in (50, 95))
        said = "  ".join(
            f"{name} {value.mean:6.1f} ms [{value.low:.1f},{value.high:.1f}]"
            for name, value in (("p50", p50), ("p95", p95))
        )
        return (
            f"{self.name:<26} {said}  max {max(self.milliseconds):6.1f}  "
            f"CPU {self.cpu:5.1f} ms  further questions {self.further}"
        )


def measure(server: Server, asked: Sequence[str], *, suggest: bool) -> list[Row]:
    """Ask all of ``asked`` in three rounds; without ``suggest`` no round has further questions."""
    with httpx.Client(base_url=server.url, timeout=_TIMEOUT_SECONDS) as client:
        return [
            _round(client, server, asked, name=name, suggest=suggest and further)
            for name, further in (_ROUNDS if suggest else _ROUNDS[:1])
        ]


def _round(client: httpx.Client, server: Server, asked: Sequence[str], *, name: str, suggest: bool) -> Row:
    waited: list[float] = []
    further = 0
    before = process_cpu_seconds(server.pid)
    for question in asked:
        began = time.perf_counter()
        reply = client.post("/v1/query", json={"question": question, "suggest": suggest})
        waited.append(1e3 * (time.perf_counter() - began))
        if reply.status_code != httpx.codes.OK:
            raise EvalError(f"/v1/query gave {reply.status_code}: {reply.text[:300]}")
        further += len(reply.json()["suggestions"])
    spent = process_cpu_seconds(server.pid) - before
    return Row(name, tuple(waited), 1e3 * spent / len(asked), further)


def wait_until_ahead(server: Server) -> tuple[float, float]:
    """Wait until the server has read its pages and asked its headings; give seconds, and those of CPU."""
    began, before = time.monotonic(), process_cpu_seconds(server.pid)
    while time.monotonic() - began < _AHEAD_SECONDS:
        said = httpx.get(f"{server.url}/metrics", timeout=_TIMEOUT_SECONDS).text
        if "\nkb_asking_ahead 0.0" in said:
            return time.monotonic() - began, process_cpu_seconds(server.pid) - before
        time.sleep(1)
    raise EvalError(f"After {_AHEAD_SECONDS:.0f} s the server still asks headings, or it never does.")


def report(data_dir: Path, asked: Sequence[str], *, wait: float, ahead: bool, code: Path | None) -> None:
    """Serve ``data_dir`` twice, with ``code`` where it is given, and print what each server did."""
    settings = {} if code is None else {"PYTHONPATH": os.fspath(code)}
    for suggest in (True, False):
        with serving(data_dir, **settings) as server:
            ready = server.rss_megabytes()
            time.sleep(wait)
            told = "" if suggest else ", never asked for further questions"
            if ahead:
                seconds, cpu = wait_until_ahead(server)
                print(f"asked ahead in {seconds:.0f} s, {cpu:.1f} s of CPU; {server.rss_megabytes():.0f} MB")
            print(f"{code or 'this code'}: ready after {server.ready_seconds:.2f} s, {ready:.0f} MB{told}")
            for row in measure(server, asked, suggest=suggest):
                print(f"  {row.told()}")
            print(f"  {server.rss_megabytes():.0f} MB at the end", flush=True)


def _questions(options: argparse.Namespace) -> list[str]:
    if options.set is None:
        return headings_of(options.corpus, options.questions)
    return [question.text for question in load_questions(data_folder(options.data) / "docs" / options.set)]


def main() -> int:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m evals.first_answers", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="an index that was ingested before")
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--set", help="ask the questions of this set; default: headings of --corpus")
    parser.add_argument("--corpus", type=Path, default=MANUAL, help="pages whose headings are asked")
    parser.add_argument("--questions", type=int, default=100, help="how many headings")
    parser.add_argument(
        "--wait", type=float, default=0.0, help="seconds between ready and the first question"
    )
    parser.add_argument("--ahead", action="store_true", help="first wait until headings were asked ahead")
    parser.add_argument("--turns", type=int, default=1, help="how often everything is measured")
    parser.add_argument("--code", type=Path, nargs="+", default=[None], help="other checkouts to serve with")
    options = parser.parse_args()
    try:
        asked = _questions(options)
        print(f"{len(asked)} questions, one client")
        for _ in range(options.turns):
            for code in options.code:
                report(options.data_dir, asked, wait=options.wait, ahead=options.ahead, code=code)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
