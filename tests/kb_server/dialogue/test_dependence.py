"""Which questions lean on what was said before them."""

from __future__ import annotations

import pytest

from kb_server.dialogue.dependence import Dependence
from kb_server.dialogue.follow_up import read


@pytest.mark.parametrize(
    "text",
    [
        "And on Windows?",
        "What about the free plan?",
        "How do I turn it off?",
        "Does it work with Docker on Windows Server 2022 machines?",
        "Can they see my notes?",
        "Not documents, I was asking for attachments",
        "Which one is faster?",
        "so how do I undo that?",
        "for teams?",
        "Is this feature paid?",
        "how long does it last",
        "what about Korean?",
        "What is the default?",
        "Is there a limit?",
        "what happens after 90 days?",
        "How long does it take?",
        "how fast must it answer",
        "Since when?",
        "What happens otherwise?",
        "Do I need to stop the server for that?",
        "how do I upload files larger than that?",
        "do new members get charged once it expires?",
        "90일이 지나면 어떻게 돼요?",
        "얼마나 가까워야 하나요?",
        "만드는 건요?",
        "그럼 테스트로 만든 내역이 관리 화면에서 안 보이나요?",
        "몇 번까지 시도하나요?",
        "3개까지만 되나요?",
        "그보다 큰 파일은 어떻게 올려요?",
        "그 이상 늘리려면 뭘 해야 하나요?",
        "위젯은요?",
        "그거 언제 만료돼요?",
        "기본값은 뭐예요?",
        "어디에 저장돼요?",
        "그건 어떻게 꺼요?",
        "그럼 안드로이드는?",
        "윈도우에서는요?",
        "어떻게 꺼요?",
        "거기서 파일도 지울 수 있나요?",
        "그 설정은 어디에 있나요?",
        "환불은요?",
        "그런데 비용이 드나요?",
    ],
)
def test_question_with_a_pointer_or_a_gap_leans(text: str) -> None:
    assert read(text).dependence is Dependence.LEANING


@pytest.mark.parametrize(
    "text",
    [
        "Why?",
        "how do I do that?",
        "tell me more",
        "How does that work?",
        "how often?",
        "왜요?",
        "얼마나 자주요?",
        "몇 번까지 되나요?",
        "더 자세히 알려 주세요",
        "그럼 어떻게 하나요?",
    ],
)
def test_question_that_names_nothing_is_empty(text: str) -> None:
    assert read(text).dependence is Dependence.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "How do I export my notes to PDF?",
        "Is it possible to use two vaults at once?",
        "How long does it take to index a large repository?",
        "Are there limits on the size of a file?",
        "I deleted a plugin, can I install it again?",
        "Why does the app that shows my calendar crash?",
        "It looks like my camera streams twice",
        "database is locked",
        "What is the default port?",
        "Is there a limit on files?",
        "기본 포트는 뭐예요?",
        "파일은 어디에 저장돼요?",
        "Can I export the report when it's finished?",
        "Does Docker restart if it crashes?",
        "Why is a monthly plan cheaper than a yearly one?",
        "How do I keep logs for 90 days?",
        "API 키는 90일 뒤에 만료되나요?",
        "5GB보다 큰 파일을 올리려면 어떻게 하나요?",
        "serve images from a folder",
        "How long does it take to export a vault?",
        "My screen is dark. Can you explain about that?",
        "몇 개의 카메라를 연결할 수 있나요?",
        "And how do I cancel my yearly subscription before the renewal date?",
        "PDF로 내보내려면 어떻게 하나요?",
        "결제했는데 이게 취소가 안 돼요, 환불 규정이 궁금합니다",
        "안드로이드에서 자동 완성이 안 떠요",
        "웹훅 발송 규칙",
        "그런데 정기 결제를 해지하면 위약금이 있나요?",
        "로그인 방법 알려 주세요",
    ],
)
def test_question_that_names_all_it_asks_about_stands_alone(text: str) -> None:
    assert read(text).dependence is Dependence.NONE


@pytest.mark.parametrize("text", ["backups", "Red Hat OpenShift", "웹훅 발송 규칙", "티어 코드"])
def test_words_without_a_verb_are_a_fragment(text: str) -> None:
    assert read(text).fragment


@pytest.mark.parametrize(
    "text", ["What is a backup?", "티어 코드가 뭔가요?", "왜 웹뷰를 사용하는가?", "환불해 줘"]
)
def test_words_with_a_verb_are_no_fragment(text: str) -> None:
    assert not read(text).fragment
