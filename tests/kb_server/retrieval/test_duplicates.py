"""What counts as the same text, in both languages."""

from __future__ import annotations

import pytest

from kb_server.retrieval.duplicates import fingerprint, say_the_same

ENGLISH = (
    "You can{} restore a deleted note from the trash for thirty days after it was removed, on every device "
    "that you use, and the links to it work again as they did before the note was deleted from the vault."
)
KOREAN = (
    "삭제한 메모는 휴지통에서 복원할 수 {} 모든 기기에서 링크가 예전처럼 다시 동작합니다. 첨부 파일도 함께 "
    "돌아오고 태그와 폴더도 원래 자리로 돌아오며 공유한 사람에게도 다시 보입니다. 순서도 그대로입니다."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ENGLISH.format(""), ENGLISH.format(" not")),
        (KOREAN.format("있으며"), KOREAN.format("없으며")),
        ("====", "----"),
    ],
)
def test_a_negation_and_texts_without_words_are_no_copies(one: str, other: str) -> None:
    assert not say_the_same(fingerprint(one), fingerprint(other))


@pytest.mark.parametrize("text", [ENGLISH.format(" not"), KOREAN.format("없으며")])
def test_marks_and_capitals_do_not_make_another_text(text: str) -> None:
    assert say_the_same(fingerprint(text), fingerprint(text.upper().replace(",", " –")))
