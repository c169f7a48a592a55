"""One batch of lessons after the other, and what the encoder loses in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ingest.training.recipe import Recipe
from ingest.training.rounding import Rounding
from ingest.training.variants import asked, varied
from kb_server.index.batching import by_length
from kb_server.index.korean_module import PAD, KoreanModule

_POOL_BATCHES = 100
"""Batches whose segments are sorted by length at a time: little padding, and much variety."""
_SAME_TEXT = 0.999
"""From this cosine on two targets are one text, and not each other's negatives."""

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


class Course:
    """Gives one batch after the other, and its loss."""

    def __init__(self, module: KoreanModule, lessons: Lessons, recipe: Recipe, rounding: Rounding) -> None:
        """Turn ``lessons`` into tokens on the device of ``module``."""
        self._module = module
        self._recipe = recipe
        self._rounding = rounding
        self._device = next(module.parameters()).device
        self._random = np.random.default_rng(recipe.seed)
        typist = Random(recipe.seed)  # noqa: S311 - it plays no part in security
        limit = recipe.section_tokens
        self._segments = self._texts(lessons.segments, lambda text: varied(text, typist))
        self._headings = self._texts(lessons.headings, lambda text: asked(text, typist))
        self._sections = self._texts(lessons.sections, None, limit=limit)
        self._segment_targets = self._tensor(lessons.segment_targets)
        self._heading_targets = self._tensor(lessons.heading_targets)
        self._section_targets = self._tensor(lessons.section_targets)
        self._segment_batches = self._draw(self._segments, recipe.batch_tokens)
        # A section brings its heading along.
        self._section_batches = self._draw(self._sections, max(recipe.batch_tokens, 8 * limit))

    def steps(self) -> int:
        """Count the steps of the recipe's passes over the segments, those that teach sections included."""
        tokens = sum(self._segments.lengths) * self._recipe.passes
        return max(1, round(tokens / self._recipe.batch_tokens / (1 - self._share)))

    @property
    def _share(self) -> float:
        return self._recipe.section_share if self._sections.lengths else 0.0

    def next_loss(self) -> tuple[Any, Any]:
        """Give the loss of the next batch, and the mean cosine in it."""
        rounded = self._random.random() < self._recipe.rounding_share
        if self._random.random() < self._share:
            return self._section_loss(next(self._section_batches), rounded)
        return self._segment_loss(next(self._segment_batches), rounded)

    def _segment_loss(self, rows: list[int], rounded: bool) -> tuple[Any, Any]:
        targets = self._segment_targets[rows]
        vectors = self._vectors(self._segments, rows, rounded, self._recipe.variant_share)
        cosine = (vectors * targets).sum(dim=1).mean()
        contrast = self._contrast(vectors, targets, targets, self._others(self._segment_targets))
        return self._recipe.cosine_weight * (1 - cosine) + contrast, cosine.detach()

    def _section_loss(self, rows: list[int], rounded: bool) -> tuple[Any, Any]:
        """Draw sections and headings to their English halves, and headings of both languages to sections."""
        recipe = self._recipe
        targets, asked_in_english = self._section_targets[rows], self._heading_targets[rows]
        sections = self._vectors(self._sections, rows, rounded, 0.0)
        headings = self._vectors(self._headings, rows, rounded, recipe.question_share)
        others = self._others(self._section_targets)
        cosine = (sections * targets).sum(dim=1).mean()
        heading_cosine = (headings * asked_in_english).sum(dim=1).mean()
        loss = recipe.cosine_weight * ((1 - cosine) + 0.5 * (1 - heading_cosine))
        loss = loss + self._contrast(sections, targets, targets, others)
        loss = loss + recipe.heading_weight * self._contrast(headings, targets, targets, others)
        loss = loss + recipe.heading_weight * self._contrast(headings, sections, targets, None)
        loss = loss + recipe.heading_weight * self._contrast(asked_in_english, sections, targets, None)
        return loss, cosine.detach()

    def _vectors(self, texts: _Texts, rows: list[int], rounded: bool, variants: float) -> Any:
        features = texts.batch(rows, variants=self._random.random(len(rows)) < variants)
        self._rounding.start(features["attention_mask"], active=rounded)
        return self._module(features)["sentence_embedding"].float()

    def _others(self, targets: Any) -> Any:
        rows = self._random.integers(0, len(targets), min(self._recipe.negatives, len(targets)))
        return targets[torch.from_numpy(rows).to(self._device)]

    def _contrast(self, vectors: Any, candidates: Any, targets: Any, others: Any | None) -> Any:
        """Give the InfoNCE loss of ``vectors`` (n, d) for the ``candidates`` of the same rows.

        ``targets`` (n, d) tell which rows are one text.
        """
        own = torch.eye(len(vectors), dtype=torch.bool, device=self._device)
        same = (targets @ targets.T > _SAME_TEXT) & ~own
        scores = (self._recipe.scale * vectors @ candidates.T).masked_fill(same, -1e4)
        if others is not None:
            more = (self._recipe.scale * vectors @ others.T).masked_fill(
                targets @ others.T > _SAME_TEXT, -1e4
            )
            scores = torch.cat([scores, more], dim=1)
        return functional.cross_entropy(scores, torch.arange(len(vectors), device=self._device))

    def _draw(self, texts: _Texts, batch_tokens: int) -> Iterator[list[int]]:
        pool = max(1, _POOL_BATCHES * batch_tokens // max(1, texts.mean_length))
        while texts.lengths:
            order = self._random.permutation(len(texts.lengths))
            for start in range(0, len(order), pool):
                batches = by_length(order[start : start + pool].tolist(), texts.lengths, batch_tokens)
                for index in self._random.permutation(len(batches)):
                    yield batches[index]

    def _texts(
        self, texts: Sequence[str], variant: Callable[[str], str] | None, *, limit: int | None = None
    ) -> _Texts:
        read = self._module.all_token_ids
        tokens = [ids[:limit] for ids in read(texts)]
        variants = read([variant(text) for text in texts]) if variant else []
        return _Texts(tokens, variants, self._device)

    def _tensor(self, vectors: Vectors) -> Any:
        return torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)).to(self._device)


class _Texts:
    """Token ids of texts on a device, each with a variant where there are some."""

    def __init__(self, tokens: list[list[int]], variants: list[list[int]], device: torch.device) -> None:
        self.lengths = [len(ids) for ids in tokens]
        self.mean_length = round(sum(self.lengths) / max(1, len(tokens)))
        self._has_variants = bool(variants)
        both = [*tokens, *variants]
        sizes = np.array([len(ids) for ids in both], dtype=np.int64)
        flat = np.fromiter((token for ids in both for token in ids), np.int32, int(sizes.sum()))
        self._flat = torch.from_numpy(flat).to(device)
        self._sizes = torch.from_numpy(sizes).to(device)
        self._starts = torch.from_numpy(np.cumsum(sizes) - sizes).to(device)
        self._all_lengths = sizes

    def batch(self, rows: list[int], *, variants: NDArray[np.bool_]) -> dict[str, Any]:
        """Give token ids and mask of ``rows``, (texts, longest); where ``variants``, of the variant."""
        chosen = np.array(rows)
        if self._has_variants:
            chosen = chosen + len(self.lengths) * variants
        places = torch.arange(int(self._all_lengths[chosen].max()), device=self._flat.device)
        index = torch.from_numpy(chosen).to(self._flat.device)
        mask = places < self._sizes[index, None]
        found = self._flat[(self._starts[index, None] + places).clamp(max=len(self._flat) - 1)]
        return {"input_ids": found.long().where(mask, PAD), "attention_mask": mask.long()}
