"""Teach a Korean encoder the space of the English one.

The English side is frozen: its vectors of the English halves are the targets (Reimers & Gurevych 2020,
"Making Monolingual Sentence Embeddings Multilingual Using Knowledge Distillation"). Each Korean text is drawn
to the vector of its translation and away from those of other texts (InfoNCE, van den Oord et al. 2018);
headings of both languages are drawn to the Korean section below them, and Korean ones to the English section,
which is what a search needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ingest.training.course import Course, Lessons
from ingest.training.recipe import Recipe
from ingest.training.rounding import Rounding
from kb_server.index.batching import by_length
from kb_server.index.korean_module import KoreanModule

REPORT_STEPS = 50
_SMALLEST_RATE = 0.02
_WORD_TABLE = "embeddings.word"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training run is."""

    step: int
    steps: int
    cosine: float
    """Mean cosine of the Korean texts to their targets, smoothed."""


def teach(
    module: KoreanModule, lessons: Lessons, recipe: Recipe, *, report: Callable[[Progress], None]
) -> None:
    """Train ``module`` in place, on its device; ``report`` hears of every ``REPORT_STEPS``.

    On a CPU the same inputs and threads give the same weights. On a GPU the products are bfloat16.
    """
    torch.manual_seed(recipe.seed)
    rounding = Rounding(module)
    course = Course(module, lessons, recipe, rounding)
    steps = course.steps()
    optimizer = _optimizer(module, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, recipe))
    device = next(module.parameters()).device.type
    module.train()
    smoothed: Any = None
    for step in range(1, steps + 1):
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            loss, cosine = course.next_loss()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        smoothed = cosine if smoothed is None else 0.97 * smoothed + 0.03 * cosine
        if step % REPORT_STEPS == 0 or step == steps:
            report(Progress(step, steps, float(smoothed)))
    rounding.release()
    module.rounded = recipe.rounding_share > 0
    module.eval()


def fit_projection(module: KoreanModule, lessons: Lessons, *, sample: int = 2500) -> None:
    """Start the linear map where least squares puts it: for an encoder that knows its own space only."""
    rows = np.random.default_rng(0).permutation(len(lessons.segments))[:sample]
    with torch.no_grad():
        torch.nn.init.eye_(module.projection.weight)
        found = encode(module, [lessons.segments[row] for row in rows])
        targets = torch.from_numpy(lessons.segment_targets[rows])
        ridge = 1e-4 * len(rows) * torch.eye(found.shape[1])
        weights = torch.linalg.solve(found.T @ found + ridge, found.T @ targets)
        module.projection.weight.copy_(weights.T)


def encode(module: KoreanModule, texts: Sequence[str], *, batch_tokens: int = 4096) -> Any:
    """Encode ``texts`` as rows of unit length (n, 384) on the CPU, without gradients."""
    device = next(module.parameters()).device
    tokens = [module.token_ids(text) for text in texts]
    vectors = torch.zeros(len(texts), module.get_embedding_dimension())
    with torch.no_grad():
        for batch in by_length(range(len(texts)), [len(ids) for ids in tokens], batch_tokens):
            features = module.padded([tokens[row] for row in batch])
            found = module({name: tensor.to(device) for name, tensor in features.items()})
            vectors[batch] = found["sentence_embedding"].cpu()
    return vectors


def _optimizer(module: KoreanModule, recipe: Recipe) -> Any:
    words: list[Any] = []
    others: list[Any] = []
    for name, parameter in module.named_parameters():
        (words if _WORD_TABLE in name else others).append(parameter)
    groups = [
        {"params": words, "lr": 2 * recipe.learning_rate, "weight_decay": 0.0},
        {"params": others, "lr": recipe.learning_rate, "weight_decay": 0.01},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def _rate(step: int, steps: int, recipe: Recipe) -> float:
    warmup = min(recipe.warmup_steps, max(steps // 10, 1))
    return min((step + 1) / warmup, max(_SMALLEST_RATE, 1 - step / steps))
