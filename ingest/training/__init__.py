"""Parallel documentation as training data: pages of both languages → pairs that say the same."""

from __future__ import annotations

from ingest.training.corpus import ParallelCorpus, Split, from_folders, from_pairs, from_root
from ingest.training.records import Miss, SectionPair, SegmentKind, SegmentPair

__all__ = [
    "Miss",
    "ParallelCorpus",
    "SectionPair",
    "SegmentKind",
    "SegmentPair",
    "Split",
    "from_folders",
    "from_pairs",
    "from_root",
]
