"""How a Korean encoder is taught: the numbers that were settled on, and what each one is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of one training run; the defaults suit a few thousand pages and a CPU."""

    passes: float = 2.0
    """How often each segment is seen on average."""
    batch_tokens: int = 2600
    """Korean tokens per step, padding included: about a hundred segments."""
    section_share: float = 0.4
    """Share of the steps that teach whole sections and their headings; the others teach segments."""
    section_tokens: int = 128
    """Korean tokens that are read of a section while learning; attention costs grow with its square."""
    learning_rate: float = 2.5e-4
    """Of the transformer, at its peak; the word table learns twice as fast."""
    warmup_steps: int = 40
    negatives: int = 1024
    """Vectors of other English texts that each Korean text must be told from, beside those of its batch."""
    scale: float = 20.0
    """Inverse temperature of the contrastive loss."""
    cosine_weight: float = 3.0
    """Weight of (1 - cosine to the teacher's vector) beside the contrastive loss."""
    heading_weight: float = 0.7
    """Weight of finding a section by its heading, in each pair of languages."""
    rounding_share: float = 0.5
    """Share of the steps with the rounding that questions are read with; 0 leaves questions in float32."""
    variant_share: float = 0.1
    """Share of the segments that are read as people type: lost spaces, slips, other endings."""
    question_share: float = 0.3
    """Share of the headings that are read as questions."""
    seed: int = 1


def gpu_recipe(*, passes: float, seed: int) -> Recipe:
    """Give the recipe for a GPU: a dozen times as many texts per step, and sections as long as they are."""
    return Recipe(
        passes=passes,
        batch_tokens=65_536,
        section_tokens=256,
        learning_rate=8e-4,
        warmup_steps=200,
        negatives=8192,
        seed=seed,
    )
