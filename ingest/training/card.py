"""The model card that goes with a trained encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ingest.training.corpus import ParallelCorpus
from ingest.training.measuring import Figures
from ingest.training.recipe import Recipe

_FIGURES = {
    "translation": "Korean segments whose English half was nearest",
    "english_section": "Korean headings whose section was nearest among the English ones",
    "korean_section": "Korean headings whose section was nearest among the Korean ones",
}


def model_card(
    corpus: ParallelCorpus, before: Figures, after: Figures, recipe: Recipe, *, base: Path | None
) -> str:
    """Describe a trained encoder in Markdown: what it was taught, how, and what it learned."""
    start = f"the lowest layers of `{base.name}`" if base else "the Korean encoder that was in use"
    rows = "\n".join(
        f"| {text} | {getattr(before, name):.3f} | {getattr(after, name):.3f} |"
        for name, text in _FIGURES.items()
    )
    settings = "\n".join(f"- {name}: {value}" for name, value in asdict(recipe).items())
    return f"""# Korean encoder

Gives Korean text the place in the vector space of all-MiniLM-L6-v2 that its English translation has there.
Made by `kb train-encoder`. Use it with `KB_KOREAN_ENCODER`, or in Python:
`SentenceTransformer(FOLDER, trust_remote_code=True)` where kb-server is installed.

Taught on {corpus.pages} parallel pages: {len(corpus.segments)} segments and {len(corpus.sections)} sections,
starting from {start}.

Measured on {after.segments} segments and {after.sections} sections of pages that were kept out:

| share found first | before | after |
|---|---|---|
{rows}

## Recipe

{settings}

## Limits

It reads Korean, and Latin names and code inside Korean. What it knows beyond its start is the vocabulary and
the style of the pages above. Text beyond its window is not seen.
"""
