"""Give the features of all units that were weighed for questions: ``python -m kb_server.weighed_units``.

For ``evals.units``, which fits what each feature counts, and ``evals.answers``, which looks for known answers
in the units that score best. Standard input has one question a line, ``{"id", "question", "filters"}``;
standard output one line for each that finds anything, ``{"id", "lang", "units"}``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kb_server.answering.composer import read_passages
from kb_server.answering.quoting.asked import read_question
from kb_server.answering.quoting.features import FEATURES, Reading, features_of
from kb_server.answering.quoting.leading import candidates
from kb_server.answering.quoting.passages import Passage, Unit
from kb_server.answering.quoting.replies import fitting
from kb_server.answering.quoting.scoring import Scorer
from kb_server.local import local_searcher
from kb_server.requests import filter_values
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searcher import RevisionCache
from kb_server.searching import View
from kb_server.settings import Settings

Record = dict[str, Any]


def weighed(settings: Settings, questions: Iterable[Record]) -> Iterator[Record]:
    """Give the units of each question that finds any; raises what a search raises."""
    with local_searcher(settings) as searcher, asyncio.Runner() as runner:
        for asked in questions:
            filters = filter_values(asked.get("filters") or {})
            query = SearchQuery(asked["question"], filters=filters, audiences=None)
            found, _ = runner.run(searcher.run(query, _weigh))
            if found["units"]:
                yield {"id": asked["id"], **found}


def _weigh(view: View, result: RetrievalResult) -> Record:
    question = result.query.text
    asked = read_question(question)
    reading = Reading(result.term_weights, asked)
    scorer = Scorer(result.term_weights, asked)
    fitted = fitting(read_passages(result, RevisionCache(view.reader)), scorer, question)
    units = [
        {**_described(reading, *each), "score": scorer.score(*each)} for each in candidates(fitted, asked)
    ]
    return {"lang": result.lang, "units": units}


def _described(reading: Reading, passage: Passage, unit: Unit) -> Record:
    section = passage.hit.chunk.section_at(unit.span.start)
    features = (round(value, 5) for value in features_of(reading, passage, unit))
    return {
        "path": passage.hit.document.path,
        "title": passage.hit.document.title,
        "heading_path": list(section.heading_path),
        "anchor": section.anchor,
        "text": passage.text_of(unit.span),
        "features": dict(zip(FEATURES, features, strict=True)),
    }


def main() -> None:
    """Read questions from standard input until it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    settings = Settings(data_dir=parser.parse_args().data_dir)
    for found in weighed(settings, map(json.loads, sys.stdin)):
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
