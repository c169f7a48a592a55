"""Teach a Korean encoder the space of the English one.

The English side is frozen: its vectors of the English halves are the targets (Reimers & Gurevych 2020,
"Making Monolingual Sentence Embeddings Multilingual Using Knowledge Distillation"). Each Korean text is drawn
to the vector of its translation and away from those of other texts (InfoNCE, van den Oord et al. 2018); a
Korean heading is drawn to the section below it in both languages, which is what a search needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ingest.training.recipe import Recipe
from kb_server.index.batching import by_length
from kb_server.index.korean_module import KoreanModule

_POOL = 12_000
"""Segments that are sorted by length at a time, so that a batch holds little padding and much variety."""
_SAME_TEXT = 0.999
"""From this cosine on two targets are one text, and not each other's negatives."""
_SMALLEST_RATE = 0.02
_WORD_TABLE = "embeddings.word"

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lessons:
    """Korean texts and the vectors that they shall get; row i of the vectors belongs to text i."""

    segments: Sequence[str]
    segment_targets: Vectors
    headings: Sequence[str]
    heading_targets: Vectors
    sections: Sequence[str]
    section_targets: Vectors


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
    """Train ``module`` in place on ``lessons``; the same inputs and threads give the same weights."""
    torch.manual_seed(recipe.seed)
    course = _Course(module, lessons, recipe)
    steps = course.steps()
    optimizer = _optimizer(module, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, recipe))
    module.train()
    smoothed = 0.0
    for step in range(steps):
        loss, cosine = course.next_loss()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        smoothed = cosine if step == 0 else 0.97 * smoothed + 0.03 * cosine
        report(Progress(step + 1, steps, smoothed))
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
    """Encode ``texts`` as rows of unit length (n, 384), without gradients."""
    tokens = [module.token_ids(text) for text in texts]
    vectors = torch.zeros(len(texts), module.get_embedding_dimension())
    with torch.no_grad():
        for batch in by_length(range(len(texts)), [len(ids) for ids in tokens], batch_tokens):
            found = module(module.padded([tokens[row] for row in batch]))
            vectors[batch] = found["sentence_embedding"]
    return vectors


class _Course:
    """Gives one batch after the other, and its loss."""

    def __init__(self, module: KoreanModule, lessons: Lessons, recipe: Recipe) -> None:
        self._module = module
        self._recipe = recipe
        self._random = np.random.default_rng(recipe.seed)
        self._segments = [module.token_ids(text) for text in lessons.segments]
        self._headings = [module.token_ids(text) for text in lessons.headings]
        self._sections = [module.token_ids(text)[: recipe.section_tokens] for text in lessons.sections]
        self._segment_targets = torch.from_numpy(lessons.segment_targets)
        self._heading_targets = torch.from_numpy(lessons.heading_targets)
        self._section_targets = torch.from_numpy(lessons.section_targets)
        self._segment_batches = self._draw_segments()
        self._section_batches = self._draw_sections()

    def steps(self) -> int:
        """Count the steps of the recipe's passes over the segments, those that teach sections included."""
        tokens = sum(map(len, self._segments)) * self._recipe.passes
        return max(1, round(tokens / self._recipe.batch_tokens / (1 - self._share)))

    @property
    def _share(self) -> float:
        return self._recipe.section_share if self._sections else 0.0

    def next_loss(self) -> tuple[Any, float]:
        """Give the loss of the next batch, and the mean cosine in it."""
        if self._random.random() < self._share:
            return self._section_loss(next(self._section_batches))
        return self._segment_loss(next(self._segment_batches))

    def _segment_loss(self, rows: list[int]) -> tuple[Any, float]:
        vectors, targets = self._vectors(self._segments, rows), self._segment_targets[rows]
        cosine = (vectors * targets).sum(dim=1).mean()
        contrast = self._contrast(vectors, targets, self._others(self._segment_targets))
        return self._recipe.cosine_weight * (1 - cosine) + contrast, float(cosine.detach())

    def _section_loss(self, rows: list[int]) -> tuple[Any, float]:
        recipe = self._recipe
        sections, targets = self._vectors(self._sections, rows), self._section_targets[rows]
        headings = self._vectors(self._headings, rows)
        others = self._others(self._section_targets)
        cosine = (sections * targets).sum(dim=1).mean()
        heading_cosine = (headings * self._heading_targets[rows]).sum(dim=1).mean()
        loss = recipe.cosine_weight * ((1 - cosine) + 0.5 * (1 - heading_cosine))
        loss = loss + self._contrast(sections, targets, others)
        loss = loss + recipe.heading_weight * self._contrast(headings, targets, others)
        loss = loss + recipe.heading_weight * self._contrast(headings, sections, None)
        return loss, float(cosine.detach())

    def _vectors(self, tokens: Sequence[Sequence[int]], rows: Sequence[int]) -> Any:
        return self._module(self._module.padded([tokens[row] for row in rows]))["sentence_embedding"]

    def _others(self, targets: Any) -> Any:
        return targets[torch.from_numpy(self._random.integers(0, len(targets), self._recipe.negatives))]

    def _contrast(self, vectors: Any, targets: Any, others: Any | None) -> Any:
        """Give the InfoNCE loss of ``vectors`` (n, d) for the ``targets`` of the same rows."""
        likeness = targets @ targets.T
        same = (likeness > _SAME_TEXT) & ~torch.eye(len(vectors), dtype=torch.bool)
        scores = (self._recipe.scale * vectors @ targets.T).masked_fill(same, -1e4)
        if others is not None:
            scores = torch.cat([scores, self._recipe.scale * vectors @ others.T], dim=1)
        return functional.cross_entropy(scores, torch.arange(len(vectors)))

    def _draw_segments(self) -> Iterator[list[int]]:
        lengths = [len(ids) for ids in self._segments]
        while True:
            order = self._random.permutation(len(self._segments))
            for start in range(0, len(order), _POOL):
                batches = by_length(order[start : start + _POOL].tolist(), lengths, self._recipe.batch_tokens)
                for index in self._random.permutation(len(batches)):
                    yield batches[index]

    def _draw_sections(self) -> Iterator[list[int]]:
        size = max(8, self._recipe.batch_tokens // self._recipe.section_tokens)
        while True:
            order = self._random.permutation(len(self._sections)).tolist()
            for start in range(0, max(len(order) - size, 1), size):
                yield order[start : start + size]


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
