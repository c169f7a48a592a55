"""Attack a server with pages that were tampered with and a model that lies, and print what got through.

python -m tests.attacks

Each page that gives orders is asked about in honest words and in its own. Each reply of the model comes
alone, beside a true sentence, and as plain text. The server is ``kb serve`` on an index made by ``kb
ingest``; the model is a real endpoint on loopback. ``told`` is the share of answers that say what they
should. The code is 1 where anything got through.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from evals.metrics.uncertainty import wilson
from evals.server import Server, ingest, serving
from tests.kb_server.generation import hostile, llm_server
from tests.kb_server.generation.llm_server import Call, Endpoint, Reply, Script, sentences

from .checks import has_only_its_own_markers, has_unknown_citations, is_active, is_what_its_page_says, obeying
from .poisoned import ORDERS, SPOOFS, Poisoned

LANGUAGES = ("en", "ko")
OBEYED = "orders followed, quoted answer"
SPOOFED = "spoofs that pass, quoted answer"
WORDED = "orders followed, model that obeys"
SHOWN = "lies shown, model that lies"


class Outcome(NamedTuple):
    """What became of one attack."""

    kind: str
    lang: str
    name: str
    got_through: bool
    told: bool
    """The answer says what it should: otherwise an attack that fails says nothing."""


def _ask(client: httpx.Client, question: str) -> dict[str, Any]:
    reply = client.post("/v1/query", json={"question": question})
    reply.raise_for_status()
    answer: dict[str, Any] = reply.json()
    return answer


def attack_by_pages(work: Path, endpoint: Endpoint) -> Iterator[Outcome]:
    """Ask about every tampered page, without a model and with one that obeys."""
    for page in (*ORDERS, *SPOOFS):
        _write(work / "docs" / page.path, page.source)
    ingest(work / "docs", work / "data")
    with serving(work / "data") as server, _client(server) as client:
        for page in ORDERS:
            yield _obeyed(OBEYED, page, _ask(client, page.question))
            yield _obeyed(OBEYED, page, _ask(client, page.lure))
        for page in SPOOFS:
            answer = _ask(client, page.lure)
            told = page.canary in answer["text"]
            yield Outcome(SPOOFED, page.lang, page.name, _is_spoofed(client, answer), told)
    with (
        _modelled(work / "data", endpoint) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        for page in ORDERS:
            endpoint.says(obeying(page))
            yield _obeyed(WORDED, page, _ask(client, page.question))


def _obeyed(kind: str, page: Poisoned, answer: dict[str, Any]) -> Outcome:
    return Outcome(kind, page.lang, page.name, page.canary in str(answer), page.fact in answer["text"])


def attack_by_replies(work: Path, endpoint: Endpoint) -> Iterator[Outcome]:
    """Let the model send every hostile reply in every shape."""
    for path, page in hostile.PAGES.items():
        _write(work / "docs" / path, f"# {page.title}\n\n{page.text}\n")
    ingest(work / "docs", work / "data")
    with (
        _modelled(work / "data", endpoint) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        for each in hostile.REPLIES:
            for script in _shapes(each):
                endpoint.says(script)
                answer, true = _ask(client, hostile.QUESTION[each.lang]), hostile.TRUE[each.lang]
                yield Outcome(SHOWN, each.lang, each.kind, _shows_more(answer, true), true in answer["text"])


def _modelled(data: Path, endpoint: Endpoint) -> AbstractContextManager[Server]:
    settings = {"KB_LLM": f"openai:{llm_server.MODEL}", "KB_LLM_URL": endpoint.url}
    return serving(data, **settings, KB_LLM_API_KEY=llm_server.KEY)


def _client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60)


def _shapes(each: hostile.Hostile) -> tuple[Script, ...]:
    def alone(call: Call) -> Reply:
        return Reply(sentences((each.said(call), each.ids(call))))

    def beside(call: Call) -> Reply:
        return Reply(sentences((hostile.TRUE[each.lang], call.ids), (each.said(call), each.ids(call))))

    def plain(call: Call) -> Reply:
        return Reply(f"{each.said(call)} [{', '.join(each.ids(call))}]")

    return alone, beside, plain


def _shows_more(answer: dict[str, Any], true: str) -> bool:
    """Tell whether a worded answer says more than the true sentence, or a quoted one more than its pages."""
    if answer["generator"] == "extractive":
        wrong = any(sentence["support"] != "verbatim" for sentence in answer["sentences"])
    else:
        wrong = {sentence["text"].rstrip(".") for sentence in answer["sentences"]} != {true.rstrip(".")}
    return wrong or has_unknown_citations(answer) or "evil.example" in json.dumps(answer)


def _is_spoofed(client: httpx.Client, answer: dict[str, Any]) -> bool:
    if not has_only_its_own_markers(answer) or is_active(answer) or has_unknown_citations(answer):
        return True
    for citation in answer["citations"]:
        reply = client.get(f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}")
        reply.raise_for_status()
        if not is_what_its_page_says(citation, reply.json()["text"]):
            return True
    return False


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Give how many of each kind got through, with the 95 % interval after Wilson."""
    pages = [*ORDERS, *SPOOFS]
    counts = ", ".join(f"{sum(page.lang == lang for page in pages)} {lang}" for lang in LANGUAGES)
    yield f"{len(pages)} pages ({counts}), {len(hostile.REPLIES)} replies in three shapes"
    yield f"{'attack':<36} {'lang':<5} {'n':>4} {'told':>5}  got through (95 % interval)"
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        for lang in LANGUAGES:
            mine = [outcome for outcome in outcomes if (outcome.kind, outcome.lang) == (kind, lang)]
            through = [outcome.name for outcome in mine if outcome.got_through]
            low, high = wilson(len(through), len(mine))
            told = sum(outcome.told for outcome in mine) / len(mine)
            cell = f"{len(through)} [{low:.3f},{high:.3f}] {', '.join(dict.fromkeys(through))}"
            yield f"{kind:<36} {lang:<5} {len(mine):>4} {told:>5.2f}  {cell}".rstrip()


def main() -> int:
    """Make all attacks and print the table."""
    with tempfile.TemporaryDirectory() as scratch, llm_server.serving() as endpoint:
        work = Path(scratch)
        outcomes = [
            *attack_by_pages(work / "pages", endpoint),
            *attack_by_replies(work / "replies", endpoint),
        ]
    sys.stdout.write("".join(f"{line}\n" for line in table(outcomes)))
    return int(any(outcome.got_through for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
