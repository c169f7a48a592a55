import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.noise import NOISES, main, noisy_twin, wrong_layout

QUESTIONS = ("How do I reset the master password? E-4021", "비밀번호 재설정 방법을 알려 주세요. E-4021")


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_seed_alone_decides(kind, question):
    twins = [noisy_twin(question, kind, seed=seed) for seed in range(8)]

    assert twins == [noisy_twin(question, kind, seed=seed) for seed in range(8)]
    assert any(twin != question for twin in twins) or (kind, question.isascii()) == ("joined", True)


@pytest.mark.parametrize("kind", NOISES)
@given(text=st.text(st.sampled_from("aZ가각힣의ㅋ 1-?é"), max_size=30), seed=st.integers(0, 9))
def test_any_text_has_a_twin(kind, text, seed):
    assert isinstance(noisy_twin(text, kind, seed=seed), str)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_typo_leaves_the_number_of_words(question):
    for seed in range(20):
        assert len(noisy_twin(question, "typo", seed=seed).split()) == len(question.split())


def test_spacing_changes_spaces_alone():
    for kind in ("joined", "split"):
        for seed in range(20):
            twin = noisy_twin(QUESTIONS[1], kind, seed=seed)
            assert twin.replace(" ", "") == QUESTIONS[1].replace(" ", "")


def test_the_wrong_layout_twice_is_the_right_one():
    typed = wrong_layout("비밀번호를 잊었어요, 꽃값", random.Random(0))

    assert typed.isascii()
    assert wrong_layout(typed, random.Random(0)) == "비밀번호를 잊었어요, 꽃값"


def _set(folder, *questions):
    (folder / "corpus").mkdir(parents=True)
    (folder / "corpus" / "a.md").write_text("# A\n")
    records = [{"id": str(place), "question": text, "lang": "en"} for place, text in enumerate(questions)]
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(record) for record in records))


def test_a_set_gets_a_twin_with_the_questions_that_can_slip(tmp_path, monkeypatch, capsys):
    _set(tmp_path / "data/docs/x", "Reset the password", "ab?", "비밀번호 재설정")
    monkeypatch.setattr("sys.argv", ["noise", f"{tmp_path}/data", f"{tmp_path}/out", "--kind", "layout"])

    assert main() == 0

    twins = [json.loads(line) for line in (tmp_path / "out/docs/x/questions.jsonl").read_text().splitlines()]
    assert [twin["id"] for twin in twins] == ["0", "1", "2"]
    assert twins[2]["question"] == "qlalfqjsgh wotjfwjd"
    assert (tmp_path / "out/docs/x/corpus/a.md").read_text() == "# A\n"
    assert capsys.readouterr().out == "x: 3 questions\n"


def test_nothing_is_written_over(tmp_path, monkeypatch, capsys):
    _set(tmp_path / "data/docs/x", "Reset the password")
    monkeypatch.setattr("sys.argv", ["noise", f"{tmp_path}/data", f"{tmp_path}", "--kind", "typo"])

    assert main() == 3
    assert "exists already" in capsys.readouterr().err
