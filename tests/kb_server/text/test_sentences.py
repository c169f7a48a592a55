import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.text.sentences import split_sentences

PIECES = st.sampled_from([
    "Open it. ", "v1.2.3", " 3.5 ", "e.g. ", "https://a.b/c?d=1. ", "config.yml ", "No. ", "No. 5 ",
    "`a. B`", "``", "(see A. B)", '"', "“Stop.”", "저장합니다. ", "됩니다 ", "하세요 ", "그런가요? ", "다.그",
    "1. ", "가. ", "2024. 1. 5. ", "\n", "  ", "\t", "😀", "e\u0301", "!", "?!", "…", "。", "J. ", "**",
    "Smith", "(", ")", "'",
])  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=120))


def _split(text):
    return [span.of(text) for span in split_sentences(text)]


@given(TEXTS)
def test_sentences_are_ordered_disjoint_trimmed_and_cover_all_but_white_space(text):
    spans = split_sentences(text)

    ends = [0, *(span.end for span in spans)]
    assert all(before <= span.start < span.end for before, span in zip(ends, spans, strict=False))
    assert all(span.of(text) == span.of(text).strip() for span in spans)
    assert "".join("".join(_split(text)).split()) == "".join(text.split())


@given(TEXTS, st.text(max_size=20), st.text(max_size=20))
def test_a_part_of_a_text_is_split_like_the_part_alone(text, before, after):
    within = split_sentences(before + text + after, len(before), len(before) + len(text))

    assert [(s.start - len(before), s.end - len(before)) for s in within] == split_sentences(text)


@pytest.mark.parametrize(
    "cut",
    [
        "Run v1.2.3. |It takes 3.5 s. |Done!",
        "Use it, e.g. Docker, i.e. Podman. |Next.",
        "No. |Enabling 2FA does not help. |See No. 5.",
        "See https://a.io/b?c=d. |Then go.",
        "Open app.py. |config.yml is read. |go2rtc too.",
        "Run `a. B`. |Then stop.",
        'He said "Stop. Now." |Then he left.',
        "(See A. Then B.) |Next one.",
        "Dr. J. Smith wrote it. |Take plan A. |The rest is free.",
        "1. Open it. |2. Close it.",
        "Up to approx. 5 GB etc. |The rest… and more.",
        "Free since Jan. 5, 2026. |Prof. Kim left in Dec. 2025. |It was fine until Feb. |Then it was not.",
        "Yahoo! is a site. |What? |Yes!",
        "Line one\n|Line two",
    ],
)
def test_english_sentences(cut):
    assert _split(cut.replace("|", "")) == [sentence.strip() for sentence in cut.split("|")]


@pytest.mark.parametrize(
    "cut",
    [
        "파일을 저장합니다. |다음을 누르세요. |됐나요? |네.",
        "저장합니다.|그런 다음 닫아요.|끝",
        "설정이 저장됩니다 |그 다음 창을 닫으세요 |감사합니다",
        "저장됩니다 (선택 사항). |끝.",
        "v2.1입니다. |docker를 실행합니다. |3.5 버전부터입니다.",
        "2024. 1. 5. 이후 적용됩니다. |끝.",
        "가. 설정을 엽니다. |나. 닫습니다.",
        '"저장합니다." 라고 나옵니다. |“취소. 확인” 버튼.',
        "저장하지 않습니다만 경고합니다.",
        "웹훅 발송 규칙",
        "결제 요청 시 주의 사항\n|다음을 확인",
    ],
)
def test_korean_sentences(cut):
    assert _split(cut.replace("|", "")) == [sentence.strip() for sentence in cut.split("|")]


def test_offsets_count_code_points_behind_emoji():
    text = "👩‍💻 Hi. 저장합니다. 🎉 끝."

    assert _split(text) == ["👩‍💻 Hi.", "저장합니다.", "🎉 끝."]


@pytest.mark.parametrize("sign", ["a. ", "e.g. ", "`", "(", '"', "a.", "가. ", "다.", "“", "1. "])
def test_a_long_line_of_one_sign_is_split_all_the_same(sign):
    text = sign * 50_000

    assert "".join("".join(_split(text)).split()) == "".join(text.split())
