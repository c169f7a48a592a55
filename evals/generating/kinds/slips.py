"""Questions with slips of the keyboard."""

from __future__ import annotations

import random
from collections.abc import Sequence

from evals.generating.kinds.made import Corpus, Made
from evals.noise import noisy_twin
from evals.text import language_of, plain


def noisy(kind: str, base: Sequence[Made], corpus: Corpus, count: int) -> list[Made]:
    """Ask what ``base`` asks with the slips of one kind of noise; what it cannot happen to is left out."""
    twins: list[Made] = []
    for item in base:
        text = noisy_twin(item.case.asked, kind, seed=corpus.seed)
        if plain(text) == plain(item.case.asked):
            continue
        spoken = language_of(text)
        fields = {
            "id": f"{kind}-{item.case.id}",
            "question": text,
            "lang": item.case.lang if spoken == item.case.lang else None,
            "tags": [f"gen:{kind}", "noise"],
            "source": item.case.source | {"kind": f"gen:{kind}", "of": item.case.id},
            "conversation": item.case.id,
        }
        twins.append(Made(item.case.model_copy(update=fields), item.section, item.page))
    keep = {item.case.id for item in _spread(twins, count, corpus.rng(kind))}
    return [item for item in twins if item.case.id in keep]


def _spread(twins: Sequence[Made], count: int, rng: random.Random) -> list[Made]:
    chosen: list[Made] = []
    for lang in sorted({item.page.lang for item in twins}):
        same = [item for item in twins if item.page.lang == lang]
        chosen += rng.sample(same, min(count, len(same)))
    return chosen
