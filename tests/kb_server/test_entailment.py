"""A real cross-encoder, tiny and random, as the model for entailment; and how its verdict is used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source
from kb_server.grounding.support import Check, Support

from .published import wait_until_ready
from .test_reranking import MAKE, python
from .workplace import Workplace

ENTAIL = """
import json, sys
from kb_server.index.cross_encoder import CrossEncoderEntailment

model = CrossEncoderEntailment(sys.argv[1])
print(json.dumps(model.entailments("Backups run daily.", json.load(sys.stdin))))
"""
SENTENCES = ["Backups run daily.", "백업은 매일 실행됩니다.", "Nothing runs."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("entailment")


def model(folder: Path, *, labels: dict[int, str]) -> Path:
    made = folder / f"model-{'-'.join(labels.values())}"
    if not made.exists():
        python(MAKE, str(made), str(len(labels)))
        config = json.loads((made / "config.json").read_text())
        config["id2label"] = {str(number): label for number, label in labels.items()}
        config["label2id"] = {label: number for number, label in labels.items()}
        (made / "config.json").write_text(json.dumps(config))
    return made


@pytest.mark.model
@pytest.mark.parametrize(
    "labels",
    [
        {0: "score"},
        {0: "contradiction", 1: "entailment", 2: "neutral"},
        {0: "not_entailment", 1: "entailment"},
    ],
)
def test_a_model_gives_the_same_chance_for_a_sentence_alone_and_among_others(
    folder: Path, labels: dict[int, str]
) -> None:
    name = str(model(folder, labels=labels))

    together = json.loads(python(ENTAIL, name, given=SENTENCES))
    alone = [json.loads(python(ENTAIL, name, given=[sentence]))[0] for sentence in SENTENCES[:1]]

    assert len(set(together)) == len(SENTENCES)
    assert all(0 < chance < 1 for chance in together)
    assert together[:1] == pytest.approx(alone, abs=1e-5)


@pytest.mark.model
def test_a_model_without_a_label_for_entailment_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    name = model(folder, labels={0: "bad", 1: "good", 2: "ugly"})
    workplace = Workplace(tmp_path)
    workplace.ingest()

    done = workplace.run("kb serve", nli_model=name)

    assert done.returncode == 3
    assert "KB_NLI_MODEL" in done.stderr
    assert "bad, good, ugly" in done.stderr


def test_a_missing_model_keeps_the_server_from_starting(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)

    done = workplace.run("kb serve", nli_model=tmp_path / "nowhere")

    assert done.returncode == 3
    assert "KB_NLI_MODEL" in done.stderr


@pytest.mark.model
async def test_a_server_with_a_model_checks_with_it(folder: Path, tmp_path: Path) -> None:
    name = model(folder, labels={0: "contradiction", 1: "entailment", 2: "neutral"})
    workplace = Workplace(tmp_path)
    workplace.ingest()

    body = {"text": "Backups run every night at 03:00.", "citations": [{"quote": "Backups run every night"}]}
    with workplace.serving(nli_model=name) as server:
        async with server as client:
            await wait_until_ready(client, seconds=240)
            reply = (await client.post("/v1/verify", json=body)).json()

    (sentence,) = reply["sentences"]
    assert sentence["support"] == "unsupported"
    assert sentence["findings"][0]["check"] == "number"


class Chance:
    """A model that gives every sentence the same chance."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def entailments(self, premise: str, sentences: Sequence[str]) -> list[float]:
        assert premise
        return [self.chance] * len(sentences)


@pytest.mark.parametrize(
    ("sentence", "text", "chance", "expected"),
    [
        ("Every day a copy is made.", "Backups run daily.", 0.9, set()),
        ("Every day a copy is made.", "Backups run daily.", 0.2, {Check.COVERAGE}),
        ("백업은 매일 실행됩니다.", "Backups run daily.", 0.9, set()),
        ("백업은 매일 실행됩니다.", "Backups run daily.", 0.2, {Check.LANGUAGE}),
        ("Daily backups run.", "Backups run daily.", 0.05, {Check.MODEL}),
        ("Daily backups run.", "Backups run daily.", 0.3, set()),
        ("Backups run 3 times daily.", "Backups run 2 times daily.", 0.9, {Check.NUMBER}),
        ("백업은 3번 실행됩니다.", "백업은 2번 실행됩니다.", 0.9, {Check.NUMBER}),
    ],
)
def test_a_model_overrules_wording_but_no_number(
    sentence: str, text: str, chance: float, expected: set[Check]
) -> None:
    check = check_sentence(sentence, [Source(text)], model=Chance(chance))

    assert {finding.check for finding in check.findings} == expected
    assert (check.support is Support.SUPPORTED) == (not expected)
