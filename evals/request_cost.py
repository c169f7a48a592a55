"""Measure what a request costs the server, layer by layer: ``python -m evals.request_cost --data-dir DATA``.

Kinds of requests that differ by one layer are sent to one server, and the differences of its CPU time are the
layers. Questions are the headings of a corpus that ask something. ``cold`` comes first, on pages that nobody
has asked about; afterwards each question comes in other words, so that its answer is worked out anew. The
kinds take turns, so that a busy machine slows all of them alike. CPU time is that of the server and its child
processes together, in milliseconds of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from evals.load import MANUAL, questions
from evals.processes import process_cpu_seconds
from evals.server import EvalError, Server, serving

_TURN = 20
"""Requests of one kind in a row: the clock of the kernel ticks every 10 ms."""
_TIMEOUT_SECONDS = 60.0
_LAYERS = {
    "probe": "HTTP",
    "lexical": "who asks, rank by words",
    "hybrid": "encode, rank by meaning",
    "plain": "compose, render, store",
    "warm": "further questions, known",
    "cold": "pages read first, further questions asked",
}
"""Kinds of requests, each with what it has beyond the one before."""


def request_of(kind: str, question: str) -> tuple[str, Mapping[str, Any] | None]:
    """Give path and body of a request; no body for a GET."""
    if kind == "probe":
        return "/healthz", None
    if kind in {"lexical", "hybrid"}:
        return "/v1/search", {"query": question, "mode": kind}
    return "/v1/query", {"question": question, "suggest": kind != "plain"}


def measure(server: Server, asked: Sequence[str], *, rounds: int) -> dict[str, float]:
    """Give CPU-ms of a request of each kind; each question is sent ``rounds`` times per kind."""
    spent: defaultdict[str, list[float]] = defaultdict(list)
    with httpx.Client(base_url=server.url, timeout=_TIMEOUT_SECONDS) as client:
        for batch in _batches(asked):
            spent["cold"].append(_cpu(client, server, "cold", batch))
        for number in range(rounds):
            for batch in _batches(asked):
                for kind in [kind for kind in _LAYERS if kind != "cold"]:
                    again = [f"{question} {kind} {number}" for question in batch]
                    spent[kind].append(_cpu(client, server, kind, again))
    return {
        kind: 1000 * sum(spent[kind]) / (len(asked) * (1 if kind == "cold" else rounds)) for kind in _LAYERS
    }


def layers(costs: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """Give each layer with its own CPU-ms, and with those of all layers up to it.

    >>> layers({"probe": 1.0, "lexical": 3.0})
    [('HTTP', 1.0, 1.0), ('who asks, rank by words', 2.0, 3.0)]
    """
    return [
        (_LAYERS[kind], costs[kind] - before, costs[kind])
        for before, kind in zip([0.0, *costs.values()], costs, strict=False)
    ]


def _cpu(client: httpx.Client, server: Server, kind: str, asked: Sequence[str]) -> float:
    """Give the CPU seconds that the server spends on ``asked``, or raise ``EvalError`` for any refusal."""
    before = process_cpu_seconds(server.pid)
    for question in asked:
        path, body = request_of(kind, question)
        reply = client.get(path) if body is None else client.post(path, json=body)
        if reply.status_code != httpx.codes.OK:
            raise EvalError(f"{path} gave {reply.status_code}: {reply.text[:300]}")
    return process_cpu_seconds(server.pid) - before


def _batches(asked: Sequence[str]) -> Iterator[Sequence[str]]:
    starts = [*range(0, len(asked), _TURN), len(asked)]
    return (asked[start:end] for start, end in pairwise(starts))


def headings_of(corpus: Path, count: int) -> list[str]:
    """Give ``count`` questions of ``corpus``, spread over it; fewer where it asks fewer."""
    found: list[str] = []
    for question in questions(corpus):
        if not question.endswith(" 0"):
            break
        found.append(question.removesuffix(" 0"))
    if not found:
        raise EvalError(f"No heading below {corpus} asks a question.")
    return found[:: max(len(found) // count, 1)][:count]


def main() -> int:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m evals.request_cost", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="an index that was ingested before")
    parser.add_argument("--corpus", type=Path, default=MANUAL, help="pages whose headings are asked")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2, help="how often each question comes in each kind")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    try:
        asked = headings_of(options.corpus, options.questions)
        with serving(options.data_dir) as server:
            costs = measure(server, asked, rounds=options.rounds)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    print(f"{len(asked)} questions; CPU-ms of a request")
    for name, own, whole in layers(costs):
        print(f"{name:<44} {own:7.2f}   so far {whole:7.2f}")
    if options.json:
        options.json.write_text(json.dumps(costs), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
