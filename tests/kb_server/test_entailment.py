"""A real cross-encoder, tiny and random, as the model for entailment; and how its verdict is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from kb_server.app import create_app
from kb_server.errors import EncoderError
from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source
from kb_server.grounding.support import Check, Support
from kb_server.index.cross_encoder import CrossEncoderEntailment
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .cross_encoders import cross_encoder
from .published import Page, publish, running, wait_until_ready
from .workplace import Workplace

pytestmark = pytest.mark.xdist_group("torch")

LABELS = ("contradiction", "entailment", "neutral")
SENTENCES = ["Backups run daily.", "백업은 매일 실행됩니다.", "Nothing runs."]


@pytest.mark.model
@pytest.mark.parametrize("labels", [("score",), LABELS, ("not_entailment", "entailment")])
def test_a_model_gives_the_same_chance_for_a_sentence_alone_and_among_others(
    labels: tuple[str, ...], tmp_path: Path
) -> None:
    model = CrossEncoderEntailment(str(cross_encoder(tmp_path / "model", labels)))

    together = model.entailments("Backups run daily.", SENTENCES)
    (alone,) = model.entailments("Backups run daily.", SENTENCES[:1])

    assert len(set(together)) == len(SENTENCES)
    assert all(0 < chance < 1 for chance in together)
    assert together[0] == pytest.approx(alone, abs=1e-5)


@pytest.mark.model
def test_a_model_without_a_label_for_entailment_is_refused_by_name(tmp_path: Path) -> None:
    name = cross_encoder(tmp_path / "model", ("bad", "good", "ugly"))

    with pytest.raises(EncoderError, match="bad, good, ugly") as caught:
        create_app(Settings(data_dir=tmp_path, nli_model=str(name)))

    assert "KB_NLI_MODEL" in caught.value.message
    assert caught.value.exit_code == 3


def test_a_missing_model_keeps_the_server_from_starting(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)

    done = workplace.run("kb serve", nli_model=tmp_path / "nowhere")

    assert done.returncode == 3
    assert "KB_NLI_MODEL" in done.stderr


@pytest.mark.model
async def test_a_server_with_a_model_checks_with_it(encoder: Encoder, tmp_path: Path) -> None:
    publish(tmp_path / "data", {"en/backup.md": Page("Backup", "Backups run every night at 02:00.")}, encoder)
    name = cross_encoder(tmp_path / "model", LABELS)
    settings = Settings(data_dir=tmp_path / "data", nli_model=str(name))
    body = {"text": "Backups run every night at 03:00.", "citations": [{"quote": "Backups run every night"}]}

    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        reply: httpx.Response = await client.post("/v1/verify", json=body)

    (sentence,) = reply.json()["sentences"]
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
