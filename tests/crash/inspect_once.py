"""Read, check and search the published version, as a process of its own: what a reader would find.

    python tests/crash/inspect_once.py DATA_DIR

Prints the whole content as JSON; ends with a stack trace where anything is wrong.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader


def main() -> None:
    layout = DataLayout(Path(sys.argv[1]))
    version = layout.current()
    assert version is not None, "nothing is published"
    with closing(IndexReader.open(layout, version)) as reader:
        texts = reader.texts(range(reader.row_count))
        for row, text in enumerate(texts):
            scores = reader.dense_scores(np.array(reader.vectors[row]), None)
            assert scores[row] >= scores.max() - 1e-5, f"row {row} is not its own nearest neighbour"
            lexical = reader.lexical.score(text, None).scores
            assert lexical[row] > 0, f"row {row} is not found by its own words"
        content = {
            "version": version,
            "documents": {document.path: document.revision for document in reader.documents()},
            "texts": texts,
            "chunk_ids": reader.chunk_ids(),
            "vectors": hashlib.sha256(np.ascontiguousarray(reader.vectors).tobytes()).hexdigest(),
        }
    json.dump(content, sys.stdout)


if __name__ == "__main__":
    main()
