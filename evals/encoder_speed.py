"""Measure what encoding costs: ``python -m evals.encoder_speed``.

*Chunks*: some pages are ingested twice into empty indexes, the second time with the embedding cache of the
first; the difference is the encoder. The yardstick encodes the texts of the same chunks with the plain
sentence-transformers in a process of its own. *Questions*: each is asked of a server with the lexical and
with the dense stage; the difference in the server's CPU time is the encoder and the scan of a small index.

CPU seconds hardly depend on what else runs on the machine; seconds by the clock do.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.asking import Asker
from evals.docs_sets import data_folder, load_questions
from evals.processes import Cost, children_cost, process_cpu_seconds
from evals.server import EvalError, Server, ingest, kb_command, serving

_WARM_UP = 5
_SUFFIXES = (".md", ".mdx")


def copy_sample(corpus: Path, target: Path, files: int, *, seed: int) -> list[Path]:
    """Copy that many pages, drawn at random and the same ones for the same seed, below ``target``."""
    pages = sorted(path for path in corpus.rglob("*") if path.suffix in _SUFFIXES)
    chosen = random.Random(seed).sample(pages, min(files, len(pages)))  # noqa: S311 - no secret
    copies = [target / path.relative_to(corpus) for path in chosen]
    for source, copy in zip(chosen, copies, strict=True):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    return copies


def chunk_texts(page: Path) -> list[str]:
    """Give what the encoder reads of each chunk of a page: context, line break, text."""
    done = subprocess.run(
        [kb_command(), "chunks", str(page), "--json"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise EvalError(f"kb chunks {page} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    chunks = json.loads(done.stdout)["chunks"]
    return [f"{chunk['context']}\n{chunk['text']}" if chunk["context"] else chunk["text"] for chunk in chunks]


def ingest_costs(corpus: Path, work: Path) -> tuple[int, Cost]:
    """Ingest from nothing and again with only the cache; give chunks encoded and what encoding them cost."""
    with children_cost() as cold:
        first = ingest(corpus, work / "cold")
    shutil.copytree(work / "cold" / "cache", work / "warm" / "cache")
    with children_cost() as warm:
        second = ingest(corpus, work / "warm")
    if second["encoded"]:
        raise EvalError(f"{second['encoded']} chunks were encoded again in spite of the cache.")
    return first["encoded"], Cost(cold.seconds - warm.seconds, cold.cpu_seconds - warm.cpu_seconds)


def plain_cost(texts: Sequence[str], work: Path, *, one_by_one: bool = False) -> Mapping[str, float]:
    """Encode ``texts`` with plain sentence-transformers in another process."""
    listing = work / "texts.jsonl"
    listing.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    command = [sys.executable, "-m", "evals.plain_encoder", str(listing)]
    done = subprocess.run(
        [*command, "--one-by-one"] if one_by_one else command, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise EvalError(f"evals.plain_encoder ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def server_cpu(
    asker: Asker, server: Server, questions: Sequence[str], mode: str, *, mark: str = ""
) -> tuple[float, list[float]]:
    """Ask all questions one after another; give the server's CPU-ms per question and the encoder's waits."""
    waits = []
    before = process_cpu_seconds(server.pid)
    for number, question in enumerate(questions):
        # What the server remembers of earlier questions must not count: each is new.
        reply = asker.search({"query": f"{question} ({mode} {mark}{number})", "mode": mode, "top_k": 1})
        waits.append(reply["timings_ms"]["encode"])
    return (process_cpu_seconds(server.pid) - before) * 1000 / len(questions), waits


def measure_queries(data_dir: Path, questions: Sequence[str]) -> dict[str, float]:
    """Give CPU-ms of a question through both stages, their difference, and the encoder's wait."""
    with serving(data_dir) as server, Asker(server.url, connections=1) as asker:
        for mode in ("lexical", "dense"):
            server_cpu(asker, server, questions[:_WARM_UP], mode, mark="warm-up ")
        lexical, _ = server_cpu(asker, server, questions, "lexical")
        dense, waits = server_cpu(asker, server, questions, "dense")
    return {
        "lexical_cpu_ms": lexical,
        "dense_cpu_ms": dense,
        "encoder_cpu_ms": dense - lexical,
        "encoder_wait_ms_p50": statistics.median(waits),
    }


def measure_set(folder: Path, work: Path, *, files: int, seed: int) -> dict[str, Any]:
    """Measure chunks and questions of one set."""
    pages = copy_sample(folder / "corpus", work / "corpus", files, seed=seed)
    encoded, product = ingest_costs(work / "corpus", work)
    texts = [text for page in pages for text in chunk_texts(page)]
    plain = plain_cost(texts, work)
    questions = [question.text for question in load_questions(folder)]
    asked = measure_queries(work / "cold", questions)
    asked["plain_cpu_ms"] = (
        plain_cost(questions, work, one_by_one=True)["cpu_seconds"] * 1000 / len(questions)
    )
    return {
        "set": folder.name,
        "pages": len(pages),
        "chunks": len(texts),
        "encoded": encoded,
        "chunk_cpu_ms": product.cpu_seconds * 1000 / encoded,
        "chunk_ms": product.seconds * 1000 / encoded,
        "plain_chunk_cpu_ms": plain["cpu_seconds"] * 1000 / len(texts),
        "plain_chunk_ms": plain["seconds"] * 1000 / len(texts),
        "questions": len(questions),
        **asked,
    }


def show(result: Mapping[str, Any]) -> None:
    """Print what one set gave."""
    cpu, plain = result["chunk_cpu_ms"], result["plain_chunk_cpu_ms"]
    print(f"{result['set']}: {result['pages']} pages, {result['chunks']} chunks, {result['encoded']} encoded")
    print(
        f"  chunk     CPU-ms {cpu:7.2f}   sentence-transformers fp32 {plain:7.2f}   {plain / cpu:5.2f} times"
    )
    wall, plain_wall = result["chunk_ms"], result["plain_chunk_ms"]
    ratio = plain_wall / wall
    print(
        f"  chunk   clock-ms {wall:7.2f}   sentence-transformers fp32 {plain_wall:7.2f}   {ratio:5.2f} times"
    )
    print(
        f"  question  CPU-ms {result['encoder_cpu_ms']:7.2f}   "
        f"sentence-transformers fp32 {result['plain_cpu_ms']:7.2f}   "
        f"(whole request: lexical {result['lexical_cpu_ms']:.2f}, dense {result['dense_cpu_ms']:.2f}; "
        f"encoder's wait p50 {result['encoder_wait_ms_p50']:.2f} ms; n {result['questions']})"
    )


def main() -> int:
    """Measure the named sets and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=["bitwarden", "portone"])
    parser.add_argument("--files", type=int, default=40, help="pages of each set, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    results = []
    try:
        data = data_folder(options.data)
        for name in options.sets:
            with tempfile.TemporaryDirectory() as scratch:
                folder = data / "docs" / name
                results.append(measure_set(folder, Path(scratch), files=options.files, seed=options.seed))
            show(results[-1])
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        options.json.write_text(json.dumps(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
