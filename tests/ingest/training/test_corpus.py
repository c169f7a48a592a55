from __future__ import annotations

from pathlib import Path

import pytest

from ingest.training import Miss, ParallelCorpus, from_folders, from_pairs, from_root
from kb_server.errors import SourceError

MAX_BYTES = 10_000
SUBJECTS = (
    ("Passwords", "비밀번호", "Choose a long password.", "긴 비밀번호를 고르세요."),
    ("Invoices", "청구서", "Download the invoice.", "청구서를 내려받으세요."),
    ("Alerts", "알림", "Turn off the alert.", "알림을 끄세요."),
    ("Devices", "기기", "Remove the old phone.", "옛 휴대전화를 삭제하세요."),
    ("Sharing", "공유", "Invite a colleague.", "동료를 초대하세요."),
    ("Language", "언어", "Pick your language.", "언어를 선택하세요."),
)


def write_pages(root: Path) -> Path:
    for number, (en_title, ko_title, en, ko) in enumerate(SUBJECTS):
        for lang, title, text in (("en", en_title, en), ("ko", ko_title, ko)):
            location = root / lang / f"page{number}.md"
            location.parent.mkdir(parents=True, exist_ok=True)
            location.write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    return root


def texts(corpus: ParallelCorpus) -> set[tuple[str, str]]:
    return {(pair.en, pair.ko) for pair in corpus.segments}


def test_two_folders_and_one_folder_give_the_same_pairs(tmp_path: Path) -> None:
    root = write_pages(tmp_path)
    steps: list[tuple[int, int]] = []

    folders = from_folders(
        root / "en",
        root / "ko",
        max_bytes=MAX_BYTES,
        progress=lambda done, total: steps.append((done, total)),
    )

    assert from_root(root, max_bytes=MAX_BYTES) == folders
    assert folders.pages == len(SUBJECTS)
    assert ("Choose a long password.", "긴 비밀번호를 고르세요.") in texts(folders)
    assert steps[-1] == (len(SUBJECTS), len(SUBJECTS))


def test_what_was_not_aligned_is_counted_with_its_reason(tmp_path: Path) -> None:
    root = write_pages(tmp_path)
    (root / "en" / "only.md").write_text("# Only\n", encoding="utf-8")
    (root / "ko" / "page0.md").write_bytes("# 비밀번호\n".encode("cp949"))
    (root / "ko" / "page1.md").write_text("# Invoices\n\nDownload the invoice.\n", encoding="utf-8")

    corpus = from_root(root, max_bytes=MAX_BYTES)

    assert corpus.pages == len(SUBJECTS) - 2
    assert corpus.misses == {Miss.ONLY_ENGLISH: 1, Miss.UNREADABLE: 1, Miss.NOT_KOREAN: 1}
    assert [failure.path for failure in corpus.failures] == ["ko/page0.md"]


def test_a_text_that_recurs_in_either_language_is_kept_once(tmp_path: Path) -> None:
    root = write_pages(tmp_path)
    for lang, text in (("en", "# Alerts\n\nMute the alert.\n"), ("ko", "# 경보\n\n알림을 끄세요.\n")):
        (root / lang / "zz.md").write_text(text, encoding="utf-8")

    corpus = from_root(root, max_bytes=MAX_BYTES)

    assert [pair.ko for pair in corpus.segments].count("알림을 끄세요.") == 1
    assert ("Alerts", "경보") not in texts(corpus)
    assert corpus.misses[Miss.REPEATED] == 2


def test_held_out_pages_are_whole_disjoint_and_the_same_every_time(tmp_path: Path) -> None:
    corpus = from_root(write_pages(tmp_path), max_bytes=MAX_BYTES)

    split = corpus.split(share=0.5)

    kept, held = ({pair.page for pair in part.segments} for part in (split.train, split.held_out))
    assert kept
    assert held
    assert not kept & held
    assert texts(split.train) | texts(split.held_out) == texts(corpus)
    assert split.train.pages + split.held_out.pages == corpus.pages
    assert split == corpus.split(share=0.5)
    assert corpus.split(share=0.0).held_out.segments == ()


def test_pairs_of_a_file_are_deduplicated_and_split_like_pages(tmp_path: Path) -> None:
    location = tmp_path / "terms.jsonl"
    location.write_text(
        '{"en": "Account", "ko": "계정"}\n{"en": "account", "ko": "계정"}\n', encoding="utf-8"
    )

    corpus = from_pairs(location, max_bytes=MAX_BYTES)

    assert texts(corpus) == {("Account", "계정")}
    assert (corpus.pages, corpus.misses) == (1, {Miss.REPEATED: 1})
    location.write_text("Account\t계정", encoding="utf-8")
    with pytest.raises(SourceError, match=r"terms\.jsonl:1"):
        from_pairs(location, max_bytes=MAX_BYTES)
