import json

import pytest

from ingest.training.lexicon import learn, main
from kb_server.retrieval.crossing.lexicon import load_lexicon

PAIRS = [
    ("Reset the password", "비밀번호를 재설정합니다"),
    ("The password is old", "비밀번호가 오래되었습니다"),
    ("Change a password", "비밀번호 변경"),
    ("Change the account", "계정을 변경하세요"),
    ("The account is closed", "계정이 닫혔습니다"),
    ("Reset an account", "계정 재설정"),
    ("Send an invoice", "청구서를 보내기"),
    ("The invoice of the account", "계정의 청구서"),
    ("Change the invoice", "청구서 변경"),
]


def _lines(pairs):
    return "".join(json.dumps({"en": en, "ko": ko}, ensure_ascii=False) + "\n" for en, ko in pairs)


def test_words_are_learned_from_what_they_stand_beside():
    learned = learn(PAIRS * 3)

    likeliest = {word: max(ways, key=ways.get) for word, ways in learned["ko"].items()}
    assert (likeliest["비밀번호"], likeliest["계정"], likeliest["청구서"]) == (
        "password",
        "account",
        "invoic",
    )
    assert "비밀번호" in learned["en"]["password"]
    assert "계정을" not in learned["ko"]  # a particle makes no other word


def test_what_comes_seldom_is_not_learned():
    assert learn(PAIRS[:2]) == {"ko": {}, "en": {}}


def test_a_learned_file_is_read_by_the_search(tmp_path):
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "lexicon.json"
    pairs.write_text(
        _lines((f"{en} {n}", f"{ko} {n}") for n in range(3) for en, ko in PAIRS), encoding="utf-8"
    )

    assert main(["--pairs", str(pairs), "--out", str(out)]) == 0

    (ways,) = load_lexicon(out).of_korean("계정은")
    assert ways[0].terms == ("account",)


@pytest.mark.parametrize("line", ['{"en": "Only English"}', "no JSON"])
def test_a_line_that_is_no_pair_is_named(tmp_path, capsys, line):
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(f"{line}\n", encoding="utf-8")

    assert main(["--pairs", str(pairs), "--out", str(tmp_path / "lexicon.json")]) == 2

    assert "pairs.jsonl:1" in capsys.readouterr().err
