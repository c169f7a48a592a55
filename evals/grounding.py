"""Measure the grounding check through ``POST /v1/verify``: ``python -m evals.grounding``.

Sentences of passages are edited from a seed so that they say what their passage does not, and should be
found; sentences as they stand, and what people wrote about a passage, should not. Half of the passages were
used to choose the rules; by default the other half is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from evals.docs_sets import data_folder
from evals.grounding_data import PARAPHRASE, PARTS, Claim, Material, load_materials, write_pages
from evals.grounding_edits import EDITORS, seeded_edits
from evals.intervals import share_with_interval
from evals.server import EvalError, ingest, serving

VERBATIM = "verbatim"
FOUND_FROM = 0.95
FALSE_ALARMS_UP_TO: Mapping[str, float] = {VERBATIM: 0.01, PARAPHRASE: 0.20}
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server said of one sentence."""

    set: str
    lang: str
    kind: str
    text: str
    is_flagged: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A page as the server has it."""

    doc_id: str
    revision: str
    text: str


def measure(data: Path, work: Path, *, part: str, per_set: int, per_passage: int, seed: int) -> list[Verdict]:
    """Publish the passages, edit them, and ask the server about every sentence."""
    materials = load_materials(data, part=part, per_set=per_set, seed=seed)
    pages = work / "pages"
    paths = write_pages(materials, pages)
    ingest(pages, work / "data")
    verdicts: list[Verdict] = []
    with serving(work / "data") as server, httpx.Client(base_url=server.url, timeout=120) as client:
        texts = _texts(client)
        for material in materials:
            known = {p.name: texts[paths[f"{material.name}\n{p.name}"]] for p in material.passages}
            claims = _claims(material, known, per_passage=per_passage, seed=seed)
            verdicts += _verified(client, material, claims, known)
    return verdicts


def _claims(material: Material, texts: Mapping[str, Text], *, per_passage: int, seed: int) -> list[Claim]:
    """Give what people wrote, and the edits of what the pages say as they were read."""
    if not material.is_edited:
        return list(material.claims)
    passages = [replace(passage, text=texts[passage.name].text) for passage in material.passages]
    edits = seeded_edits(passages, seed=seed, per_passage=per_passage)
    return [Claim(edit.kind, edit.sentence, (edit.passage,)) for edit in edits]


def _texts(client: httpx.Client) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    after = ""
    while True:
        page = _get(client, "/v1/documents", {"limit": 500, "after": after})
        for document in page["documents"]:
            doc_id, revision = document["doc_id"], document["revision"]
            text = _get(client, f"/v1/documents/{doc_id}/revisions/{revision}", {})["text"]
            texts[document["path"]] = Text(doc_id, revision, text)
        after = page["next_after"]
        if after is None:
            return texts


def _get(client: httpx.Client, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
    return _read(client.get(path, params=dict(query)), path)


def _read(reply: httpx.Response, path: str) -> dict[str, Any]:
    if reply.status_code != httpx.codes.OK:
        raise EvalError(f"{path} gave {reply.status_code}: {reply.text[:300]}")
    body: dict[str, Any] = reply.json()
    return body


def _verified(
    client: httpx.Client, material: Material, claims: Sequence[Claim], texts: Mapping[str, Text]
) -> Iterator[Verdict]:
    for passages, group in groupby(claims, key=lambda claim: claim.passages):
        cited = [_whole(texts[name]) for name in passages]
        mine = list(group)
        for start in range(0, len(mine), _BATCH):
            some = mine[start : start + _BATCH]
            body = {
                "sentences": [{"text": c.text, "citations": [*range(1, len(cited) + 1)]} for c in some],
                "citations": cited,
            }
            reply = _read(client.post("/v1/verify", json=body), "/v1/verify")
            for claim, sentence in zip(some, reply["sentences"], strict=True):
                if sentence["support"] != "no_claim":
                    yield _verdict(material, claim, sentence)


def _whole(text: Text) -> dict[str, Any]:
    return {"doc_id": text.doc_id, "revision": text.revision, "char_start": 0, "char_end": len(text.text)}


def _verdict(material: Material, claim: Claim, sentence: Mapping[str, Any]) -> Verdict:
    return Verdict(
        set=material.name,
        lang=material.lang,
        kind=claim.kind,
        text=claim.text,
        is_flagged=sentence["support"] == "unsupported",
        checks=tuple(dict.fromkeys(finding["check"] for finding in sentence["findings"])),
    )


def show(verdicts: Sequence[Verdict]) -> bool:
    """Print one table per kind of sentence; tell whether every target is met in both languages."""
    met = True
    print(f"{'kind':<22} {'set':<16} {'n':>5}  {'flagged (95 % interval)':<24} by check")
    for kind in dict.fromkeys(verdict.kind for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.kind == kind]
        for name in dict.fromkeys(verdict.set for verdict in mine):
            _line(kind, name, [verdict for verdict in mine if verdict.set == name])
    print("\nTargets, all sets of a language together")
    for kind in (*EDITORS, *FALSE_ALARMS_UP_TO):
        for lang in ("en", "ko"):
            mine = [v for v in verdicts if v.kind == kind and v.lang == lang]
            if mine:
                met &= _line(kind, lang, mine, target=True)
    return met


def _line(kind: str, name: str, verdicts: Sequence[Verdict], *, target: bool = False) -> bool:
    share = share_with_interval([verdict.is_flagged for verdict in verdicts])
    limit = FALSE_ALARMS_UP_TO.get(kind)
    is_met = share.mean >= FOUND_FROM if limit is None else share.mean <= limit
    if target:
        wanted = f">= {FOUND_FROM:.2f}" if limit is None else f"<= {limit:.2f}"
        note = f"{wanted} {'met' if is_met else 'MISSED'}"
    else:
        checks = [check for verdict in verdicts for check in verdict.checks]
        note = ", ".join(f"{check} {checks.count(check)}" for check in sorted(set(checks)))
    cell = f"{share.mean:.3f} [{share.low:.3f},{share.high:.3f}]"
    print(f"{kind:<22} {name:<16} {len(verdicts):>5}  {cell:<24} {note}".rstrip())
    return is_met


def main() -> int:
    """Measure and print; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder that holds docs/ and retrieval/; default: KB_EVAL_DATA"
    )
    parser.add_argument("--part", choices=PARTS, default="report", help="which half of the passages")
    parser.add_argument("--per-set", type=int, default=200, help="passages of each set")
    parser.add_argument(
        "--per-passage", type=int, default=2, help="sentences of each passage that are edited"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the verdict on every sentence to this file")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as work:
            verdicts = measure(
                data,
                Path(work),
                part=options.part,
                per_set=options.per_set,
                per_passage=options.per_passage,
                seed=options.seed,
            )
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        rows = [asdict(verdict) for verdict in verdicts]
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if show(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
