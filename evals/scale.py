"""Measure size and speed as an index grows: ``python -m evals.scale --chunks 10000 50000 200000``.

Up to what the docs sets hold, the pages are theirs and the encoder is the product's. Beyond, pages are made
of their paragraphs, shuffled, and the vectors are synthetic (MiniLM without its layers), so that 200,000
chunks need no hours. Every tenth page carries ``product: tenth`` in its front matter.

Each question is asked once per filter in turn, by one client, so that whatever else runs on the machine falls
on all filters alike. The time is the server's own for everything after the encoder.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.asking import Asker
from evals.docs_sets import SETS, data_folder, load_questions
from evals.plain_encoder import write_shallow_model
from evals.processes import Cost, children_cost, folder_bytes
from evals.scale_corpus import PREFIX, PRODUCT, real_pages, synthetic_pages, write_pages
from evals.server import EvalError, ingest, serving

REAL_CHUNKS = 12_000
"""About as many as the five docs sets give; more are synthetic."""
FILTERS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "lang": {"lang": "ko"},
    "product": {"product": PRODUCT},
    "path_prefix": {"path_prefix": PREFIX},
}
_TOP_K = 10
_WARM_UP = 10
_PER_CHUNKS = 10_000


def ask_with_filters(asker: Asker, questions: Sequence[str]) -> dict[str, dict[str, float]]:
    """Give p50 and p95 of the milliseconds after encoding, and how many replies were short, by filter."""
    spent: dict[str, list[float]] = {name: [] for name in FILTERS}
    short = dict.fromkeys(FILTERS, 0)
    names = list(FILTERS)
    for number, question in enumerate(questions):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            # Every question is new to the server: what it remembers of the last one must not count.
            body = {"query": f"{question} ({name} {number})", "top_k": _TOP_K, "filters": FILTERS[name]}
            reply = asker.search(body)
            if number >= _WARM_UP:
                timings = reply["timings_ms"]
                spent[name].append(timings["total"] - timings["encode"])
                short[name] += len(reply["passages"]) < _TOP_K
    return {
        name: {**percentiles(values), "n": len(values), "short": short[name]}
        for name, values in spent.items()
    }


def measure_size(
    data: Path, work: Path, chunks: int, questions: Sequence[str], *, synthetic: bool
) -> dict[str, Any]:
    """Build an index of about ``chunks`` chunks from nothing, and ask it."""
    pages = synthetic_pages(data / "docs", chunks) if synthetic else real_pages(data / "docs")
    write_pages(pages, work / "corpus")
    settings = {"KB_ENCODER": str(write_shallow_model(work / "encoder"))} if synthetic else {}
    with children_cost() as cost:
        ingested = ingest(work / "corpus", work / "data", **settings)
    stores = store_bytes(work / "data" / "versions" / ingested["version"])
    with serving(work / "data", **settings) as server, Asker(server.url, connections=1) as asker:
        spent = ask_with_filters(asker, questions)
        memory = server.rss_megabytes()
    return {
        "synthetic": synthetic,
        **{key: ingested[key] for key in ("documents", "chunks", "failed")},
        "ingest": per_ten_thousand(cost, ingested["chunks"]),
        "bytes": {name: round(size * _PER_CHUNKS / ingested["chunks"]) for name, size in stores.items()},
        "resident_mb": memory,
        "ms": spent,
    }


def mixed_questions(docs: Path, count: int) -> list[str]:
    """Give ``count`` questions of all sets in a random order, always the same one."""
    texts = [question.text for name in SETS for question in load_questions(docs / name)]
    random.Random(0).shuffle(texts)  # noqa: S311 - no secret
    return list(itertools.islice(itertools.cycle(texts), count))


def store_bytes(version: Path) -> dict[str, int]:
    """Give the size of each store of a version, and of all together."""
    sizes = {
        entry.name: folder_bytes(entry) if entry.is_dir() else entry.stat().st_size
        for entry in sorted(version.iterdir())
    }
    return {**sizes, "all": sum(sizes.values())}


def per_ten_thousand(cost: Cost, chunks: int) -> dict[str, float]:
    """Give the cost of 10,000 chunks.

    >>> per_ten_thousand(Cost(seconds=10, cpu_seconds=20), 20_000)
    {'seconds': 5.0, 'cpu_seconds': 10.0}
    """
    share = _PER_CHUNKS / chunks
    return {"seconds": cost.seconds * share, "cpu_seconds": cost.cpu_seconds * share}


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give median and 95th percentile.

    >>> percentiles([1.0, 2.0, 3.0])
    {'p50': 2.0, 'p95': 2.9}
    """
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}


def show(result: Mapping[str, Any]) -> None:
    """Print what one size gave."""
    kind = "synthetic pages and vectors" if result["synthetic"] else "real pages and vectors"
    print(f"{result['chunks']} chunks of {result['documents']} pages ({kind}), {result['failed']} failed")
    cost = result["ingest"]
    print(f"  per 10,000 chunks: {cost['seconds']:.1f} s by the clock, {cost['cpu_seconds']:.1f} s of CPU")
    sizes = "  ".join(f"{name} {size / 1e6:.1f}" for name, size in result["bytes"].items())
    print(f"  MB per 10,000 chunks: {sizes}")
    print(f"  {result['resident_mb']:.0f} MB resident")
    plain = result["ms"]["none"]
    for name, spent in result["ms"].items():
        print(
            f"  filter {name:<12} p50 {spent['p50']:7.2f} ms  p95 {spent['p95']:7.2f} ms   "
            f"{spent['p50'] / plain['p50']:.2f} and {spent['p95'] / plain['p95']:.2f} times unfiltered, "
            f"{spent['short']} of {spent['n']} with fewer than {_TOP_K} passages"
        )


def main() -> int:
    """Measure every size and print what it gave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--chunks", nargs="+", type=int, default=[10_000, 50_000])
    parser.add_argument("--synthetic", action="store_true", help="synthetic pages and vectors at any size")
    parser.add_argument("--questions", type=int, default=200, help="asked once per filter")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    results = []
    try:
        data = data_folder(options.data)
        questions = mixed_questions(data / "docs", options.questions + _WARM_UP)
        for chunks in options.chunks:
            with tempfile.TemporaryDirectory() as scratch:
                synthetic = options.synthetic or chunks > REAL_CHUNKS
                result = measure_size(data, Path(scratch), chunks, questions, synthetic=synthetic)
            results.append(result)
            show(results[-1])
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        options.json.write_text(json.dumps(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
