"""Find the source files below the roots: what is there, what it hashes to, and what cannot be read."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.report import Failure
from kb_server.errors import SourceError

BUILD_FOLDERS = frozenset(
    ("node_modules", "bower_components", "vendor", "__pycache__", "venv", "env", "site-packages", "_site"),
)
"""Folders that hold generated or third-party files; hidden ones (``.git``, ``.venv``) are skipped anyway."""

DOCUMENTS_NOT_READ = frozenset(
    (".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".hwp", ".hwpx", ".adoc", ".asciidoc"),
)
"""Suffixes of documents that must be converted first: whoever adds one expects it in the answers."""

_SUFFIX_REMEDY = "Give a folder or a file with one of the suffixes {suffixes}."


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that can be ingested; the bytes stay on disk until they are needed."""

    path: str
    """Relative to its root, with forward slashes, NFC."""
    location: Path
    root: Path
    sha256: str
    size: int

    def read(self, *, max_bytes: int) -> bytes:
        """Read the bytes that were scanned; ``UnreadableFileError`` when they are gone or others by now."""
        data = read_inside(self.location, self.root, max_bytes=max_bytes)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UnreadableFileError("changed while it was being ingested; ingest once more")
        return data


@dataclass(frozen=True, slots=True)
class Scan:
    """All files below the roots, sorted by path."""

    roots: tuple[Path, ...]
    files: tuple[SourceFile, ...]
    failures: tuple[Failure, ...]
    ignored: int
    """Files with other suffixes."""
    unread: tuple[str, ...] = ()
    """Those of them that people take for documents."""


class UnreadableFileError(Exception):
    """A file that must not or cannot be read; the text is the reason, for the report."""


@dataclass(slots=True)
class _Findings:
    suffixes: frozenset[str]
    candidates: list[tuple[str, Path, Path]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    ignored: int = 0
    unread: list[str] = field(default_factory=list)


def scan(roots: Sequence[Path], *, suffixes: frozenset[str], max_bytes: int) -> Scan:
    """List and hash the files with one of ``suffixes`` (lower case, with dot) below ``roots``.

    A root is a folder, or a single file, whose folder is then the root. A file that cannot be read becomes
    a ``Failure``; ``SourceError`` when a root is missing, nothing is found, or two files claim one path.
    """
    findings = _Findings(suffixes)
    resolved = tuple(dict.fromkeys(resolve_root(root) for root in roots))
    for root in resolved:
        if root.is_dir():
            _walk(root, findings)
        else:
            _single_file(root, findings)
    files = _read_all(_unique(findings), findings, max_bytes=max_bytes)
    if not files and not findings.failures:
        names = ", ".join(repr(str(root)) for root in roots)
        raise SourceError(
            f"No document found below {names}; what is published stays served.",
            remedy=_suffix_remedy(suffixes) + _conversion(findings.unread),
        )
    failures = tuple(sorted(findings.failures, key=lambda failure: failure.path))
    return Scan(
        resolved,
        tuple(sorted(files, key=lambda file: file.path)),
        failures,
        findings.ignored,
        tuple(sorted(findings.unread)),
    )


def read_inside(location: Path, root: Path, *, max_bytes: int) -> bytes:
    """Read a regular file that really lies below ``root``; ``UnreadableFileError`` says why it cannot."""
    try:
        target = Path(os.path.realpath(location, strict=True))
        if not target.is_relative_to(root):
            raise UnreadableFileError("a symbolic link that leaves the ingested folder")
        # O_NONBLOCK: a named pipe must not block the run; O_NOFOLLOW: a link swapped in after resolve().
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - opens a descriptor, not a path
            return _read_regular(file.fileno(), max_bytes)
    except OSError as error:
        raise UnreadableFileError(_os_reason(error)) from error


def _read_regular(handle: int, max_bytes: int) -> bytes:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFileError("not a regular file")
    parts: list[bytes] = []
    size = 0
    while part := os.read(handle, 1 << 20):
        size += len(part)
        if size > max_bytes:
            total = max(size, status.st_size)
            raise UnreadableFileError(f"{total} bytes, above the limit of {max_bytes} (KB_MAX_FILE_BYTES)")
        parts.append(part)
    return b"".join(parts)


def _os_reason(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "vanished, or a symbolic link to nothing"
    if error.errno == errno.ELOOP:
        return "a symbolic link that leads back to itself"
    return f"not readable ({error.strerror or error})"


def resolve_root(root: Path) -> Path:
    """Give the real path of a folder or file to ingest; ``SourceError`` where it cannot be read."""
    try:
        if root.is_file():
            return Path(os.path.realpath(root.parent, strict=True)) / root.name
        resolved = Path(os.path.realpath(root, strict=True))
        with os.scandir(resolved):
            return resolved
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        reason = error.strerror if isinstance(error, OSError) else str(error)
        remedy = "Check the path and its permissions."
        raise SourceError(f"Cannot read the source {str(root)!r}: {reason}.", remedy=remedy) from error


def _single_file(location: Path, findings: _Findings) -> None:
    if location.suffix.lower() not in findings.suffixes:
        message = f"The source {str(location)!r} has the unknown suffix {location.suffix!r}."
        raise SourceError(message, remedy=_suffix_remedy(findings.suffixes))
    _add(location.name, location, location.parent, findings)


def _conversion(unread: Sequence[str]) -> str:
    return f" Convert files such as {min(unread)!r} to one of them first." if unread else ""


def _suffix_remedy(suffixes: frozenset[str]) -> str:
    return _SUFFIX_REMEDY.format(suffixes=" ".join(sorted(suffixes)))


def _walk(root: Path, findings: _Findings) -> None:
    folders = [root]
    while folders:
        for entry in _entries(folders.pop(), root, findings):
            if entry.name.startswith("."):
                continue
            location = Path(entry.path)
            if entry.is_symlink() and location.is_dir():
                _skip_folder_link(location, root, findings)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in BUILD_FOLDERS:
                    folders.append(location)
            elif location.suffix.lower() in findings.suffixes:
                _add(location.relative_to(root).as_posix(), location, root, findings)
            else:
                findings.ignored += 1
                if location.suffix.lower() in DOCUMENTS_NOT_READ:
                    findings.unread.append(_printable(location.relative_to(root).as_posix()))


def _entries(folder: Path, root: Path, findings: _Findings) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        path = _printable(folder.relative_to(root).as_posix())
        findings.failures.append(Failure(path, 0, f"folder {_os_reason(error)}"))
        return []


def _skip_folder_link(location: Path, root: Path, findings: _Findings) -> None:
    """Report a folder link that leaves the root; one that stays inside is read where it points to."""
    if not location.resolve().is_relative_to(root):
        path = _printable(location.relative_to(root).as_posix())
        findings.failures.append(Failure(path, 0, "a symbolic link that leaves the ingested folder"))


def _add(relative: str, location: Path, root: Path, findings: _Findings) -> None:
    path = unicodedata.normalize("NFC", relative)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        reason = "the file name holds control characters or is not UTF-8; rename it"
        findings.failures.append(Failure(_printable(path), 0, reason))
    else:
        findings.candidates.append((path, location, root))


def _printable(path: str) -> str:
    r"""Escape what a terminal or a JSON file could not carry.

    >>> _printable("a\nb")
    'a\\x0ab'
    """
    return "".join(
        character if unicodedata.category(character) not in {"Cc", "Cs"} else f"\\x{ord(character):02x}"
        for character in unicodedata.normalize("NFC", path)
    )


def _unique(findings: _Findings) -> list[tuple[str, Path, Path]]:
    """Keep one file per path and one path per file."""
    by_path: dict[str, tuple[str, Path, Path]] = {}
    by_location: dict[Path, str] = {}
    # A name that is NFC on disk comes before one that only becomes so.
    order = sorted(findings.candidates, key=lambda item: (str(item[1]) != _nfc(item[1]), item[0], item[1]))
    for candidate in order:
        path, location, root = candidate
        if by_location.setdefault(location, path) != path:
            message = f"{str(location)!r} is given twice, as {by_location[location]!r} and as {path!r}."
            raise SourceError(message, remedy="Give folders that do not contain each other.")
        first = by_path.setdefault(path, candidate)
        if first[1] == location:
            continue
        if first[2] != root:
            message = f"{path!r} exists below both {str(first[2])!r} and {str(root)!r}."
            raise SourceError(message, remedy="Rename one, or ingest the folder above both.")
        reason = f"the same name as {first[1].name!r} but spelled in other Unicode characters; rename one"
        findings.failures.append(Failure(path, 0, reason))
    return list(by_path.values())


def _nfc(location: Path) -> str:
    return unicodedata.normalize("NFC", str(location))


def _read_all(
    candidates: list[tuple[str, Path, Path]], findings: _Findings, *, max_bytes: int
) -> list[SourceFile]:
    files = []
    for path, location, root in candidates:
        try:
            data = read_inside(location, root, max_bytes=max_bytes)
        except UnreadableFileError as error:
            findings.failures.append(Failure(path, 0, str(error)))
        else:
            files.append(SourceFile(path, location, root, hashlib.sha256(data).hexdigest(), len(data)))
    return files
