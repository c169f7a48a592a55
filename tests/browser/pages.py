"""What the server of these tests knows: manuals of two products, in English and Korean, with emoji."""

from __future__ import annotations

from tests.kb_server.published import Page

from .payloads import ADDRESSES, PAYLOADS

_CLOUD, _DESKTOP = {"product": "Skyvault"}, {"product": "Deskvault"}

PAGES = {
    "en/backup.md": Page(
        "Back up the vault",
        "👩‍👩‍👧 🙂 Share it. To back up the vault, press Save a copy. One copy a day is kept. 👍 Done.",
        {"url": "https://docs.example.com/en/backup", "product": "kb"},
    ),
    "en/restore.md": Page(
        "Restore a vault from a copy", "To restore a vault, pick the copy and press Restore."
    ),
    "en/schedule.md": Page(
        "How often is the vault backed up?", "The vault is backed up every night at 02:00."
    ),
    "en/size.md": Page("Size limits of a vault copy", "A vault copy may have up to 5 GB."),
    "ko/backup.md": Page(
        "보관함 백업하기",
        "👨‍👩‍👦 🙂 가족이 함께 씁니다. "
        "보관함을 백업하려면 사본 저장을 누르세요. 사본은 하루에 하나씩 보관됩니다. 👍",
        {"url": "https://docs.example.com/ko/backup", "product": "kb"},
    ),
    "ko/restore.md": Page("사본으로 보관함 복원하기", "보관함을 복원하려면 사본을 고르고 복원을 누르세요."),
    "ko/schedule.md": Page("보관함은 얼마나 자주 백업되나요?", "보관함은 매일 밤 2시에 백업됩니다."),
    "en/cloud/export.md": Page(
        "Export your notes",
        "To export your notes, open Account > Data and press Export. A link arrives within 10 minutes.",
        _CLOUD,
    ),
    "en/desktop/export.md": Page(
        "Export your notes",
        "To export your notes, choose File > Save a copy. The copy lies in your documents at once.",
        _DESKTOP,
    ),
    "en/cloud/password.md": Page(
        "Change your password",
        "To change your password in Skyvault, open Account > Security and type the new password twice.",
        _CLOUD,
    ),
    "ko/cloud/export.md": Page(
        "노트 내보내기",
        "노트를 내보내려면 계정 > 데이터에서 내보내기를 누르세요. 내려받기 링크가 10분 안에 도착합니다.",
        _CLOUD,
    ),
    "en/cloud/sharing.md": Page(
        "Share a folder", "To share a folder with your team, right-click it and press Invite people.", _CLOUD
    ),
}


def _poisoned(number: int, payload: str) -> Page:
    weight = f"The gadget G{number} weighs {number + 10} grams."
    address = ADDRESSES[number % len(ADDRESSES)]
    title = f"Gadget G{number} {' '.join(payload.split())}"
    return Page(title, f"{weight} {payload}", {"url": address, "product": "gadgets"})


def poisoned_question(number: int) -> str:
    """Ask for what a poisoned page says in earnest."""
    return f"How much does the gadget G{number} weigh?"


PAGES |= {f"en/gadgets/{number}.md": _poisoned(number, payload) for number, payload in enumerate(PAYLOADS)}
