"""Count what keys get to see that is not for them: ``python -m evals.access``.

Pages with access labels are ingested, keys with random labels are made, and random questions are asked with
random keys on every route: plain and streamed answers, searches with explanations, pages, revisions, checks
and conversations of others. Each page has a word of its own; a word in a reply that the key may not see, and
that was not in the request, is a leak. The questions repeat, so that whatever is remembered is asked for too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from evals.labelled_pages import CANARY, LABELS, LabelledPage, labelled_pages, question_about, write_pages
from evals.server import EvalError, ingest, kb_command, serving

_PAGES = 90
_KEYS = 16
_CLIENTS = 8
_QUESTIONS = 400
_ROUTES = {
    "query": 30,
    "search": 30,
    "stream": 8,
    "verify": 8,
    "page": 8,
    "revision": 6,
    "list": 6,
    "conversation": 4,
}
_GETS = ("page", "revision", "list", "conversation")
_KEPT_SHARE = 0.2
"""Of questions without a history: those that begin a stored conversation, which other keys then ask for."""
_FILTERED_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it may see; None: everything."""

    secret: str
    audiences: frozenset[str] | None


@dataclass(slots=True)
class Tally:
    """What was asked and seen."""

    requests: Counter[str] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)
    """Words of pages in replies, each once a reply: what the key may see."""
    outside: Counter[str] = field(default_factory=Counter)
    """The same of pages that it may not see."""
    statuses: Counter[int] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)


class Trial:
    """Asks random pairs of key and question."""

    def __init__(
        self, client: httpx.AsyncClient, pages: Sequence[LabelledPage], keys: Sequence[Key], seed: int
    ) -> None:
        """Ask with ``client``."""
        self._client = client
        self._pages = pages
        self._keys = keys
        self._chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
        self._by_canary = {page.canary: page for page in pages}
        self._questions = [
            question_about(self._chance.choice(pages), self._chance) for _ in range(_QUESTIONS)
        ]
        self._ids: dict[str, tuple[str, str]] = {}
        self._conversations: list[tuple[str, str]] = []
        """Ids with the request that began each: who asked may read their own words again."""
        self.tally = Tally()

    async def learn(self) -> None:
        """Get the ids of all pages with a key that sees everything."""
        everything = next(key for key in self._keys if key.audiences is None)
        listed = await self._client.get("/v1/documents?limit=500", headers=_shown(everything))
        self._ids = {page["path"]: (page["doc_id"], page["revision"]) for page in listed.json()["documents"]}
        if len(self._ids) != len(self._pages):
            raise EvalError(f"{len(self._ids)} pages are listed, {len(self._pages)} were ingested.")

    async def run(self, pairs: int) -> None:
        """Ask ``pairs`` pairs, a few at a time."""
        plan = [self._pair() for _ in range(pairs)]
        waiting = iter(plan)

        async def work() -> None:
            for route, key, request in waiting:
                await self._ask(route, key, request)

        await asyncio.gather(*(work() for _ in range(_CLIENTS)))

    def _pair(self) -> tuple[str, Key, dict[str, Any]]:
        chance = self._chance
        (route,) = chance.choices(list(_ROUTES), list(_ROUTES.values()))
        page = chance.choice(self._pages)
        doc_id, revision = self._ids[page.path]
        filters = {"product": page.canary} if chance.random() < _FILTERED_SHARE else {}
        question = chance.choice(self._questions)
        history = [
            {"role": "user", "content": chance.choice(self._questions)},
            {"role": "assistant", "content": "-", "citations": [{"doc_id": doc_id, "path": page.path}]},
        ]
        asked = {"question": question, "filters": filters, "history": chance.choice([[], [], history])}
        return route, chance.choice(self._keys), self._request(route, asked, page, doc_id, revision)

    def _request(
        self, route: str, asked: dict[str, Any], page: LabelledPage, doc_id: str, revision: str
    ) -> dict[str, Any]:
        gets = {
            "page": f"/v1/documents/{doc_id}",
            "revision": f"/v1/documents/{doc_id}/revisions/{revision}",
            "list": "/v1/documents?limit=500",
        }
        if route in _GETS:
            return {"method": "GET", "url": gets.get(route, "")}
        if route == "verify":
            quote = page.text.rpartition("## ")[2].partition("\n\n")[2].strip()
            place = self._chance.choice([{}, {"doc_id": doc_id, "revision": revision}])
            cited = {"id": "1", "quote": quote} | place
            return _post("/v1/verify", {"text": f"{quote} [1]", "citations": [cited]})
        if route == "search":
            wide = {"explain": True, "neighbours": 2, "top_k": self._chance.choice([3, 100])}
            rest = {name: value for name, value in asked.items() if name != "question"}
            return _post("/v1/search", {"query": asked["question"], "why_not": page.path} | rest | wide)
        if route == "stream":
            return _post("/v1/query", asked | {"stream": True})
        keeps = not asked["history"] and self._chance.random() < _KEPT_SHARE
        return _post("/v1/query", asked | {"explain": True} | ({"conversation": True} if keeps else {}))

    async def _ask(self, route: str, key: Key, request: dict[str, Any]) -> None:
        said = ""
        if route == "conversation":
            kept, said = self._chance.choice(self._conversations or [("conv_none", "")])
            request = request | {"url": f"/v1/conversations/{kept}"}
        response = await self._client.request(headers=_shown(key), **request)
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise EvalError(f"{request} was answered {response.status_code}: {response.text[:500]}")
        self.tally.requests[route] += 1
        self.tally.statuses[response.status_code] += 1
        told = json.dumps(request, ensure_ascii=False)
        if route == "query" and (kept := response.json().get("conversation_id")):
            self._conversations.append((kept, told))
        self._look(route, key, response.text, told=told + said)

    def _look(self, route: str, key: Key, reply: str, *, told: str) -> None:
        for word in set(CANARY.findall(reply)):
            page = self._by_canary.get(word)
            if page is None or page.is_seen_by(key.audiences):
                self.tally.chunks[route] += 1
            elif word not in told:
                self.tally.outside[route] += 1
                self.tally.leaks.append(f"{route}: {page.path} for {sorted(key.audiences or ())}: {told}")


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "url": url, "json": body}


def _shown(key: Key) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.secret}"}


def make_keys(data_dir: Path, count: int, seed: int) -> list[Key]:
    """Make keys with the ``kb`` command: one sees everything, one public pages, the others between."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    wanted: list[frozenset[str] | None] = [None, frozenset()]
    wanted += [frozenset(chance.sample(LABELS, chance.randint(1, 4))) for _ in range(count - len(wanted))]
    return [Key(_made(data_dir, audiences), audiences) for audiences in wanted]


def _made(data_dir: Path, audiences: frozenset[str] | None) -> str:
    labels = (
        ["--all-audiences"] if audiences is None else [f"--audience={label}" for label in sorted(audiences)]
    )
    command = [
        kb_command(),
        "keys",
        "create",
        "--name",
        "eval",
        "--json",
        "--data-dir",
        str(data_dir),
        *labels,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EvalError(f"kb keys create ended with {done.returncode}: {done.stderr.strip()}")
    return str(json.loads(done.stdout)["key"])


async def trial(url: str, pages: Sequence[LabelledPage], keys: Sequence[Key], pairs: int, seed: int) -> Tally:
    """Ask the server at ``url`` and give what it let through."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        asking = Trial(client, pages, keys, seed)
        await asking.learn()
        await asking.run(pairs)
        return asking.tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trial and print the table; 1 where anything leaked."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.access", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--pairs", type=int, default=10_000, help="pairs of key and question (10000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random choices (1)")
    parser.add_argument("--json", type=Path, help="also write the counts to this file")
    options = parser.parse_args(arguments)
    pages = labelled_pages(_PAGES, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        write_pages(Path(folder) / "docs", pages)
        ingest(Path(folder) / "docs", data_dir)
        keys = make_keys(data_dir, _KEYS, options.seed)
        with serving(data_dir, KB_RATE_LIMIT="1000000/minute") as server:
            tally = asyncio.run(trial(server.url, pages, keys, options.pairs, options.seed))
    _print(tally, options)
    return 1 if tally.outside.total() else 0


def _print(tally: Tally, options: argparse.Namespace) -> None:
    print(f"{tally.requests.total()} pairs, {_KEYS} keys, {_PAGES} pages, seed {options.seed}")
    print(f"{'route':<14}{'requests':>10}{'chunks':>10}{'outside':>10}")
    for route in _ROUTES:
        print(f"{route:<14}{tally.requests[route]:>10}{tally.chunks[route]:>10}{tally.outside[route]:>10}")
    print(f"{'all':<14}{tally.requests.total():>10}{tally.chunks.total():>10}{tally.outside.total():>10}")
    print("statuses: " + ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items())))
    for leak in tally.leaks[:5]:
        print(leak)
    if options.json is not None:
        counts = {
            "requests": tally.requests,
            "chunks": tally.chunks,
            "outside": tally.outside,
            "leaks": tally.leaks,
        }
        options.json.write_text(json.dumps(counts, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
