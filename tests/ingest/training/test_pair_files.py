from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.training.pair_files import read_pairs
from ingest.training.records import Miss, SectionPair, SegmentKind, SegmentPair
from kb_server.errors import SourceError

GOOD = {"en": "Reset the password", "ko": "비밀번호 재설정"}


def write(folder: Path, *lines: object) -> Path:
    location = folder / "pairs.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    location.write_text("\n".join(texts), encoding="utf-8")
    return location


def test_segments_and_sections_are_read(tmp_path: Path) -> None:
    section = {"page": "faq", "en_heading": "Login", "ko_heading": "로그인"}
    section |= {"en_text": "Use your email address.", "ko_text": "이메일 주소를 사용하세요."}
    location = write(tmp_path, GOOD | {"kind": "ui", "page": "app"}, "", section, GOOD)

    aligned = read_pairs(location, max_bytes=10_000)

    assert aligned.segments == [
        SegmentPair("app", SegmentKind.UI, "Reset the password", "비밀번호 재설정"),
        SegmentPair("pairs.jsonl:4", SegmentKind.SENTENCE, "Reset the password", "비밀번호 재설정"),
    ]
    assert aligned.sections == [
        SectionPair("faq", "Login", "로그인", "Use your email address.", "이메일 주소를 사용하세요.")
    ]


def test_pairs_that_cannot_be_translations_are_counted(tmp_path: Path) -> None:
    location = write(
        tmp_path, GOOD, {"en": "Wait 30 seconds", "ko": "90초 기다리기"}, {"en": "OK?", "ko": "OK?"}
    )

    aligned = read_pairs(location, max_bytes=10_000)

    assert len(aligned.segments) == 1
    assert aligned.misses == {Miss.IMPLAUSIBLE: 1, Miss.TRIVIAL: 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{'en': 1}", "not JSON"),
        ('["en", "ko"]', "is not a JSON object"),
        ({"en": "Reset"}, "'ko' is missing or empty"),
        ({"en": "Reset", "ko": " "}, "'ko' is missing or empty"),
        ({"en": 5, "ko": "다섯"}, "'en' is 5, not a text"),
        ({"en_text": "Reset"}, "'ko_text' is missing or empty"),
        (GOOD | {"kind": "poem"}, "'poem' is no kind of segment"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: object, reason: str) -> None:
    location = write(tmp_path, GOOD, line)

    with pytest.raises(SourceError) as caught:
        read_pairs(location, max_bytes=10_000)

    assert caught.value.message.startswith("pairs.jsonl:2: ")
    assert reason in caught.value.message
    assert caught.value.remedy


def test_a_file_without_pairs_or_not_utf8_or_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pair"):
        read_pairs(write(tmp_path, ""), max_bytes=10_000)
    (tmp_path / "cp949.jsonl").write_bytes('{"en": "a", "ko": "가"}'.encode("cp949"))
    with pytest.raises(SourceError, match="is not UTF-8"):
        read_pairs(tmp_path / "cp949.jsonl", max_bytes=10_000)
    with pytest.raises(SourceError, match="Cannot read"):
        read_pairs(tmp_path / "gone.jsonl", max_bytes=10_000)
    with pytest.raises(SourceError, match="above the limit of 5"):
        read_pairs(write(tmp_path, GOOD), max_bytes=5)
