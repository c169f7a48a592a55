"""Which file of the English documentation is which of the Korean one: the same path, but for the language.

``guide/pay.md`` pairs with ``guide/pay.md`` of the other folder; in one folder ``en/guide/pay.md`` pairs with
``ko/guide/pay.md``, and ``guide/pay.en.md`` with ``guide/pay.ko.md``. In one folder a path that names no
language is English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ingest.parsing import SUFFIXES
from ingest.report import Failure
from ingest.scanning import Scan, SourceFile, resolve_root, scan
from kb_server.errors import SourceError
from kb_server.index.language import ENGLISH, KOREAN

EXAMPLES = 3
RULE = (
    "A page and its translation need the same path below both folders, or paths that differ only in a folder "
    "'en' and 'ko', or in '.en' and '.ko' before the suffix."
)

_LANGUAGE = re.compile(r"(en|ko)(?:[-_](?:us|gb|kr))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PagePair:
    """The files of one page in both languages."""

    path: str
    """The path that both share, without what names the language."""
    en: SourceFile
    ko: SourceFile


@dataclass(frozen=True, slots=True)
class PairedPages:
    """All pages that exist in both languages, by path, and what has no counterpart."""

    pairs: tuple[PagePair, ...]
    only_en: tuple[str, ...]
    only_ko: tuple[str, ...]
    failures: tuple[Failure, ...]
    """Files that cannot be read."""


def pair_folders(en: Path, ko: Path, *, max_bytes: int) -> PairedPages:
    """Pair the pages below two folders; ``SourceError`` when a folder is empty or no path is in both."""
    left, right = _scan(en, max_bytes), _scan(ko, max_bytes)
    english = _by_path(left.files, ENGLISH, fallback=ENGLISH)
    korean = _by_path(right.files, KOREAN, fallback=KOREAN)
    return _paired(english, korean, failures=(*left.failures, *right.failures), named=(en, ko))


def pair_root(root: Path, *, max_bytes: int) -> PairedPages:
    """Pair the pages below one folder that holds both languages; ``SourceError`` as in ``pair_folders``."""
    found = _scan(root, max_bytes)
    english = _by_path(found.files, ENGLISH, fallback=ENGLISH)
    korean = _by_path(found.files, KOREAN, fallback=ENGLISH)
    return _paired(english, korean, failures=found.failures, named=(root, root))


class _Place(NamedTuple):
    path: str
    lang: str
    """Empty where the path names no language."""


def _place(path: str) -> _Place:
    """Split a path into what a translation shares and the language that it names.

    >>> _place("docs/ko-KR/pay.md"), _place("guide/pay.en.md")
    (_Place(path='docs/pay.md', lang='ko'), _Place(path='guide/pay.md', lang='en'))
    """
    *folders, name = PurePosixPath(path).parts
    stem, dot, ending = PurePosixPath(name).stem.rpartition(".")
    if dot and (named := _LANGUAGE.fullmatch(ending)):
        shared = "/".join((*folders, stem + PurePosixPath(name).suffix))
        return _Place(shared, named[1].lower())
    for at, folder in enumerate(folders):
        if named := _LANGUAGE.fullmatch(folder):
            return _Place("/".join((*folders[:at], *folders[at + 1 :], name)), named[1].lower())
    return _Place(path, "")


def _by_path(files: Iterable[SourceFile], lang: str, *, fallback: str) -> dict[str, SourceFile]:
    """Give the files of ``lang`` by shared path; one that names its language goes before others."""
    named: dict[str, SourceFile] = {}
    unnamed: dict[str, SourceFile] = {}
    for file in files:
        place = _place(file.path)
        if place.lang == lang:
            named.setdefault(place.path, file)
        elif not place.lang and fallback == lang:
            unnamed.setdefault(place.path, file)
    return unnamed | named


def _scan(root: Path, max_bytes: int) -> Scan:
    resolved = resolve_root(root)
    suffixes = " ".join(sorted(SUFFIXES))
    if not resolved.is_dir():
        raise SourceError(
            f"{str(root)!r} is not a folder of pages.",
            remedy="Give a folder, or a file of pairs with --pairs.",
        )
    if not any(path.suffix.lower() in SUFFIXES for path in resolved.rglob("*")):
        raise SourceError(
            f"No page found below {str(root)!r}.", remedy=f"Give a folder with files of the types {suffixes}."
        )
    return scan([root], suffixes=SUFFIXES, max_bytes=max_bytes)


def _paired(
    en: dict[str, SourceFile],
    ko: dict[str, SourceFile],
    *,
    failures: Sequence[Failure],
    named: tuple[Path, Path],
) -> PairedPages:
    shared = sorted(en.keys() & ko.keys())
    if not shared:
        sides = "; ".join(
            f"{lang} below {str(root)!r}: {_examples(files)}"
            for lang, root, files in (("English", named[0], en), ("Korean", named[1], ko))
        )
        raise SourceError(f"No page exists in both languages. {sides}.", remedy=RULE)
    return PairedPages(
        pairs=tuple(PagePair(path, en[path], ko[path]) for path in shared),
        only_en=tuple(sorted(en.keys() - ko.keys())),
        only_ko=tuple(sorted(ko.keys() - en.keys())),
        failures=tuple(failures),
    )


def _examples(files: dict[str, SourceFile]) -> str:
    first = sorted(file.path for file in files.values())[:EXAMPLES]
    rest = f" and {len(files) - EXAMPLES} more" if len(files) > EXAMPLES else ""
    return (", ".join(repr(path) for path in first) or "none") + rest
