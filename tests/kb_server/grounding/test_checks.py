"""What the grounding check lets through and what it stops, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source, source_at
from kb_server.grounding.support import Check, Support
from kb_server.text.sentences import split_sentences

ENGLISH = (
    "Acme Vault keeps backups for 30 days. You can restore them from Settings > Recovery. "
    "Deleted users cannot sign in. Alice Moreau wrote the importer in 2019 and Bruno Keller wrote "
    "the exporter in 2021. Run `vault restore --all` to restore everything. The free plan stores 500 MB."
)
KOREAN = (
    "백업은 30일 동안 보관됩니다. 설정 > 복구에서 복원할 수 있습니다. 삭제된 사용자는 로그인할 수 없습니다. "
    "김민수는 2019년에 가져오기를 만들었고 "
    "박지훈은 2021년에 내보내기를 만들었습니다. "
    "`vault restore --all` 명령을 실행하면 모두 복원합니다. 무료 요금제는 500 MB를 저장합니다."
)


def failed(sentence: str, text: str, *headings: str) -> set[Check]:
    check = check_sentence(sentence, [Source(text, headings=headings)])
    assert check.holds == (not check.findings)
    return {finding.check for finding in check.findings}


@pytest.mark.parametrize("text", [ENGLISH, KOREAN])
def test_a_sentence_of_the_source_is_verbatim(text: str) -> None:
    for span in split_sentences(text):
        assert check_sentence(span.of(text), [Source(text)]).support is Support.VERBATIM
    assert check_sentence(f" {text}\n", [Source(text)]).support is Support.VERBATIM


@pytest.mark.parametrize("text", ["The first item is items[0].", "첫 항목은 items[0]입니다."])
def test_what_looks_like_a_marker_in_the_source_is_verbatim(text: str) -> None:
    assert check_sentence(text, [Source(text)]).support is Support.VERBATIM


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Backups in Acme Vault are kept for 30 days.", ENGLISH),
        ("Users that were deleted can't sign in.", ENGLISH),
        ("To restore everything, run `vault restore --all`.", ENGLISH),
        ("The importer was written by Alice Moreau in 2019.", ENGLISH),
        ("백업 보관 기간은 30일입니다.", "백업 보관 기간은 최대 30일이며 그 뒤에는 삭제됩니다."),
        ("삭제된 사용자는 로그인하지 못합니다.", KOREAN),
        ("무료 요금제에서는 500MB까지 저장합니다.", KOREAN),
    ],
)
def test_other_words_for_the_same_are_supported(sentence: str, text: str) -> None:
    assert failed(sentence, text) == set()


@pytest.mark.parametrize(
    ("sentence", "text", "check"),
    [
        ("Acme Vault keeps backups for 60 days.", ENGLISH, Check.NUMBER),
        ("Acme Vault keeps backups for 30 hours.", ENGLISH, Check.NUMBER),
        ("The free plan stores 500 GB.", ENGLISH, Check.NUMBER),
        ("Acme Vault does not keep backups for 30 days.", ENGLISH, Check.POLARITY),
        ("Backups are not kept for 30 days.", "Backups are kept for 30 days.", Check.POLARITY),
        ("Deleted users can sign in.", ENGLISH, Check.POLARITY),
        ("Globex Vault keeps backups for 30 days.", ENGLISH, Check.NAME),
        ("You can restore them from Settings > Billing.", ENGLISH, Check.NAME),
        ("Run `vault purge --all` to restore everything.", ENGLISH, Check.NAME),
        ("Whales are the largest animals of the sea.", ENGLISH, Check.COVERAGE),
        ("백업은 60일 동안 보관됩니다.", KOREAN, Check.NUMBER),
        ("백업은 30시간 동안 보관됩니다.", KOREAN, Check.NUMBER),
        ("백업은 30일 동안 보관되지 않습니다.", KOREAN, Check.POLARITY),
        ("삭제된 사용자는 로그인할 수 있습니다.", KOREAN, Check.POLARITY),
        ("설정 > 결제에서 복원할 수 있습니다.", KOREAN, Check.NAME),
        ("`vault purge --all` 명령을 실행하면 모두 복원합니다.", KOREAN, Check.NAME),
        ("Acme Vault keeps backups for zero days.", ENGLISH, Check.NUMBER),
        ("백업 횟수는 영입니다.", "백업 횟수는 3입니다.", Check.NUMBER),
        ("고래는 바다에서 가장 큰 동물입니다.", KOREAN, Check.COVERAGE),
    ],
)
def test_what_the_source_does_not_say_is_unsupported(sentence: str, text: str, check: Check) -> None:
    assert check in failed(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text", "check"),
    [
        ("Bruno Keller wrote the importer in 2019.", "Alice Moreau wrote the importer in 2019.", Check.NAME),
        ("Alice Moreau wrote the importer in 2021.", ENGLISH, Check.NUMBER),
        ("김민수는 2021년에 가져오기를 만들었습니다.", KOREAN, Check.NUMBER),
        ("박지훈은 2019년에 가져오기를 만들었습니다.", KOREAN, Check.NAME),
    ],
)
def test_a_value_of_the_same_passage_in_another_ones_place_is_found(
    sentence: str, text: str, check: Check
) -> None:
    assert check in failed(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("They do not last, and the importer is not idle.", "They do not last, and the importer is idle."),
        ("Nothing will not be removed.", "Nothing will be removed."),
        ("삭제하지 않으면 남고 자동으로 켜지지 않습니다.", "삭제하지 않으면 남고 자동으로 켜집니다."),
        ("키가 없으면 실패하고 있습니다.", "키가 없으면 실패하고 없습니다."),
    ],
)
def test_a_denial_is_found_beside_one_that_the_source_has(sentence: str, text: str) -> None:
    assert failed(sentence, text) == {Check.POLARITY}


@pytest.mark.parametrize(
    ("sentence", "quote", "neighbour"),
    [
        (
            "A member is able to delete projects.",
            "Members cannot delete a project.",
            "A deleted project can be restored by an admin.",
        ),
        (
            "Guests can delete a workspace.",
            "Deleting a workspace is not possible for guests.",
            "Guests can restore a deleted workspace.",
        ),
        (
            "멤버가 프로젝트를 직접 삭제할 수 있습니다.",
            "멤버는 프로젝트를 삭제할 수 없습니다.",
            "멤버는 삭제된 프로젝트를 복원할 수 있습니다.",
        ),
        (
            "멤버가 프로젝트를 직접 삭제할 수 있습니다.",
            "프로젝트 삭제는 멤버가 할 수 없습니다.",
            "멤버는 삭제된 프로젝트를 복원할 수 있습니다.",
        ),
        (
            "결제 수단은 변경이 됩니다.",
            "결제 수단은 변경이 되지 않습니다.",
            "변경된 결제 수단은 다음 달부터 적용됩니다.",
        ),
    ],
)
def test_the_sentence_beside_a_denial_does_not_take_it_back(
    sentence: str, quote: str, neighbour: str
) -> None:
    for text in (f"{quote} {neighbour}", f"{neighbour} {quote}"):
        start = text.index(quote)
        source = source_at(text, start, start + len(quote))
        assert neighbour in {source.before, source.after}
        assert Check.POLARITY in {finding.check for finding in check_sentence(sentence, [source]).findings}
        assert check_sentence(neighbour, [source]).support is Support.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("It is not possible to undo a merge.", "It is impossible to undo a merge."),
        ("The server does not start.", "The server fails to start."),
        ("Open the file.", "If it does not exist, do not panic. Open the file."),
        ("이 작업은 되돌리지 못합니다.", "이 작업은 되돌릴 수 없습니다."),
        ("파일을 여십시오.", "파일이 없어도 괜찮습니다. 파일을 여십시오."),
    ],
)
def test_a_denial_in_other_words_or_of_something_else_is_none(sentence: str, text: str) -> None:
    assert failed(sentence, text) == set()


def test_an_exchanged_value_is_named_with_what_the_source_says() -> None:
    (finding,) = check_sentence("The free plan stores 900 MB.", [Source(ENGLISH)]).findings
    assert (finding.value, finding.expected) == ("900 MB", "500")


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Backups stop after 1000 files.", "Backups stop after 1,000 files."),
        ("It needs three keys here.", "It needs 3 keys here."),
        ("키가 세 개 필요합니다.", "키가 3개 필요합니다."),
        ("한도는 100000원이 됩니다.", "한도는 10만 원이 됩니다."),
        ("Retries are set to zero.", "Retries are set to 0."),
        ("Retries are set to 0.", "Retries are set to zero."),
        ("기본값은 영입니다.", "기본값은 0입니다."),
        ("잔액은 0원입니다.", "잔액은 영 원입니다."),
        ("영업은 영상으로 합니다.", "영업은 영상으로 합니다!"),
    ],
)
def test_a_number_is_compared_by_its_value(sentence: str, text: str) -> None:
    assert failed(sentence, text) == set()


def test_a_version_is_compared_whole() -> None:
    assert failed("Release 1.2 fixes the importer.", "Release 1.2.3 fixes the importer.") == {Check.NUMBER}
    assert failed("Release v1.2.3 fixes the importer.", "Release 1.2.3 fixes the importer!") == set()


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("The proxy is disabled by default.", "The proxy is enabled by default."),
        ("자동 저장은 기본으로 켜기 상태입니다.", "자동 저장은 기본으로 끄기 상태입니다."),
    ],
)
def test_the_opposite_word_is_found(sentence: str, text: str) -> None:
    assert failed(sentence, text) == {Check.POLARITY}


def test_headings_and_neighbour_sentences_carry_a_sentence_too() -> None:
    source = source_at("It lasts a day. It stops at noon. Then it rests.", 16, 33, headings=("Acme Vault",))
    assert (source.before, source.after) == ("It lasts a day.", "Then it rests.")
    assert check_sentence("Acme Vault stops at noon, then rests.", [source]).support is Support.SUPPORTED


@pytest.mark.parametrize(
    "sentence", ["Hello!", "I hope this helps.", "안녕하세요!", "도움이 되었으면 좋겠습니다."]
)
def test_courtesy_is_no_claim(sentence: str) -> None:
    assert check_sentence(sentence, []).support is Support.NO_CLAIM


def test_a_sentence_without_source_or_in_another_language_is_unsupported() -> None:
    assert failed("Backups run daily.", "") == {Check.SOURCE}
    assert failed("백업은 30일 동안 보관됩니다.", "Backups are kept for 30 days.") == {Check.LANGUAGE}


def test_rare_words_weigh_what_the_caller_says() -> None:
    source = Source("The backups of the vault run daily and quietly.")
    sentence = "The backups of the vault run zigzag and quietly."
    light = check_sentence(sentence, [source], weight=lambda term: 0.1 if term == "zigzag" else 1.0)
    heavy = check_sentence(sentence, [source], weight=lambda term: 9.0 if term == "zigzag" else 1.0)
    assert (light.support, heavy.support) == (Support.SUPPORTED, Support.UNSUPPORTED)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_gives_a_verdict_and_always_the_same(sentence: str, quote: str, heading: str) -> None:
    sources = [Source(quote, before=heading, after=sentence[::-1], headings=(heading,))]
    check = check_sentence(sentence, sources)
    assert check == check_sentence(sentence, sources)
    assert 0 <= check.coverage <= 1


@given(st.lists(ANY_TEXT.filter(str.strip), min_size=1, max_size=4))
def test_every_sentence_of_any_text_is_verbatim(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    for span in split_sentences(text):
        if not span.of(text).startswith("["):
            assert check_sentence(span.of(text), [Source(text)]).support is Support.VERBATIM
