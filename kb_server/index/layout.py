"""The data folder: who may write, which versions exist, which one is published.

::

    LOCK                 flock of the one writer; its content names the holder
    CURRENT              name of the published version
    versions/v-<hash>/   never changed once renamed into place
    versions/.tmp-*      being built, or left by a crash
    cache/               embeddings; may be deleted at any time
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kb_server.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexStateError,
    IngestLockedError,
    NotFoundError,
    PublishError,
)
from kb_server.index.durability import fsync_file, fsync_tree, replace_durably
from kb_server.index.integrity import check_version
from kb_server.index.manifest import MANIFEST_NAME, Manifest, damaged

_VERSION_NAME = re.compile(r"v-[0-9A-Za-z_-]{1,100}")
_TEMPORARY_PREFIX = ".tmp-"


class Lease:
    """Keeps a version from being deleted, by any process, until it is released."""

    def __init__(self, version: str, descriptor: int) -> None:
        """Take over ``descriptor``, which holds a shared lock on the version's manifest."""
        self.version = version
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go of the version; releasing twice does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        """Give the lease itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""
        self.release()


class DataLayout:
    """The folder ``root`` and the protocol by which versions appear in it and go."""

    def __init__(self, root: Path) -> None:
        """Name the paths; nothing is created before a writer takes the lock."""
        self.root = root
        self.versions_dir = root / "versions"
        self.cache_dir = root / "cache"
        self.current_path = root / "CURRENT"
        self.lock_path = root / "LOCK"

    def version_path(self, version: str) -> Path:
        """Give the folder of ``version``, named ``v-<hash>``; ``NotFoundError`` for any other name."""
        if not _VERSION_NAME.fullmatch(version):
            raise NotFoundError(
                f"{version!r} is not the name of a version (v-<hash>).",
                remedy="`kb versions` lists them.",
            )
        return self.versions_dir / version

    def current(self) -> str | None:
        """Give the published version; None before the first publish."""
        try:
            content = self.current_path.read_bytes()
        except FileNotFoundError:
            return None
        version = content.decode("utf-8", "replace").strip()
        if not _VERSION_NAME.fullmatch(version):
            raise IndexDamagedError(
                f"{str(self.current_path)!r} does not name a version: {version[:80]!r}.",
                remedy="Run `kb rollback VERSION`; `kb versions` lists the versions that are there.",
            )
        return version

    def set_current(self, version: str) -> None:
        """Publish ``version``, durably and in one step; ``NotFoundError`` where it does not exist."""
        if not (self.version_path(version) / MANIFEST_NAME).is_file():
            raise self._not_found(version)
        with _publishing(f"make {version} the published version"):
            replace_durably(self.current_path, f"{version}\n".encode())

    def roll_back(self, version: str | None = None) -> str:
        """Publish ``version`` again, or the newest before the current one, and give its name.

        Its files are checked first. Raises ``NotFoundError`` where there is no such version, and
        ``IndexMissingError``, without making the folder, where none was ever published.
        """
        if not self.versions_dir.is_dir():
            remedy = "Run `kb ingest PATH` to publish an index."
            raise IndexMissingError(f"Nothing is published in {self.root}.", remedy=remedy)
        with self.writer_lock():
            chosen = version or self._previous()
            if not self.version_path(chosen).is_dir():
                raise self._not_found(chosen)
            check_version(self.version_path(chosen))
            self.set_current(chosen)
        return chosen

    def versions(self) -> list[str]:
        """List the versions in the folder, newest first; one whose manifest cannot be read comes last."""
        if not self.versions_dir.is_dir():
            return []
        names = [path.name for path in self.versions_dir.iterdir() if _VERSION_NAME.fullmatch(path.name)]
        return sorted(names, key=lambda name: (self._created_at(name), name), reverse=True)

    def new_temporary(self) -> Path:
        """Create an empty folder to build a version in; the writer's lock must be held."""
        path = self.versions_dir / f"{_TEMPORARY_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        with _publishing(f"create {path}"):
            path.mkdir(parents=True)
        return path

    def promote(self, temporary: Path, version: str) -> None:
        """Make the finished folder ``temporary`` the version ``version``; it is not yet published.

        Where ``version`` is there already and whole, it is kept and ``temporary`` removed; where it is
        damaged it is replaced. On any error ``temporary`` is removed and ``PublishError`` raised.
        """
        target = self.version_path(version)
        try:
            with _publishing(f"move the new version to {target}"):
                if self._is_whole(version):
                    shutil.rmtree(temporary)
                    fsync_tree(target)
                else:
                    fsync_tree(temporary)
                    with self._set_aside(version):
                        temporary.rename(target)
                fsync_file(self.versions_dir)
        except PublishError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    @contextmanager
    def writer_lock(self) -> Iterator[None]:
        """Hold the right to write; folders that a crashed writer left are removed first.

        Raises ``IngestLockedError``, which names the holder, where another process has it.
        """
        with _publishing(f"write to {self.root}"):
            self.versions_dir.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._locked_error(descriptor) from error
            with _publishing(f"write to {self.root}"):
                _describe_holder(descriptor)
                self.clean_temporaries()
            # The text stays when the lock is released: it is shown only to those whom the lock keeps out, and
            # a write here could replace the error that ended the run by its own.
            yield
        finally:
            os.close(descriptor)

    def lease(self, version: str) -> Lease:
        """Hold ``version`` against deletion; ``IndexMissingError`` where it is not there, or going."""
        manifest = self.version_path(version) / MANIFEST_NAME
        missing = IndexMissingError(
            f"There is no version {version!r} in {str(self.versions_dir)!r}.",
            remedy="`kb versions` lists those that are there; `kb ingest` builds one.",
        )
        if not manifest.parent.is_dir():
            raise missing
        try:
            descriptor = os.open(manifest, os.O_RDONLY)
        except OSError as error:
            raise damaged(manifest, f"it cannot be read: {error.strerror}") from error
        if not _share(descriptor, manifest):
            os.close(descriptor)
            raise missing
        return Lease(version, descriptor)

    def clean_temporaries(self) -> None:
        """Remove what crashed writers left; the writer's lock must be held."""
        for path in self.versions_dir.glob(f"{_TEMPORARY_PREFIX}*"):
            shutil.rmtree(path)
        for path in self.root.glob(f".{self.current_path.name}-*"):
            path.unlink()

    def prune(self, keep: int) -> list[str]:
        """Remove all but the ``keep`` newest versions and give the names of those removed.

        The published version counts as one of the kept; versions that a reader holds stay. The writer's lock
        must be held.
        """
        current = self.current()
        others = [version for version in self.versions() if version != current]
        spared = keep - (current is not None)
        return [version for version in others[max(spared, 0) :] if self.remove(version)]

    def remove(self, version: str) -> bool:
        """Remove a version that is not the published one; False where a reader of any process holds it."""
        if version == self.current():
            raise PublishError(f"Version {version!r} is the published one and is not removed.")
        directory = self.version_path(version)
        with _publishing(f"remove {directory}"), _exclusive(directory / MANIFEST_NAME) as free:
            if free:
                with self._set_aside(version):
                    fsync_file(self.versions_dir)
        return free

    @contextmanager
    def _set_aside(self, version: str) -> Iterator[None]:
        """Rename a version, so that nobody sees it half deleted, and delete it after the body."""
        directory = self.version_path(version)
        aside = self.versions_dir / f"{_TEMPORARY_PREFIX}{uuid.uuid4().hex}"
        if directory.exists():
            directory.rename(aside)
        yield
        if aside.exists():
            shutil.rmtree(aside)

    def _is_whole(self, version: str) -> bool:
        try:
            return check_version(self.version_path(version)).version == version
        except IndexStateError:
            return False

    def _previous(self) -> str:
        current, versions = self.current(), self.versions()
        older = versions[versions.index(current) + 1 :] if current in versions else versions
        if not older:
            wanted = f"version before {current!r}" if current else "published version"
            raise NotFoundError(
                f"There is no {wanted} in {str(self.versions_dir)!r}.",
                remedy="`kb versions` lists those that are there.",
            )
        return older[0]

    def _not_found(self, version: str) -> NotFoundError:
        return NotFoundError(
            f"There is no version {version!r} in {str(self.versions_dir)!r}.",
            remedy="`kb versions` lists those that are there.",
        )

    def _created_at(self, version: str) -> str:
        try:
            return Manifest.read(self.version_path(version)).created_at
        except IndexStateError:
            return ""

    def _locked_error(self, descriptor: int) -> IngestLockedError:
        holder = os.pread(descriptor, 4096, 0).decode("utf-8", "replace") or "another process"
        return IngestLockedError(
            f"The data folder {str(self.root)!r} is being written by {holder}.",
            remedy="Wait until that process ends, or give another --data-dir.",
        )


def _describe_holder(descriptor: int) -> None:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()}, started {started}: {command}".encode(errors="replace"), 0)


def _share(descriptor: int, path: Path) -> bool:
    """Lock for reading; False where the file is being deleted or was, between opening and locking."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


@contextmanager
def _exclusive(path: Path) -> Iterator[bool]:
    """Try to lock ``path`` against all readers; True where that worked or there is nothing to lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield True
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def _publishing(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(
            f"Cannot {action}: {error}.",
            remedy="Check free space and permissions, then run `kb ingest` again; "
            "the published version is untouched.",
        ) from error
