"""Measure how fast an edit is answered, with clients asking all the while: ``python -m evals.freshness``.

A copy of a set is ingested and served. Then one file after another gets a new sentence and is ingested again,
while clients search without a pause. Each round's time runs from the start of ``kb ingest`` to the first
answer of the server that quotes the new sentence. Every reply must come from one version alone.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from evals.docs_sets import data_folder, load_questions
from evals.server import EvalError, ingest, serving

_GIVE_UP_SECONDS = 120.0
_POLL_SECONDS = 0.05
_LOOK_AT = 50
"""Passages in which the new sentence is looked for: those of earlier edits say nearly the same."""


@dataclass(slots=True)
class Watch:
    """What the clients saw."""

    replies: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    mixed: int = 0
    seconds: list[float] = field(default_factory=list)


async def _ask_on(http: httpx.AsyncClient, questions: list[str], watch: Watch, stop: asyncio.Event) -> None:
    turn = 0
    revisions: dict[tuple[str, str], str] = {}
    while not stop.is_set():
        turn += 1
        began = time.perf_counter()
        try:
            reply = await http.post("/v1/search", json={"query": questions[turn % len(questions)]})
        except httpx.TransportError as error:
            watch.errors[type(error).__name__] += 1
            continue
        watch.replies += 1
        watch.seconds.append(time.perf_counter() - began)
        if reply.status_code != httpx.codes.OK:
            watch.errors[str(reply.status_code)] += 1
            continue
        body = reply.json()
        for passage in body["passages"]:
            # One version has one revision of a page: two would be a mix.
            known = revisions.setdefault((body["version"], passage["doc_id"]), passage["revision"])
            watch.mixed += known != passage["revision"]


async def _until_served(http: httpx.AsyncClient, sentence: str) -> None:
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        reply = await http.post("/v1/search", json={"query": sentence, "top_k": _LOOK_AT})
        if reply.is_success and any(sentence in passage["text"] for passage in reply.json()["passages"]):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise EvalError(f"{sentence!r} was not served within {_GIVE_UP_SECONDS:.0f} s.")


async def _round(
    http: httpx.AsyncClient, corpus: Path, data_dir: Path, file: Path, number: int
) -> tuple[float, int]:
    sentence = f"Marker zulu{number} shows that edit number {number} has arrived."
    with file.open("a", encoding="utf-8") as page:
        page.write(f"\n\n{sentence}\n")
    began = time.perf_counter()
    result = await asyncio.to_thread(ingest, corpus, data_dir)
    await _until_served(http, sentence)
    return time.perf_counter() - began, int(result["encoded"])


async def measure(
    url: str, corpus: Path, data_dir: Path, files: list[Path], questions: list[str], *, clients: int
) -> Watch:
    """Edit ``files`` one after another while ``clients`` ask; print a line per edit."""
    watch, stop = Watch(), asyncio.Event()
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        askers = [asyncio.create_task(_ask_on(http, questions, watch, stop)) for _ in range(clients)]
        times = []
        try:
            for number, file in enumerate(files, start=1):
                seconds, encoded = await _round(http, corpus, data_dir, file, number)
                times.append(seconds)
                print(f"edit {number}: answered after {seconds:.1f} s, {encoded} chunks encoded")
        finally:
            stop.set()
            await asyncio.gather(*askers)
    print(f"median {np.median(times):.1f} s, slowest {max(times):.1f} s over {len(times)} publishes")
    return watch


def main() -> int:
    """Measure one set; exit 1 when a request failed or a reply mixed versions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--set", default="frigate")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--work", type=Path, help="start from a copy of the index kept here by the others")
    options = parser.parse_args()
    try:
        source = data_folder(options.data) / "docs" / options.set
        questions = [question.text for question in load_questions(source)]
        with tempfile.TemporaryDirectory() as scratch:
            corpus, data_dir = Path(scratch) / "corpus", Path(scratch) / "data"
            shutil.copytree(source / "corpus", corpus, copy_function=shutil.copyfile)
            if options.work is not None and (options.work / options.set).is_dir():
                shutil.copytree(options.work / options.set, data_dir)
            ingest(corpus, data_dir)
            pages = sorted(path for path in corpus.rglob("*") if path.suffix in {".md", ".mdx"})
            files = pages[: options.rounds]
            with serving(data_dir) as server:
                watch = asyncio.run(
                    measure(server.url, corpus, data_dir, files, questions, clients=options.clients)
                )
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if watch.seconds:
        p50, p95 = np.percentile(np.array(watch.seconds) * 1e3, [50, 95])
        print(
            f"{options.clients} clients: {watch.replies} replies, p50 {p50:.0f} ms, p95 {p95:.0f} ms, "
            f"errors {dict(watch.errors)}, replies that mix versions {watch.mixed}"
        )
    return 1 if watch.errors or watch.mixed else 0


if __name__ == "__main__":
    sys.exit(main())
