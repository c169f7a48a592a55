"""Which version of a product each page speaks of, where a corpus keeps several side by side.

Front matter says it best (``version: 2``, ``targetVersions: [v1]``), then a folder (``docs/v1/``,
``docs/1.21/``). A version in a file's name or a title may be part of a name, so it only counts where the
same page exists for another version.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from kb_server.index.records import Document, MetadataValue

_KEY = re.compile(r"(?:target|product|docs?|release|app)?[_-]?versions?", re.IGNORECASE)
_VALUE = re.compile(r"(?:v|version[ _-]?|release[ _-]?)?\d{1,9}(?:\.\d{1,9})*(?:\.x)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
_FOLDER = re.compile(
    r"(?:v|version[_-]|release[_-])\d{1,9}(?:\.\d{1,9})*(?:\.x)?|\d{1,9}(?:\.\d{1,9})+(?:\.x)?", re.IGNORECASE
)
_FOLDER_START = re.compile(r"(v\d{1,9}(?:\.\d{1,9})*)[_-]", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<![^\W_])v\d{1,9}(?:\.\d{1,9})*(?![^\W_])", re.IGNORECASE)
_LINE = 2
"""Numbers in the name of a release line."""
_SEPARATORS = re.compile(r"[\W_]+")
# Not inside a path, an identifier or a file's name: /api/v1, nice-v2, v1/payments.
_ASKED = re.compile(
    r"(?<![\w/.\-])v(?:ersion)?[ .]{0,2}(\d{1,9}(?:\.\d{1,9})*)(?![\w/\-]*[/\-]\w)"
    r"|버전\s?(\d{1,9}(?:\.\d{1,9})*)"
    r"|(?<![\w.\-])(\d{1,9}(?:\.\d{1,9})*)\s?버전",
    re.IGNORECASE | re.ASCII,
)


def versions_of_documents(documents: Sequence[Document]) -> tuple[tuple[str, ...], ...]:
    """Give the versions that each document speaks of, as they are spelled; none for most corpora.

    Where all pages are of one version, none has any: there is nothing to tell apart.
    """
    sure = [_declared(document.metadata) or _in_folders(document.path) for document in documents]
    labels = [given or _in_names(document) for given, document in zip(sure, documents, strict=True)]
    families = [family_of(document.path) for document in documents]
    spread: defaultdict[str, set[str]] = defaultdict(set)
    for family, names in zip(families, labels, strict=True):
        spread[family].update(map(number_of, names))
    found = tuple(
        given or (names if len(spread[family]) > 1 else ())
        for given, names, family in zip(sure, labels, families, strict=True)
    )
    numbers = {number_of(name) for names in found for name in names}
    return found if len(numbers) > 1 else ((),) * len(found)


def family_of(path: str) -> str:
    """Give what the paths of one page in several versions have in common.

    >>> family_of("pay/v1/card.md") == family_of("pay/v2/card-v2.md")
    True
    """
    folders, _, name = path.rpartition("/")
    kept = [_FOLDER_START.sub("", folder) for folder in folders.split("/") if not _FOLDER.fullmatch(folder)]
    stem = _IN_NAME.sub("", name)
    return "/".join(_SEPARATORS.sub(" ", part).strip().casefold() for part in (*kept, stem))


def families_of(document: Document) -> tuple[str, ...]:
    """Give the families of a page: by its path, and by its title among the pages of its folder.

    The second one is only that of pages of several versions which are called alike.
    """
    by_path = family_of(document.path)
    title = _SEPARATORS.sub(" ", _IN_NAME.sub("", _ASKED.sub("", document.title))).strip().casefold()
    folder = by_path.rpartition("/")[0]
    return (by_path, f"{folder}/\0{title}") if title else (by_path,)


@lru_cache(maxsize=4096)
def number_of(label: str) -> str:
    """Give the bare number of a version.

    >>> number_of("V1.21.x"), number_of("version-2")
    ('1.21', '2')
    """
    found = _NUMBER.search(label)
    return found.group() if found else ""


def order_of(label: str) -> tuple[int, ...]:
    """Give what versions sort by: later ones are greater.

    >>> order_of("v1.10") > order_of("1.9")
    True
    """
    return tuple(map(int, number_of(label).split("."))) if number_of(label) else ()


def asked_versions(text: str) -> frozenset[str]:
    """Give the numbers of the versions that a question names.

    >>> sorted(asked_versions("V1에서 v2로 옮기려면?")), sorted(asked_versions("in version 1.21"))
    (['1', '2'], ['1.21'])
    """
    return frozenset(next(filter(None, groups)) for groups in _ASKED.findall(text))


def is_of(label: str, asked: Iterable[str]) -> bool:
    """Tell whether ``label`` is one of the ``asked`` numbers, a release of it, or its release line.

    A release line has two numbers at least: TLS 1.2 is no release of v1.

    >>> is_of("v1.21", {"1.21.3"}), is_of("v2.1", {"2"}), is_of("v1", {"1.2"}), is_of("v12", {"1"})
    (True, True, False, False)
    """
    number = order_of(label)
    return any(_is_release(number, order_of(other)) for other in asked)


def _is_release(number: tuple[int, ...], asked: tuple[int, ...]) -> bool:
    common = number[: len(asked)] == asked[: len(number)]
    return common and bool(number) and (len(number) >= min(len(asked), _LINE))


def _declared(metadata: Mapping[str, MetadataValue]) -> tuple[str, ...]:
    for key, value in metadata.items():
        if _KEY.fullmatch(key):
            values = (value,) if isinstance(value, str) else value
            return tuple(item for item in values if _VALUE.fullmatch(item.strip()))
    return ()


def _in_folders(path: str) -> tuple[str, ...]:
    for folder in path.split("/")[:-1]:
        if _FOLDER.fullmatch(folder):
            return (folder,)
        if start := _FOLDER_START.match(folder):
            return (start[1],)
    return ()


def _in_names(document: Document) -> tuple[str, ...]:
    for name in (document.path.rsplit("/", 1)[-1], document.title):
        labels = {label.casefold() for label in _IN_NAME.findall(name)}
        if len(labels) == 1:
            return tuple(labels)
    return ()
