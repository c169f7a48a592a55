import pytest

from kb_server.answering.quoting.asked import AnswerType, read_question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the trial end?", AnswerType.TIME),
        ("In what year was it released?", AnswerType.TIME),
        ("How many users can I add?", AnswerType.NUMBER),
        ("How long are logs kept?", AnswerType.NUMBER),
        ("Who can invite members?", AnswerType.PERSON),
        ("Where is the config file?", AnswerType.PLACE),
        ("Why is my sync slow?", AnswerType.REASON),
        ("How do I export my data?", AnswerType.ACTION),
        ("Can I pay by invoice?", AnswerType.VERDICT),
        ("Is it free?", AnswerType.VERDICT),
        ("What is a workspace?", AnswerType.ANY),
        ("무료 체험은 언제 끝나나요?", AnswerType.TIME),
        ("서비스가 시작된 해는?", AnswerType.TIME),
        ("사용자를 몇 명까지 추가할 수 있나요?", AnswerType.NUMBER),
        ("누가 초대할 수 있나요?", AnswerType.PERSON),
        ("설정 파일은 어디에 있나요?", AnswerType.PLACE),
        ("동기화가 왜 느린가요?", AnswerType.REASON),
        ("데이터를 어떻게 내보내나요?", AnswerType.ACTION),
        ("앱에서도 되나요?", AnswerType.VERDICT),
        ("부분 취소가 가능한가요?", AnswerType.VERDICT),
        ("다른 기기에서 쓸 수 있나요?", AnswerType.VERDICT),
        ("워크스페이스의 정의", AnswerType.ANY),
        ("필요한 설정은 무엇인가요?", AnswerType.ANY),
    ],
)
def test_the_surface_of_a_question_tells_what_would_answer_it(question, expected):
    assert read_question(question).type is expected


@pytest.mark.parametrize(
    ("question", "met", "unmet"),
    [
        ("When does it run?", "It runs on Monday.", "It runs by itself."),
        ("How many users fit in plan 3?", "Plan 3 fits 20 users.", "Plan 3 fits all of them."),
        ("Who wrote it?", "It was written by Hopper.", "It was written long ago."),
        ("Why is it slow?", "It is slow because the disk is full.", "It is slow."),
        ("Can I undo it?", "You cannot undo a deletion.", "Deletions are listed."),
        ("언제 실행되나요?", "매일 3시에 실행됩니다.", "저절로 실행됩니다."),
        ("몇 명까지 되나요?", "20명까지 됩니다.", "여러 명이 됩니다."),
        ("왜 느린가요?", "디스크가 가득 찼기 때문입니다.", "느립니다."),
        ("되돌릴 수 있나요?", "삭제는 되돌릴 수 없습니다.", "삭제 목록입니다."),
    ],
)
def test_a_sentence_that_holds_the_kind_of_thing_is_told_from_one_that_does_not(question, met, unmet):
    asked = read_question(question)

    assert asked.is_met_by(met)
    assert not asked.is_met_by(unmet)


def test_a_number_of_the_question_itself_answers_nothing():
    assert not read_question("How many ports does v2 of 8080 need?").is_met_by("Port 8080 is open.")
