from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest import publishing
from ingest.publishing import Check
from ingest.report import ChangedPages
from kb_server.errors import (
    IngestLockedError,
    PublishError,
    SourceError,
    TooManyFailuresError,
    VerificationError,
)

from .corpora import CorpusOnDisk, HashSource, in_process

BROKEN = b"# Broken\n\nnot text: \xff\xfe\xfa\n"


@pytest.fixture
def corpus(tmp_path: Path) -> CorpusOnDisk:
    corpus = CorpusOnDisk(tmp_path)
    corpus.write("en/install.md", "# Install\n\nRun the setup script on Linux.\n")
    corpus.write("en/errors.md", "# Errors\n\nE4021 means the disk is full.\n")
    corpus.write("ko/install.md", "# 설치\n\n리눅스에서 설치 스크립트를 실행합니다.\n")
    return corpus


def test_the_first_ingest_publishes_every_document(corpus: CorpusOnDisk) -> None:
    report = corpus.ingest()

    assert report.published
    assert re.fullmatch(r"v-[0-9a-f]{16}", report.version)
    assert (report.added, report.changed, report.unchanged, report.removed, report.failed) == (3, 0, 0, 0, 0)
    assert report.documents == 3
    assert report.encoded == report.chunks >= 3
    assert corpus.layout.current() == report.version
    assert "리눅스에서 설치 스크립트를 실행합니다." in corpus.served()["ko/install.md"]
    assert {"read", "encode", "verify"} <= set(corpus.reporter.stages)


def test_a_second_ingest_changes_nothing_and_loads_no_encoder(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()

    corpus.source = HashSource()
    second = corpus.ingest()

    assert second.version == first.version
    assert not second.published
    assert (second.encoded, second.unchanged, second.documents, second.chunks) == (0, 3, 3, first.chunks)
    assert corpus.source.loads == 0


def test_edits_additions_and_deletions_are_followed(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    corpus.write("en/install.md", "# Install\n\nRun the new installer.\n")
    corpus.write("ko/errors.md", "# 오류\n\nE4021은 디스크가 가득 찼다는 뜻입니다.\n")
    corpus.delete("en/errors.md")

    report = corpus.ingest()

    assert (report.added, report.changed, report.unchanged, report.removed) == (1, 1, 1, 1)
    assert report.pages == ChangedPages(("ko/errors.md",), ("en/install.md",), ("en/errors.md",))
    assert report.encoded == 2
    served = corpus.served()
    assert served.keys() == {"en/install.md", "ko/errors.md", "ko/install.md"}
    assert "new installer" in served["en/install.md"]


def test_a_deletion_alone_needs_no_encoder(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    corpus.delete("en/errors.md")

    corpus.source = HashSource()
    report = corpus.ingest()

    assert (report.removed, report.encoded, corpus.source.loads) == (1, 0, 0)
    assert "en/errors.md" not in corpus.served()


def test_a_rename_costs_no_encodes(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    (corpus.root / "en/errors.md").rename(corpus.root / "en/codes.md")

    report = corpus.ingest()

    assert (report.added, report.removed, report.encoded) == (1, 1, 0)
    assert report.pages.moved == (("en/errors.md", "en/codes.md"),)
    assert report.pages.gone == ()
    assert corpus.served().keys() == {"en/install.md", "en/codes.md", "ko/install.md"}


def test_a_lost_cache_costs_no_encodes_of_what_is_served(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    shutil.rmtree(corpus.layout.cache_dir)
    corpus.write("en/new.md", "# New\n\nA new page.\n")

    assert corpus.ingest().encoded == 1


def test_equal_sources_give_equal_names_in_any_data_folder(corpus: CorpusOnDisk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = CorpusOnDisk(tmp_path / "other")
    shutil.copytree(corpus.root, other.root, dirs_exist_ok=True)

    assert corpus.ingest().version == other.ingest().version


def test_a_broken_file_is_reported_and_the_rest_is_served(corpus: CorpusOnDisk) -> None:
    corpus.write_bytes("en/broken.md", BROKEN)

    report = corpus.ingest()

    assert report.published
    assert (report.added, report.failed) == (3, 1)
    (failure,) = report.failures
    assert failure.path == "en/broken.md"
    assert failure.line == 3
    assert corpus.reporter.troubles == [str(failure)]
    assert "en/broken.md" not in corpus.served()


def test_a_file_that_breaks_keeps_its_last_good_revision_and_says_so(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    corpus.write_bytes("en/errors.md", BROKEN)

    broken = corpus.ingest()

    assert broken.version == first.version
    assert not broken.published
    assert (broken.changed, broken.unchanged, broken.failed) == (0, 2, 1)
    assert "the last good revision stays in the index" in broken.failures[0].reason
    assert "E4021 means the disk is full." in corpus.served()["en/errors.md"]

    corpus.write("en/errors.md", "# Errors\n\nE4021 means the disk is nearly full.\n")
    mended = corpus.ingest()

    assert (mended.changed, mended.failed) == (1, 0)
    assert "nearly full" in corpus.served()["en/errors.md"]


def test_an_unreadable_file_keeps_its_last_good_revision_while_others_change(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    corpus.delete("en/errors.md")
    (corpus.root / "en/errors.md").symlink_to("/etc/hostname")
    corpus.write("en/install.md", "# Install\n\nRun the new installer.\n")

    report = corpus.ingest()

    assert (report.changed, report.unchanged, report.removed, report.failed) == (1, 1, 0, 1)
    served = corpus.served()
    assert "E4021" in served["en/errors.md"]
    assert "new installer" in served["en/install.md"]


def test_a_page_without_text_is_served_with_a_warning(corpus: CorpusOnDisk) -> None:
    corpus.write("ko/빈 문서.md", "---\ntitle: 빈 문서\n---\n")

    report = corpus.ingest()

    assert [str(warning) for warning in report.warnings] == [
        "ko/빈 문서.md: warning: holds no text, so nothing of it can be found"
    ]
    assert "ko/빈 문서.md" in corpus.served()


def test_a_translation_whose_source_is_not_there_is_named_once(corpus: CorpusOnDisk) -> None:
    corpus.write("ko/install.md", "---\ntranslation_of: en/install.md\n---\n# 설치\n\n실행합니다.\n")
    assert corpus.ingest().warnings == ()

    corpus.delete("en/install.md")
    (warning,) = corpus.ingest(dry_run=True).warnings

    assert warning.path == "ko/install.md"
    assert "'en/install.md' is no page of this index" in warning.message
    assert corpus.ingest().warnings == (warning,)
    assert corpus.ingest().warnings == ()


def test_a_file_nested_too_deeply_does_not_stop_the_others(corpus: CorpusOnDisk) -> None:
    corpus.write("en/deep.html", "<div>" * 100_000 + "deep" + "</div>" * 100_000)
    corpus.write("en/quotes.md", "> " * 50_000 + "deep")

    report = corpus.ingest()

    assert report.published
    assert report.documents + report.failed == 5
    assert report.documents >= 3


def test_too_many_broken_files_stop_the_publish(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    for number in range(6):
        corpus.write_bytes(f"broken-{number}.md", BROKEN)

    with pytest.raises(TooManyFailuresError) as caught:
        corpus.ingest()

    assert caught.value.exit_code == 1
    assert "6 of 9 files failed" in caught.value.message
    assert "broken-0.md:3" in caught.value.message
    assert "--force" in caught.value.remedy
    assert corpus.layout.current() == first.version
    assert corpus.leftovers() == []


def test_force_publishes_what_is_left(corpus: CorpusOnDisk) -> None:
    for number in range(6):
        corpus.write_bytes(f"broken-{number}.md", BROKEN)

    report = corpus.ingest(force=True)

    assert report.published
    assert (report.documents, report.failed) == (3, 6)


def test_an_index_of_nothing_is_never_published(corpus: CorpusOnDisk) -> None:
    shutil.rmtree(corpus.root)
    corpus.root.mkdir()
    corpus.write_bytes("broken.md", BROKEN)

    with pytest.raises(TooManyFailuresError, match="nothing is left to serve"):
        corpus.ingest(force=True)

    assert corpus.layout.current() is None


def test_a_corpus_that_is_not_there_touches_nothing(corpus: CorpusOnDisk) -> None:
    shutil.rmtree(corpus.root)

    with pytest.raises(SourceError, match="corpus"):
        corpus.ingest()

    assert not corpus.layout.root.exists()


def test_a_dry_run_compares_and_touches_nothing(corpus: CorpusOnDisk) -> None:
    before = corpus.ingest(dry_run=True)

    assert (before.version, before.added, before.published, before.dry_run) == ("", 3, False, True)
    assert not corpus.layout.root.exists()

    first = corpus.ingest()
    corpus.write("en/new.md", "# New\n")
    corpus.delete("ko/install.md")
    after = corpus.ingest(dry_run=True)

    assert (after.version, after.added, after.unchanged, after.removed) == (first.version, 1, 2, 1)
    assert corpus.layout.versions() == [first.version]


def test_another_encoder_encodes_everything_beside_the_live_version(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()

    second = corpus.ingest(source=HashSource(dimension=48))

    assert second.version != first.version
    assert second.encoded == second.chunks
    assert set(corpus.layout.versions()) == {first.version, second.version}
    with corpus.reader() as reader:
        assert reader.manifest.encoder_revision == "hash-48"
        assert reader.vectors.shape == (second.chunks, 48)


def test_going_back_to_an_older_state_only_moves_the_pointer(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    corpus.write("en/new.md", "# New\n\nA new page.\n")
    second = corpus.ingest()
    created = corpus.layout.version_path(first.version).stat().st_ctime_ns
    corpus.delete("en/new.md")

    third = corpus.ingest()

    assert (third.version, third.published, third.encoded) == (first.version, True, 0)
    assert corpus.layout.current() == first.version != second.version
    assert corpus.layout.version_path(first.version).stat().st_ctime_ns == created


def test_after_a_rollback_the_next_ingest_follows_the_sources_again(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    corpus.write("en/new.md", "# New\n\nA new page.\n")
    second = corpus.ingest()
    corpus.layout.roll_back(first.version)

    assert corpus.ingest().version == second.version
    assert "en/new.md" in corpus.served()


def test_only_so_many_versions_are_kept(corpus: CorpusOnDisk) -> None:
    versions = []
    for number in range(5):
        corpus.write("en/new.md", f"# New\n\nPage number {number}.\n")
        versions.append(corpus.ingest().version)

    assert corpus.layout.versions() == versions[:1:-1]


def test_a_damaged_version_is_mended_from_the_sources(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    vectors = corpus.layout.version_path(first.version) / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-4])

    report = corpus.ingest()

    assert report.published
    assert report.version == first.version
    assert report.encoded == 0
    assert any("vectors.npy" in line and "built anew" in line for line in corpus.reporter.troubles)
    assert corpus.served().keys() == {"en/install.md", "en/errors.md", "ko/install.md"}


def test_a_garbled_pointer_is_mended(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    corpus.layout.current_path.write_text("\x00\x00\x00", encoding="utf-8")

    report = corpus.ingest()

    assert (report.published, report.version, report.encoded) == (True, first.version, 0)
    assert corpus.layout.current() == first.version


def test_a_version_that_fails_its_check_is_not_published(corpus: CorpusOnDisk) -> None:
    first = corpus.ingest()
    corpus.write("en/new.md", "# New\n")

    @contextmanager
    def refusing() -> Iterator[Check]:
        def check(directory: Path, chunks: int) -> None:
            raise VerificationError(f"{directory.name} with {chunks} chunks is refused")

        yield check

    with pytest.raises(VerificationError):
        corpus.ingest(verification=refusing)

    assert corpus.layout.current() == first.version
    assert corpus.leftovers() == []


def test_a_full_disk_stops_the_run_and_leaves_nothing(
    corpus: CorpusOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.ingest()
    corpus.write("en/new.md", "# New\n")

    @contextmanager
    def full() -> Iterator[Check]:
        def check(directory: Path, _chunks: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(directory))

        yield check

    with pytest.raises(PublishError) as caught:
        corpus.ingest(verification=full)

    assert "No space left on device" in caught.value.message
    assert "free space" in caught.value.remedy
    assert corpus.layout.current() == first.version
    assert corpus.leftovers() == []

    monkeypatch.setattr(publishing, "SPACE_FLOOR", 1 << 60)
    with pytest.raises(PublishError, match="are free below"):
        corpus.ingest()


def test_a_second_ingest_at_the_same_time_is_refused(corpus: CorpusOnDisk) -> None:
    with corpus.layout.writer_lock(), pytest.raises(IngestLockedError) as caught:
        corpus.ingest()

    assert caught.value.exit_code == 3


def test_the_check_in_a_fresh_process_passes_a_whole_version_and_names_damage(corpus: CorpusOnDisk) -> None:
    report = corpus.ingest(verification=publishing.fresh_process)
    assert report.published

    directory = corpus.layout.version_path(report.version)
    (directory / "catalog.sqlite").write_bytes(b"")
    with publishing.fresh_process() as check, pytest.raises(VerificationError, match=r"catalog\.sqlite"):
        check(directory, report.chunks)


def test_reading_is_the_only_stage_of_a_run_that_finds_only_broken_changes(corpus: CorpusOnDisk) -> None:
    corpus.ingest()
    corpus.write_bytes("en/errors.md", BROKEN)

    corpus.ingest(verification=in_process)

    assert corpus.reporter.stages == ["read"]
