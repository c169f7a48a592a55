"""``kb train-encoder``: from parallel documentation to the folder of a Korean encoder."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console

from ingest.pipeline import CACHE_NAME
from ingest.training import ParallelCorpus, from_folders, from_pairs, from_root
from ingest.training.base import pupil_from
from ingest.training.card import model_card
from ingest.training.course import Lessons
from ingest.training.lessons import lessons_of
from ingest.training.measuring import Figures, measure
from ingest.training.recipe import Recipe
from ingest.training.teaching import Progress, encode, fit_projection, teach
from kb_server.errors import EXIT_FINDINGS, EXIT_OK, PublishError, SourceError
from kb_server.index.embedding import load_encoder
from kb_server.index.embedding_cache import CachedEncoder
from kb_server.index.korean import SHIPPED_FOLDER
from kb_server.index.korean_module import KoreanModule
from kb_server.index.layout import DataLayout
from kb_server.settings import Settings

MIN_SEGMENTS = 100
"""Fewer pairs teach nothing that can be measured."""
MAX_PAIRS_BYTES = 1 << 30
WINDOW = 256
CPU = "cpu"
_FREE_BYTES = 64 << 20
"""Demanded before hours of teaching; the shipped encoder takes 21 MB."""
_TEACHER = {"encoder": "minilm", "encoder_query_prefix": None, "encoder_document_prefix": None}


@dataclass(frozen=True, slots=True)
class ParallelSource:
    """Where the parallel documentation is: two folders, one folder with both, or a file of pairs."""

    en: Path | None = None
    ko: Path | None = None
    docs: Path | None = None
    pairs: Path | None = None

    def read(self, *, max_bytes: int) -> ParallelCorpus:
        """Align it; SourceError where it is not named in exactly one of the three ways."""
        ways = ((self.en, self.ko), (self.docs,), (self.pairs,))
        if sum(any(way) for way in ways) != 1 or bool(self.en) != bool(self.ko):
            raise SourceError(
                "The parallel documentation must be named in one way.",
                remedy="Give --en DIR and --ko DIR, --docs DIR (with en/ and ko/ inside), or --pairs FILE.",
            )
        if self.pairs:
            return from_pairs(self.pairs, max_bytes=MAX_PAIRS_BYTES)
        if self.docs:
            return from_root(self.docs, max_bytes=max_bytes)
        if self.en is None or self.ko is None:
            raise LookupError("both folders were checked to be given")
        return from_folders(self.en, self.ko, max_bytes=max_bytes)


def run_train_encoder(
    out: Path,
    source: ParallelSource,
    settings: Settings,
    recipe: Recipe,
    *,
    base: Path | None = None,
    layers: int = 6,
    device: str = CPU,
    as_json: bool = False,
) -> int:
    """Teach a Korean encoder, write it into ``out``, say what it learned; 1 where that is nothing.

    Raises ``SourceError`` for a folder that is in use, a ``device`` that is not there or documentation that
    cannot be aligned, ``PublishError`` where the encoder cannot be written.
    """
    console = Console(stderr=True, quiet=as_json)
    _check_out(out)
    _check_device(device)
    started = time.monotonic()
    whole = source.read(max_bytes=settings.max_file_bytes)
    for failure in whole.failures:
        console.print(f"Left out: {failure}", markup=False)
    split = whole.split()
    corpus = split.train
    console.print(
        f"{corpus.pages} pages to learn from ({len(corpus.segments)} segments, "
        f"{len(corpus.sections)} sections), "
        f"{split.held_out.pages} kept out to measure."
    )
    if len(corpus.segments) < MIN_SEGMENTS:
        raise SourceError(
            f"Only {len(corpus.segments)} pairs could be aligned; at least {MIN_SEGMENTS} are needed.",
            remedy="`kb train-encoder` wants pages with the same path and headings in both languages.",
        )
    lessons, held_out = _lessons((corpus, split.held_out), settings)
    torch.set_num_threads(settings.ingest_threads)
    module = _pupil(settings, base, corpus, lessons, layers).to(device)
    before = _figures(module, held_out)
    teach(module, lessons, recipe, report=_reporter(console))
    after = _figures(module, held_out)
    with _new_folder(out) as folder:
        module.save(str(folder))
        card = model_card(corpus, before, after, recipe, base=base)
        (folder / "README.md").write_text(card, encoding="utf-8")
    seconds = time.monotonic() - started
    _show(out, before, after, console, seconds=seconds, as_json=as_json)
    return EXIT_OK if _is_better(before, after) else EXIT_FINDINGS


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SourceError(
            f"{str(out)!r} exists and is not an empty folder.", remedy="Name a new folder for the encoder."
        )
    with _new_folder(out, keep=False) as folder:
        free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        raise PublishError(
            f"{free >> 20} MiB are free at {str(out)!r}; an encoder needs up to {_FREE_BYTES >> 20} MiB.",
            remedy="Free some space or name a folder on another disk.",
        )


def _check_device(device: str) -> None:
    """Use the device once; whatever PyTorch has against it is told."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SourceError(
            f"--device {device} cannot be used: {reason}.",
            remedy="Use --device cpu, or cuda where PyTorch sees a GPU of NVIDIA.",
        ) from error


@contextmanager
def _new_folder(out: Path, *, keep: bool = True) -> Iterator[Path]:
    """Give a folder that becomes ``out`` when all is written; PublishError where it cannot be."""
    temporary = out.absolute().with_name(f".{out.absolute().name}.partial")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        if keep:
            temporary.replace(out)
    except OSError as error:
        raise PublishError(
            f"Cannot write the encoder into {str(out)!r}: {error}.",
            remedy="Check free space and permissions, or name another folder; what was read is kept in the "
            "embedding cache.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _lessons(corpora: Sequence[ParallelCorpus], settings: Settings) -> list[Lessons]:
    """Give the lessons of each corpus; the teacher's vectors are cached like those of any ingest."""
    teacher = load_encoder(settings.model_copy(update=_TEACHER), threads=settings.ingest_threads)
    cached = CachedEncoder(teacher, DataLayout(settings.data_dir).cache_dir / CACHE_NAME)
    try:
        return [lessons_of(corpus.segments, corpus.sections, cached.encode) for corpus in corpora]
    finally:
        cached.close()


def _pupil(
    settings: Settings, base: Path | None, corpus: ParallelCorpus, lessons: Lessons, layers: int
) -> KoreanModule:
    if base is None:
        return KoreanModule.load(str(settings.korean_encoder or SHIPPED_FOLDER))
    texts = [text for pair in corpus.segments for text in (pair.ko, pair.en)]
    module = pupil_from(base, texts, layers=layers, window=WINDOW)
    fit_projection(module, lessons)
    return module


def _figures(module: KoreanModule, held_out: Lessons) -> Figures:
    return measure(lambda texts: encode(module, texts).numpy(), held_out)


def _reporter(console: Console) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.step % 50 == 0 or progress.step == progress.steps:
            console.print(f"step {progress.step}/{progress.steps}, cosine {progress.cosine:.3f}")

    return report


def _is_better(before: Figures, after: Figures) -> bool:
    """Compare the sums of what was measured; where nothing was held out, nothing is better."""
    return _sum(after) > _sum(before)


def _sum(figures: Figures) -> float:
    shares = (figures.translation, figures.english_section, figures.korean_section)
    return sum(share for share in shares if not math.isnan(share))


def _show(
    out: Path, before: Figures, after: Figures, console: Console, *, seconds: float, as_json: bool
) -> None:
    if as_json:
        result = {"out": str(out), "before": before.as_dict(), "after": after.as_dict()}
        print(json.dumps({**result, "seconds": round(seconds, 1)}))  # noqa: T201 - the command's output
        return
    for name, value in after.as_dict().items():
        console.print(f"{name:16} {before.as_dict()[name]} -> {value}")
    if _is_better(before, after):
        console.print(f"Use it: KB_KOREAN_ENCODER={shlex.quote(str(out))} kb ingest PATH")
    else:
        console.print("It is no better than what it started from: keep that.")
