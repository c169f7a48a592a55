"""Small talk is what phrases of small talk cover whole; anything else is searched."""

from __future__ import annotations

import pytest

from kb_server.dialogue.small_talk import small_talk, wants_person
from kb_server.dialogue.talk import Talk


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("Hi!", Talk.GREETING),
        ("good morning, how are you?", Talk.GREETING),
        ("I have a question", Talk.GREETING),
        ("Thanks a lot for your help 🙏", Talk.THANKS),
        ("ok great, thank you so much!", Talk.THANKS),
        ("That was really helpful.", Talk.THANKS),
        ("bye, have a nice day", Talk.GOODBYE),
        ("that's all, thanks", Talk.THANKS),
        ("Who are you?", Talk.ABOUT_SERVER),
        ("are you a bot or a real person", Talk.ABOUT_SERVER),
        ("What can you do?", Talk.ABOUT_SERVER),
        ("please tell me if you are a person or a machine", Talk.ABOUT_SERVER),
        ("am I talking to a real live person", Talk.ABOUT_SERVER),
        ("I can't thank you enough", Talk.THANKS),
        ("it was great chatting with you", Talk.GOODBYE),
        ("You're useless", Talk.ANGER),
        ("hi, this bot is so stupid", Talk.ANGER),
        ("that's not what I asked for", Talk.DISSATISFIED),
        ("That didn't help.", Talk.DISSATISFIED),
        ("Thanks for nothing", Talk.DISSATISFIED),
        ("thanks, but that didn't help", Talk.DISSATISFIED),
        ("wrong answer!", Talk.DISSATISFIED),
        ("you've been a great help", Talk.THANKS),
        ("that's correct", Talk.ASSENT),
        ("It doesn't work", Talk.TROUBLE),
        ("Hi, it still does not work for me", Talk.TROUBLE),
        ("I tried that but it's not working", Talk.TROUBLE),
        ("I have a problem", Talk.TROUBLE),
        ("I'm getting an error message", Talk.TROUBLE),
        ("Help!", Talk.TROUBLE),
        ("I need help please", Talk.TROUBLE),
        ("yes", Talk.ASSENT),
        ("OK, got it.", Talk.ASSENT),
        ("👍", Talk.ASSENT),
        ("Can I talk to a human please?", Talk.PERSON),
        ("connect me to an agent", Talk.PERSON),
        ("Hello, I want to speak with someone about my invoice", Talk.PERSON),
        ("안녕하세요!", Talk.GREETING),
        ("안녕 하세요~ 반갑습니다 ㅎㅎ", Talk.GREETING),
        ("질문이 있어요", Talk.GREETING),
        ("친절한 답변 정말 감사합니다!!", Talk.THANKS),
        ("도움이 많이 됐어요 고마워요", Talk.THANKS),
        ("수고하세요~", Talk.GOODBYE),
        ("네 안녕히 계세요", Talk.GOODBYE),
        ("너 누구야?", Talk.ABOUT_SERVER),
        ("사람이에요 봇이에요?", Talk.ABOUT_SERVER),
        ("뭘 도와줄 수 있어요?", Talk.ABOUT_SERVER),
        ("아 진짜 짜증나네", Talk.ANGER),
        ("도움이 하나도 안 되네요", Talk.DISSATISFIED),
        ("고맙지만 도움이 안 됐어요", Talk.DISSATISFIED),
        ("틀렸어요", Talk.DISSATISFIED),
        ("제 질문에 대한 답이 아니에요", Talk.DISSATISFIED),
        ("안 돼요", Talk.TROUBLE),
        ("안녕하세요, 작동이 안 됩니다", Talk.TROUBLE),
        ("감사합니다 근데 아직 안 돼요", Talk.TROUBLE),
        ("알려주신 대로 했는데 안 돼요", Talk.TROUBLE),
        ("오류가 나요 ㅠㅠ", Talk.TROUBLE),
        ("문제가 해결되지 않았어요", Talk.TROUBLE),
        ("도와주세요", Talk.TROUBLE),
        ("네, 알겠습니다", Talk.ASSENT),
        ("ㅇㅋ", Talk.ASSENT),
        ("ㅋㅋㅋㅋ!", Talk.ASSENT),
        ("ㅠㅠ", Talk.ANGER),
        ("상담원 연결해 주세요", Talk.PERSON),
        ("사람이랑 얘기하고 싶어요", Talk.PERSON),
        ("고객센터 연결 부탁드려요", Talk.PERSON),
    ],
)
def test_small_talk_is_recognized_by_kind(text: str, talk: Talk) -> None:
    assert small_talk(text) is talk


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, that fixed it!",
        "Thanks to you I solved it",
        "Thanks, you fixed my sync issue",
        "That was exactly the answer I needed",
        "It worked like a charm, thank you",
        "Super helpful, my question is answered",
        "Thanks for the detailed steps, all good now",
        "덕분에 해결했어요, 고마워요",
        "덕분에 동기화 문제 해결했습니다 :)",
        "말씀하신 대로 하니 잘 됩니다. 고맙습니다",
        "네 이제 로그인 되네요 고맙습니다",
        "이렇게 빨리 답해주셔서 고마워요",
        "딱 제가 찾던 답이에요",
        "궁금했던 게 다 풀렸어요",
    ],
)
def test_thanks_that_praise_are_thanks(text: str) -> None:
    assert small_talk(text) is Talk.THANKS


@pytest.mark.parametrize(
    "text",
    [
        "Hi, how do I reset my password?",
        "Thanks! And on Windows?",
        "thanks for the info how to reset it",
        "hello world example",
        "Good morning, my sync is not working",
        "How do I thank a contributor?",
        "Who are you sharing my data with?",
        "Are you able to export notes?",
        "you are wrong about the limit of 5 GB",
        "yes but how do I turn it off?",
        "no sound in live view",
        "OK button does nothing",
        "How do I contact support?",
        "How can my users talk to a human agent in the web chat?",
        "connect to the agent",
        "How do I talk to the API?",
        "agent",
        "is this a program I can install?",
        "how is it going to be billed",
        "tell me if this is a machine I can add",
        "That fixed it but now the login fails",
        "Is it working now?",
        "it made an error",
        "clear info",
        "quick replies",
        "the issue is fixed in which version",
        "why?",
        "Sync does not work",
        "I have a problem with my invoice",
        "I get error 404",
        "How do I get help?",
        "It does not work on Windows",
        "you were wrong about the limit",
        "Is it possible that it does not help?",
        "help center",
        "?",
        "안녕하세요, 비밀번호를 어떻게 바꾸나요?",
        "감사합니다. 그럼 윈도우에서는요?",
        "네이버페이로 결제할 수 있나요?",
        "사람을 감지하나요?",
        "담당자를 추가하려면 어떻게 하나요?",
        "고객센터 전화번호 알려주세요",
        "상담원 계정을 추가하는 방법",
        "챗봇 연동 방법",
        "도움말은 어디에 있나요?",
        "인사말 설정",
        "덕분에 데이터가 다 날아갔어요",
        "이제 결제가 두 번 됐어요",
        "이제 잘 되나요?",
        "설정 완료",
        "왜요?",
        "로그인이 안 돼요",
        "윈도우에서 작동이 안 됩니다",
        "안 되나요?",
        "안 되면 어떻게 하나요?",
        "오류 코드",
        "문제 해결",
        "사용하지 않아요",
        "도움말",
        "결제 오류가 나요",
    ],
)
def test_question_is_searched_whatever_stands_in_front_of_it(text: str) -> None:
    assert small_talk(text) is None


@pytest.mark.parametrize(
    "word",
    ["hi ", "so ", "very very ", "안녕", "진짜 ", "네 ", "덕분에 ", "정말 잘 ", "it still ", "계속 안 돼요 "],
)
def test_text_of_repeated_words_is_read_in_an_instant(word: str) -> None:
    assert small_talk(word * 30 + "x") is None


def test_person_is_told_from_other_talk() -> None:
    assert wants_person("get me a human")
    assert not wants_person("hello")
