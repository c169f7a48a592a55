"""Pages with access labels, each with a word of its own that stands nowhere else: whoever reads it, knows."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LABELS = ("staff", "partners", "인사", "board", "beta", "영업", "support", "legal")
CANARY = re.compile(r"zq[0-9a-f]{8}")
_PUBLIC_SHARE = 0.3
_TOPICS = {
    "en": (
        "refund",
        "invoice",
        "backup",
        "export",
        "password",
        "printer",
        "delivery",
        "contract",
        "discount",
    ),
    "ko": ("환불", "청구서", "백업", "내보내기", "비밀번호", "프린터", "배송", "계약", "할인"),
}
_PAGES = {
    "en": (
        "# {topic} rules of {canary}\n\nThe {topic} of {canary} takes {days} days. Ask the {canary} desk for "
        "the {topic}.\n\n## How long does the {topic} of {canary} take?\n\nIt takes {days} days from the "
        "request. {canary} pays it.\n\n## Limits of {canary}\n\n"
        "The {topic} is limited to {sum} euros by {canary}.\n"
    ),
    "ko": (
        "# {canary} {topic} 규정\n\n{canary}의 {topic}은 {days}일 걸립니다. "
        "{topic}은 {canary} 창구에 신청하세요.\n\n"
        "## {canary} {topic}은 얼마나 걸리나요?\n\n신청한 날부터 {days}일 걸리며 {canary}에서 처리합니다.\n\n"
        "## {canary} 한도\n\n{canary}의 {topic} 한도는 {sum}유로입니다.\n"
    ),
}
_QUESTIONS = {
    "en": (
        "How long does the {topic} take?",
        "What is the limit of the {topic}?",
        "Who pays the {topic}?",
        "{topic}",
    ),
    "ko": (
        "{topic}은 얼마나 걸리나요?",
        "{topic} 한도가 얼마인가요?",
        "{topic}은 어디에 신청하나요?",
        "{topic}",
    ),
}


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page, who may see it, and the word by which it is recognised."""

    path: str
    labels: frozenset[str]
    """Empty: everybody."""
    canary: str
    topic: str
    lang: str
    text: str

    def is_seen_by(self, audiences: frozenset[str] | None) -> bool:
        """Tell whether who carries ``audiences`` (None: sees all) may see it."""
        return audiences is None or not self.labels or bool(self.labels & audiences)


def labelled_pages(count: int, seed: int) -> list[LabelledPage]:
    """Make ``count`` pages in English and Korean."""
    chance = random.Random(seed)  # noqa: S311 - test data, not a secret
    return [_page(chance, number) for number in range(count)]


def _page(chance: random.Random, number: int) -> LabelledPage:
    lang = chance.choice(("en", "ko"))
    topic, canary = chance.choice(_TOPICS[lang]), f"zq{chance.getrandbits(32):08x}"
    is_public = chance.random() < _PUBLIC_SHARE
    labels = () if is_public else tuple(chance.sample(LABELS, chance.choice((1, 1, 2))))
    body = _PAGES[lang].format(
        topic=topic, canary=canary, days=chance.randint(2, 90), sum=chance.randint(10, 999)
    )
    front = [f"product: {canary}"]
    if labels:
        front.append(f"access: [{', '.join(labels)}]")
    text = "\n".join(("---", *front, "---", "", body))
    return LabelledPage(f"{lang}/{number:03d}-{canary}.md", frozenset(labels), canary, topic, lang, text)


def write_pages(folder: Path, pages: Sequence[LabelledPage]) -> None:
    """Write the pages below ``folder``."""
    for page in pages:
        file = folder / page.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page.text, encoding="utf-8")


def question_about(page: LabelledPage, chance: random.Random) -> str:
    """Give a question that ``page`` answers, now and then with its own word, or with a slip in that."""
    text = chance.choice(_QUESTIONS[page.lang]).format(topic=page.topic)
    dice = chance.random()
    if dice < 0.2:  # noqa: PLR2004 - a fifth each
        return f"{text} {page.canary}"
    if dice < 0.4:  # noqa: PLR2004 - as above
        return f"{text} {page.canary[:5]}{page.canary[6:]}"
    return text
