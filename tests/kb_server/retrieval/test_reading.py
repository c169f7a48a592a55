import pytest

from kb_server.index.lexical import LexicalIndex, LexicalRow, build_lexical
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.reading.question import read

ROWS = [
    "Open the settings and reset the password of your account.",
    "The password and other settings, such as the configuration of the account.",
    "The configuration file has the code E-4021, and the camera reports err512.",
    "비밀번호를 재설정하려면 설정 화면을 여세요.",
    "새 비밀번호 재설정 안내와 설정 화면",
    "결제 취소 방법과 결제 수단을 안내합니다.",
    "결제 취소와 환불 방법",
    "용어 사전은 결제를 마친 뒤에 여세요.",
    "사전은 결제를 마치면 화면에 있습니다.",
    "Audit the code: an audit takes a day.",
    "Delete the account in the community.",
    "The community deletes it.",
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terms") / "lexical"
    build_lexical(folder, [LexicalRow(text) for text in ROWS])
    return LexicalIndex.open(folder).vocabulary


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("reset my psasword", "reset my password"),
        ("reset my pasword", "reset my password"),
        ("where are the settigns?", "where are the settings?"),
        ("the cofiguration file", "the configuration file"),
        ("the cofigurtion file", "the configure file"),
        ("delte it", "delete it"),
        ("ask the comunity", "ask the community"),
        ("my config uration", "my configuration"),
        ("what is e4021", "what is e-4021"),
        ("what is E_4021", "what is e-4021"),
        ("what is ERR-512", "what is err512"),
        ("what is err 512", "what is err512"),
        ("비말번호 변경", "비밀번호 변경"),
        ("비밀번호 재정설", "비밀번호 재설정"),
        ("qlalfqjsgh wotjfwjd", "비밀번호 재설정"),
        ("결재를 취소", "결제를 취소"),
        ("rufwp cnlth qkdqjq", "결제 취소 방법"),
        ("qlalfqjsgh xms", "비밀번호 튼"),
        ("ㄱㄷㄴㄷㅅ 솓 ㅔㅁㄴㄴ잭ㅇ", "reset the password"),
    ],
)
def test_slips_in_unknown_words_are_undone(vocabulary, typed, meant):
    assert read(typed, vocabulary).text == meant


@pytest.mark.parametrize(
    "typed",
    [
        "reset the password in the settings",
        "비밀번호 재설정 방법",
        "비밀번호재설정",
        "결제취소 안내",
        "what does Kubernetes do with it?",
        "nothing else",
        "tls or dns",
        "그럼 사진은 몇 KB까지 되나요?",
        "사진은요?",
        "is there audio?",
        "오늘 날씨 어때 ㅋㅋㅋ",
        "E-4021",
        "code 4021",
        "der paßword naïvety délete",
        "a" * 2000,
        "",
        "???",
    ],
)
def test_known_words_and_words_like_no_other_stay(vocabulary, typed):
    reading = read(typed, vocabulary)

    assert (reading.text, reading.expanded) == (typed, {})


def test_what_was_read_in_place_of_what_is_told(vocabulary):
    assert read("reset my psasword", vocabulary).expanded == {"psasword": "password"}
    assert read("비말번호를 잊었어요", vocabulary).expanded == {"비말번호를": "비밀번호를"}


@pytest.mark.parametrize("typed", ["psasword를 잊었어요", "새 psasword"])
def test_a_particle_does_not_hide_a_misspelt_word(vocabulary, typed):
    assert read(typed, vocabulary).text == typed.replace("psasword", "password")


def test_a_word_of_one_place_is_never_read_instead(vocabulary):
    assert read("the camra", vocabulary).expanded == {}


def test_a_log_is_not_respelt(vocabulary):
    log = " ".join(f"passwor{letter}" for letter in "abcefghijk")

    assert read(log, vocabulary).expanded == {}


def test_a_long_text_about_something_else_is_not_respelt(vocabulary):
    text = " ".join(f"비말번호 {syllable}뷁쀍" for syllable in "가나다라마바사아")

    assert read(text, vocabulary).expanded == {}
    assert read("비말번호 가뷁쀍", vocabulary).expanded == {"비말번호": "비밀번호"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("How do I reset the password? My e-mail is kim@example.com", "reset password"),
        ("reset the password, call me at +82 10-1234-5678", "reset password"),
        ("My phone number is (555) 123-4567, reset the password", "reset password"),
        ("비밀번호 재설정 방법은요? 제 번호는 010-1234-5678입니다.", "비밀번호 재설정 방법은요"),
        ("메일은 kim@example.com이고 비밀번호 재설정 방법", "비밀번호 재설정 방법"),
    ],
)
def test_the_askers_own_address_and_number_are_not_searched(vocabulary, typed, meant):
    assert tokenize(read(typed, vocabulary).text) == tokenize(meant)


@pytest.mark.parametrize(
    "typed", ["kim@example.com", "010-1234-5678", "reset on 2024-01-15 or 10.0.0.1", "비밀번호 8080-8081"]
)
def test_a_number_that_is_what_is_asked_stays(vocabulary, typed):
    assert read(typed, vocabulary).text == typed


def test_an_address_that_the_pages_hold_is_asked_for(tmp_path):
    build_lexical(tmp_path / "lexical", [LexicalRow("Write to help@example.com or call 02-123-4567.")])
    vocabulary = LexicalIndex.open(tmp_path / "lexical").vocabulary

    for typed in ("Who reads help@example.com?", "02-123-4567은 누가 받나요?"):
        assert read(typed, vocabulary).text == typed
