"""Sentences in the words of their source that exchange sides, order, time or condition."""

from __future__ import annotations

import pytest

from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source

ENGLISH = (
    "The crawler notifies the indexer. Search on a laptop is slower than search on a server. "
    "Mount the disk before you start the importer. If the licence is missing, the importer stops. "
    "A reader cannot edit a note. Jobs expire after 3 days unless the owner extends them. "
    "If you are an owner, you can export the log under Tools > Audit > Export. "
    "The beta channel was closed in April. The dark theme will arrive in autumn. "
    "Invoices are signed by the treasurer and archived by the clerk. "
    "Editors publish pages and reviewers approve drafts. The buffer is flushed at 70% full. "
    "Drafts are saved when the window closes. Logs are kept until 4 May. "
    "Press the red button for ten seconds."
)
KOREAN = (
    "수집기가 색인기에 알림을 보냅니다. 노트북 검색은 서버 검색보다 느립니다. "
    "가져오기를 시작하기 전에 디스크를 연결하세요. 라이선스가 없으면 가져오기가 중단됩니다. "
    "독자는 메모를 고칠 수 없습니다. 작업은 담당자가 연장하지 않으면 3일 뒤에 사라집니다. "
    "소유자인 경우 도구 > 감사 > 내보내기에서 기록을 받을 수 있습니다. "
    "베타 채널은 4월에 닫혔습니다. 어두운 테마는 가을에 추가될 예정입니다. "
    "청구서는 회계 담당이 서명하고 서기가 보관합니다. "
    "편집자가 문서를 게시하고 검토자가 초안을 승인합니다. 창을 닫으면 초안이 저장됩니다. "
    "기록은 5월 4일까지 보관됩니다. 클라우드 계정이 없어도 됩니다."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The indexer notifies the crawler.",
        "The crawler is notified by the indexer.",
        "Search on a server is slower than search on a laptop.",
        "Search on a laptop is faster than search on a server.",
        "Start the importer before you mount the disk.",
        "Mount the disk after you start the importer.",
        "A reader is not prevented from editing a note.",
        "Jobs expire after 3 days even if the owner extends them.",
        "You can export the log under Tools > Audit > Export.",
        "If you are an owner, you can export the log under Tools > Export > Audit.",
        "The beta channel will be closed in April.",
        "The dark theme has arrived in autumn.",
        "Invoices are signed by the clerk.",
        "Reviewers publish pages.",
        "The buffer is flushed at 70% empty.",
        "Drafts are automatically saved when the window closes.",
        "Drafts are always saved when the window closes.",
        "Drafts are saved when the window closes unless you object.",
        "If you are a guest of the house, drafts are saved when the window closes.",
        "Logs are kept from 4 May.",
    ],
)
def test_an_english_sentence_that_exchanges_sides_is_unsupported(sentence: str) -> None:
    assert check_sentence(sentence, [Source(ENGLISH)]).findings


@pytest.mark.parametrize(
    "sentence",
    [
        "The indexer is notified by the crawler.",
        "Search on a server is faster than search on a laptop.",
        "Before you start the importer, mount the disk.",
        "After you mount the disk, start the importer.",
        "The importer stops when the licence is missing.",
        "Unless the owner extends them, jobs expire after 3 days.",
        "Jobs do not expire after 3 days if the owner extends them.",
        "Owners can export the log under Tools > Audit > Export.",
        "In April the beta channel was closed.",
        "In autumn the dark theme will arrive.",
        "The treasurer signs invoices, and the clerk archives them.",
        "Pages are published by editors.",
        "When the window closes, drafts are saved.",
        "Hold the red button for ten seconds.",
    ],
)
def test_an_english_sentence_that_turns_round_and_says_the_same_is_supported(sentence: str) -> None:
    assert check_sentence(sentence, [Source(ENGLISH)]).findings == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "색인기가 수집기에 알림을 보냅니다.",
        "서버 검색은 노트북 검색보다 느립니다.",
        "노트북 검색은 서버 검색보다 빠릅니다.",
        "디스크를 연결하기 전에 가져오기를 시작하세요.",
        "독자가 메모를 고칠 수 없는 것은 아닙니다.",
        "작업은 담당자가 연장해도 3일 뒤에 사라집니다.",
        "도구 > 감사 > 내보내기에서 기록을 받을 수 있습니다.",
        "소유자인 경우 도구 > 내보내기 > 감사에서 기록을 받을 수 있습니다.",
        "베타 채널은 4월에 닫힐 예정입니다.",
        "어두운 테마는 가을에 추가되었습니다.",
        "청구서는 서기가 서명합니다.",
        "검토자가 문서를 게시합니다.",
        "창을 닫으면 초안이 자동으로 저장됩니다.",
        "창을 닫으면 초안이 항상 저장됩니다.",
        "기록은 5월 4일부터 보관됩니다.",
        "클라우드 계정이 필요합니다.",
    ],
)
def test_a_korean_sentence_that_exchanges_sides_is_unsupported(sentence: str) -> None:
    assert check_sentence(sentence, [Source(KOREAN)]).findings


@pytest.mark.parametrize(
    "sentence",
    [
        "알림은 수집기가 색인기에 보냅니다.",
        "서버 검색은 노트북 검색보다 빠릅니다.",
        "디스크를 연결한 다음 가져오기를 시작하세요.",
        "라이선스가 없을 때 가져오기가 중단됩니다.",
        "담당자가 연장하지 않으면 작업은 3일 후에 사라집니다.",
        "소유자라면 도구 > 감사 > 내보내기에서 기록을 받으실 수 있습니다.",
        "베타 채널은 4월에 닫혔어요.",
        "가을에 어두운 테마가 추가될 예정입니다.",
        "회계 담당이 청구서에 서명합니다.",
        "문서는 편집자가 게시합니다.",
        "초안은 창을 닫으면 저장됩니다.",
        "클라우드 계정은 필요하지 않습니다.",
    ],
)
def test_a_korean_sentence_that_turns_round_and_says_the_same_is_supported(sentence: str) -> None:
    assert check_sentence(sentence, [Source(KOREAN)]).findings == ()
