"""``kb eval capture``: stored answers become cases, without what people said of themselves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from evals.capturing.command import capture_command
from evals.capturing.masking import masked
from evals.failures import BadSuiteError
from evals.linting.command import lint_command
from evals.options import CaptureOptions, LintOptions
from evals.product import Product
from kb_server.app import create_app
from kb_server.cli import PRODUCT
from kb_server.errors import NotFoundError
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import ask, running, wait_until_ready


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Write to kim.minsu+kb@example.co.kr please", "Write to [email] please"),
        ("전화는 010-1234-5678 또는 01012345678", "전화는 [phone] 또는 [phone]"),
        ("+82 10-1234-5678, 02-123-4567, 031) 123-4567", "[phone], [phone], [phone]"),
        ("call +44 20 7946 0958 or (555) 010-1234", "call [phone] or [phone]"),
        ("주민번호 900101-1234567", "주민번호 [resident number]"),
        ("card 4111-1111-1111-1111", "card [card]"),
        ("server 192.168.0.12 and 2001:db8:0:0:0:0:2:1", "server [ip] and [ip]"),
        ("key sk-abcdEFGH1234567890xyz", "key [secret]"),
        ("Authorization: Bearer abc.def.ghi123", "Authorization: Bearer [secret]"),
        ("password: hunter2 비밀번호: 봄여름1!", "password: [secret] 비밀번호: [secret]"),
        ("My name is Jane Doe and I pay", "My name is [name] and I pay"),
        ("제 이름은 홍길동이고 환불을 원해요", "제 이름은 [name]이고 환불을 원해요"),
        ("Version 1.2.3 of 2026-11-20, port 8000, order 20261120-0042", None),
        ("v10.4.2의 E-4021 오류가 1,234번 났어요", None),
    ],
)
def test_personal_data_is_masked_and_other_numbers_are_not(text: str, hidden: str | None) -> None:
    assert masked(text) == (hidden or text)


def test_named_words_are_masked_everywhere() -> None:
    assert masked("acme 고객 ACME", ["Acme"]) == "[name] 고객 [name]"


@pytest.fixture(scope="module")
def left(docs: tuple[Path, Product], encoder: Encoder) -> dict[str, Any]:
    """Have users ask and complain; give the ids of what they left."""
    data_dir = docs[1].data_dir(None)
    app = create_app(Settings(data_dir=data_dir), encoder=lambda: encoder)
    return asyncio.run(_use(app)) | {"data_dir": data_dir}


async def _use(app: Any) -> dict[str, Any]:
    async with running(app) as client:
        await wait_until_ready(client)
        first = await ask(client, "How do I get a refund? I am me@example.com", conversation=True)
        second = await ask(
            client, "환불은 어떻게 받나요? 010-1234-5678", conversation_id=first["conversation_id"]
        )
        body = {
            "answer_id": second["id"],
            "rating": "down",
            "comment": "내 이름은 홍길동입니다",
            "corrected_text": "닷새 안에 010-9999-8888로 알려 드립니다.",
        }
        given = await client.post("/v1/feedback", json=body)
        assert given.status_code < 300, given.text
    return {"conversation": first["conversation_id"], "first": first, "second": second}


def cases(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "captured.jsonl").read_text(encoding="utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}


def test_conversation_becomes_a_case_for_each_question_with_the_turns_before(
    tmp_path: Path, left: dict[str, Any], docs: tuple[Path, Product]
) -> None:
    options = CaptureOptions(tmp_path, conversation=left["conversation"], data_dir=left["data_dir"])

    assert capture_command(options, PRODUCT) == 0
    found = cases(tmp_path)
    first = found[f"captured-{left['first']['id']}"]
    assert first["question"] == "How do I get a refund? I am [email]"
    assert first["expect"]["cite"]["any"][0]["path"] == "en/billing.md"
    assert first["source"]["index_version"] == left["first"]["generation"]
    assert left["first"]["citations"][0]["revision"][:12] in first["source"]["passages"]
    second = found[f"captured-{left['second']['id']}"]
    assert [turn["role"] for turn in second["turns"]] == ["user", "assistant", "user"]
    assert (first["tags"], second["expect"]) == (["captured"], {"lang": "ko"})
    assert second["tags"] == ["captured", "thumb:down", "needs-review"]
    assert "@example" not in json.dumps(found)
    assert lint_command(LintOptions(suite=str(tmp_path)), docs[1]) == 0


def test_bad_feedback_becomes_a_case_to_review_and_is_taken_once(
    tmp_path: Path, left: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    options = CaptureOptions(tmp_path, thumb="down", data_dir=left["data_dir"], as_json=True)

    assert [capture_command(options, PRODUCT), capture_command(options, PRODUCT)] == [0, 0]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["captured"] for each in told] == [1, 0]
    (case,) = cases(tmp_path).values()
    assert case["tags"] == ["captured", "thumb:down", "needs-review"]
    assert case["expect"] == {"lang": "ko"}
    assert case["reference"] == ["닷새 안에 [phone]로 알려 드립니다."]
    assert case["source"]["feedback_comment"] == "내 이름은 [name]입니다"


def test_what_does_not_fit_or_is_not_there_is_told(tmp_path: Path, left: dict[str, Any]) -> None:
    data_dir = left["data_dir"]

    late = CaptureOptions(tmp_path, thumb="down", since="2999-01-01", data_dir=data_dir)
    assert capture_command(late, PRODUCT) == 1
    assert not (tmp_path / "captured.jsonl").exists()
    with pytest.raises(NotFoundError, match="conv_none"):
        capture_command(CaptureOptions(tmp_path, conversation="conv_none", data_dir=data_dir), PRODUCT)
    with pytest.raises(BadSuiteError, match="yesterday"):
        capture_command(CaptureOptions(tmp_path, thumb="down", since="yesterday"), PRODUCT)
    with pytest.raises(BadSuiteError, match="--thumb"):
        capture_command(CaptureOptions(tmp_path), PRODUCT)
