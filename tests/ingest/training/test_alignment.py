from __future__ import annotations

from ingest.parsing import parse
from ingest.training.alignment import MAX_SEGMENT_CHARS, PASSAGE_CHARS, align_pages
from ingest.training.records import Alignment, Miss, SegmentKind

EN = """\
---
title: Billing
---

# Billing

Pay by card or by bank transfer. Invoices arrive on the first day of the month.

## Change the card

1. Open **Settings**.
2. Select *Payment methods*, then click **Add card**.

```
billing add-card
```

## Limits

| Plan | Invoices |
| --- | --- |
| Basic plan | 10 invoices |
| Team plan | 250 invoices |
"""

KO = """\
---
title: 결제
---

# 결제

카드나 계좌 이체로 결제합니다. 청구서는 매월 1일에 도착합니다.

## 카드 변경

1. **설정**을 엽니다.
2. *결제 수단*을 선택하고 **카드 추가**를 클릭합니다.

```
billing add-card
```

## 한도

| 요금제 | 청구서 |
| --- | --- |
| 기본 요금제 | 청구서 10개 |
| 팀 요금제 | 청구서 250개 |
"""


def align(en: str, ko: str) -> Alignment:
    return align_pages("a.md", parse("a.md", en.encode()), parse("a.md", ko.encode()))


def segments(aligned: Alignment) -> list[tuple[SegmentKind, str, str]]:
    return [(pair.kind, pair.en, pair.ko) for pair in aligned.segments]


def test_a_translated_page_gives_title_headings_sentences_items_and_cells() -> None:
    assert segments(align(EN, KO)) == [
        (SegmentKind.TITLE, "Billing", "결제"),
        (SegmentKind.SENTENCE, "Pay by card or by bank transfer.", "카드나 계좌 이체로 결제합니다."),
        (
            SegmentKind.SENTENCE,
            "Invoices arrive on the first day of the month.",
            "청구서는 매월 1일에 도착합니다.",
        ),
        (SegmentKind.HEADING, "Change the card", "카드 변경"),
        (SegmentKind.ITEM, "Open Settings.", "설정을 엽니다."),
        (
            SegmentKind.ITEM,
            "Select Payment methods, then click Add card.",
            "결제 수단을 선택하고 카드 추가를 클릭합니다.",
        ),
        (SegmentKind.HEADING, "Limits", "한도"),
        (SegmentKind.ITEM, "Plan", "요금제"),
        (SegmentKind.ITEM, "Invoices", "청구서"),
        (SegmentKind.ITEM, "Basic plan", "기본 요금제"),
        (SegmentKind.ITEM, "10 invoices", "청구서 10개"),
        (SegmentKind.ITEM, "Team plan", "팀 요금제"),
        (SegmentKind.ITEM, "250 invoices", "청구서 250개"),
    ]


def test_sections_carry_the_path_of_their_headings_and_no_code() -> None:
    steps = align(EN, KO).sections[1]

    assert (steps.en_heading, steps.ko_heading) == ("Billing > Change the card", "결제 > 카드 변경")
    assert steps.en_text == "1. Open Settings.\n2. Select Payment methods, then click Add card."
    assert steps.ko_text == "1. 설정을 엽니다.\n2. 결제 수단을 선택하고 카드 추가를 클릭합니다."


def test_a_paragraph_with_other_sentences_is_aligned_as_a_whole() -> None:
    aligned = align(
        "# Refunds\n\nRefunds take a week. Ask us.", "# 환불\n\n환불은 일주일이 걸리므로 문의하세요."
    )

    assert segments(aligned)[1:] == [
        (SegmentKind.PARAGRAPH, "Refunds take a week. Ask us.", "환불은 일주일이 걸리므로 문의하세요.")
    ]
    assert aligned.misses[Miss.SENTENCES] == 1


def test_a_list_with_a_step_more_gives_no_items() -> None:
    aligned = align(
        "# Sign in\n\n- Open the app.\n- Enter the password.\n- Tap Done.",
        "# 로그인\n\n- 앱을 엽니다.\n- 비밀번호를 입력합니다.",
    )

    assert segments(aligned) == [(SegmentKind.TITLE, "Sign in", "로그인")]
    assert aligned.misses[Miss.ITEMS] == 1


def test_blocks_of_other_kinds_are_aligned_as_a_section_only() -> None:
    aligned = align(
        "# Sync\n\nTurn on sync, then choose what to sync.\n\n- Photos\n- Contacts",
        "# 동기화\n\n동기화를 켠 다음 동기화할 항목(사진, 연락처)을 선택하세요.",
    )

    assert [pair.kind for pair in aligned.segments] == [SegmentKind.TITLE]
    assert len(aligned.sections) == 1
    assert aligned.misses[Miss.BLOCKS] == 1


def test_nested_steps_are_items_of_their_own() -> None:
    aligned = align(
        "# Alerts\n\n- Open the menu.\n  - Choose a sound.",
        "# 알림\n\n- 메뉴를 엽니다.\n  - 소리를 선택합니다.",
    )

    assert segments(aligned)[1:] == [
        (SegmentKind.ITEM, "Open the menu.", "메뉴를 엽니다."),
        (SegmentKind.ITEM, "Choose a sound.", "소리를 선택합니다."),
    ]


def test_a_section_inserted_in_one_language_does_not_shift_the_others() -> None:
    en = (
        "# Devices\n\n## Pair a phone\n\nOpen Bluetooth and pair the phone.\n\n"
        "## Reset\n\nHold Power for 10 seconds."
    )
    ko = (
        "# 기기\n\n## 휴대전화 연결\n\nBluetooth를 열고 휴대전화를 연결합니다.\n\n"
        "## 국내 서비스 센터\n\n서울과 부산에 있는 서비스 센터로 전화하거나 직접 방문해 주세요.\n\n"
        "## 초기화\n\nPower 버튼을 10초 동안 누릅니다."
    )

    aligned = align(en, ko)

    assert [(pair.en, pair.ko) for pair in aligned.segments if pair.kind is SegmentKind.HEADING] == [
        ("Pair a phone", "휴대전화 연결"),
        ("Reset", "초기화"),
    ]
    assert aligned.misses[Miss.OUTLINE] == 1


def test_texts_whose_numbers_or_names_differ_are_counted_and_left_out() -> None:
    aligned = align(
        "# Storage\n\nThe free plan holds 15 GB.\n\nOpen Finder.",
        "# 저장 공간\n\n무료 요금제는 20GB까지 저장합니다.\n\nWindows Explorer를 엽니다.",
    )

    assert segments(aligned) == [(SegmentKind.TITLE, "Storage", "저장 공간")]
    assert aligned.misses[Miss.IMPLAUSIBLE] == 3


def test_code_and_untranslated_text_are_no_segments() -> None:
    aligned = align("# Keys\n\n- `KB_PORT`\n- Log level", "# 키\n\n- `KB_PORT`\n- Log level")

    assert [pair.kind for pair in aligned.segments] == []
    assert aligned.misses[Miss.NOT_KOREAN] == 1


def test_a_page_left_in_english_or_written_in_korean_on_the_wrong_side_is_counted() -> None:
    english, korean = "# Help\n\nAsk the support team.", "# 도움말\n\n지원 팀에 문의하세요."

    assert align(english, english).misses == {Miss.NOT_KOREAN: 1}
    assert align(korean, korean).misses == {Miss.NOT_ENGLISH: 1}


def test_a_long_section_gives_several_pairs_cut_at_the_same_blocks() -> None:
    en = "# Rules\n\n" + "\n\n".join(
        f"Rule {n} says that {'every guest must sign in ' * 15}" for n in range(10, 20)
    )
    ko = "# 규칙\n\n" + "\n\n".join(
        f"규칙 {n}: {'모든 손님은 로그인해야 합니다 ' * 12}" for n in range(10, 20)
    )

    sections = align(en, ko).sections

    assert len(sections) > 2
    assert all(len(pair.en_text) <= PASSAGE_CHARS for pair in sections)
    for pair in sections:
        assert pair.en_text.count("Rule ") == pair.ko_text.count("규칙 ")


def test_a_sentence_too_long_for_a_segment_is_counted() -> None:
    aligned = align(
        "# Terms\n\n" + "very " * MAX_SEGMENT_CHARS + "long", "# 약관\n\n" + "매우 " * 900 + "깁니다"
    )

    assert aligned.misses[Miss.LONG] >= 1
    assert segments(aligned) == [(SegmentKind.TITLE, "Terms", "약관")]
