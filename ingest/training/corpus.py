"""Parallel documentation → pairs to train on, pairs to measure on, and an account of what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.parsing import ParsedDocument, ParseError, parse
from ingest.report import Failure
from ingest.scanning import SourceFile, UnreadableFileError
from ingest.training.alignment import align_pages
from ingest.training.heldout import HELD_OUT_SHARE, is_held_out
from ingest.training.pages import PagePair, PairedPages, pair_folders, pair_root
from ingest.training.pair_files import read_pairs
from ingest.training.records import Alignment, Miss, SectionPair, SegmentPair

Progress = Callable[[int, int], None]
"""Told how many pairs of pages are done, of how many."""


@dataclass(frozen=True, slots=True)
class ParallelCorpus:
    """All pairs, each text once in either language, in the order of the pages."""

    segments: tuple[SegmentPair, ...]
    sections: tuple[SectionPair, ...]
    pages: int
    """Pages that gave at least one pair."""
    misses: Counter[Miss]
    failures: tuple[Failure, ...] = ()

    def split(self, *, share: float = HELD_OUT_SHARE) -> Split:
        """Keep ``share`` of the pages out, decided by their paths."""
        held_out = {
            pair.page: is_held_out(pair.page, share=share) for pair in (*self.segments, *self.sections)
        }
        return Split(self._of(held_out, kept_out=False), self._of(held_out, kept_out=True))

    def _of(self, held_out: dict[str, bool], *, kept_out: bool) -> ParallelCorpus:
        return ParallelCorpus(
            segments=tuple(pair for pair in self.segments if held_out[pair.page] is kept_out),
            sections=tuple(pair for pair in self.sections if held_out[pair.page] is kept_out),
            pages=sum(value is kept_out for value in held_out.values()),
            misses=Counter(),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """Pairs to learn from and pairs of other pages to measure on."""

    train: ParallelCorpus
    held_out: ParallelCorpus


def from_folders(
    en: Path, ko: Path, *, max_bytes: int, progress: Progress = lambda _done, _all: None
) -> ParallelCorpus:
    """Align the pages with the same path below two folders; ``SourceError`` when there are none."""
    return _aligned(pair_folders(en, ko, max_bytes=max_bytes), max_bytes=max_bytes, progress=progress)


def from_root(root: Path, *, max_bytes: int, progress: Progress = lambda _done, _all: None) -> ParallelCorpus:
    """Align the pages below one folder with both languages; ``SourceError`` when there are none."""
    return _aligned(pair_root(root, max_bytes=max_bytes), max_bytes=max_bytes, progress=progress)


def from_pairs(location: Path, *, max_bytes: int) -> ParallelCorpus:
    """Take the pairs of a JSON Lines file; ``SourceError`` names the line that cannot be read."""
    return _gather([read_pairs(location, max_bytes=max_bytes)], Counter(), ())


def _aligned(pages: PairedPages, *, max_bytes: int, progress: Progress) -> ParallelCorpus:
    failures = list(pages.failures)
    alignments: list[Alignment] = []
    for done, pair in enumerate(pages.pairs, start=1):
        try:
            alignments.append(_align(pair, max_bytes))
        except UnreadableFileError as error:
            failures.append(Failure(pair.path, 0, str(error)))
        except ParseError as error:
            failures.append(Failure(error.path, error.line, error.reason))
        progress(done, len(pages.pairs))
    misses = Counter(
        {
            Miss.ONLY_ENGLISH: len(pages.only_en),
            Miss.ONLY_KOREAN: len(pages.only_ko),
            Miss.UNREADABLE: len(failures),
        }
    )
    return _gather(alignments, misses, tuple(failures))


def _align(pair: PagePair, max_bytes: int) -> Alignment:
    return align_pages(pair.path, _parsed(pair.en, max_bytes), _parsed(pair.ko, max_bytes))


def _parsed(file: SourceFile, max_bytes: int) -> ParsedDocument:
    return parse(file.path, file.read(max_bytes=max_bytes))


def _gather(
    alignments: Iterable[Alignment], misses: Counter[Miss], failures: tuple[Failure, ...]
) -> ParallelCorpus:
    """Join the pages; a text that was seen before, in either language, is dropped with its pair."""
    seen, seen_sections = _Seen(), _Seen()
    segments: list[SegmentPair] = []
    sections: list[SectionPair] = []
    for aligned in alignments:
        misses.update(aligned.misses)
        segments += (pair for pair in aligned.segments if seen.is_new(pair.en, pair.ko))
        sections += (pair for pair in aligned.sections if seen_sections.is_new(pair.en_text, pair.ko_text))
    misses[Miss.REPEATED] += seen.repeated + seen_sections.repeated
    return ParallelCorpus(
        segments=tuple(segments),
        sections=tuple(sections),
        pages=len({pair.page for pair in (*segments, *sections)}),
        misses=+misses,
        failures=failures,
    )


class _Seen:
    """Texts met so far, in upper or lower case."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self.repeated = 0

    def is_new(self, *pair: str) -> bool:
        folded = [text.casefold() for text in pair]
        if not self._texts.isdisjoint(folded):
            self.repeated += 1
            return False
        self._texts.update(folded)
        return True
