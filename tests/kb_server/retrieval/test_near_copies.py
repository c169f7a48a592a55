"""Near-copies of a page cast no doubt on what it says; pages about something else do."""

import pytest

from kb_server.retrieval.query import SearchMode
from tests.kb_server.published import Page
from tests.kb_server.searching import retriever_of, search

EN = (
    "Backups of the workspace are kept for {} days in the archive of the region, "
    "and each owner can restore them."
)
KO = (
    "작업 공간의 백업은 지역 보관소에 {}일 동안 보관되며, "
    "소유자는 누구나 언제든지 콘솔에서 그 백업을 하나씩 골라 복원할 수 있습니다."
)
OTHERS = {
    "en/keys.md": Page("Keys", "Keys of the workspace are rotated by each owner."),
    "ko/keys.md": Page("키", "작업 공간의 키는 소유자가 교체합니다."),
}
ORIGINALS = {
    "en/backups.md": Page("Backups", EN.format(30)),
    "ko/backups.md": Page("백업", KO.format(30)),
}
SAME = {
    "README.md": Page("Backups", EN.format(30)),
    "읽어보기.md": Page("백업", KO.format(30)),
}
OLDER = {
    "old/en/backups.md": Page("Backups", f"{EN.format(14)} See the archive."),
    "old/ko/backups.md": Page("백업", f"{KO.format(14)} 보관소를 보세요."),
}
RIVALS = {
    "en/snapshots.md": Page("Snapshots", EN.format(14)),
    "ko/snapshots.md": Page("스냅샷", KO.format(14)),
}
QUESTIONS = (
    "How long are backups of the workspace kept in the archive?",
    "작업 공간의 백업은 보관소에 얼마나 보관되나요?",
)
LEADS = ("next_lead", "page_lead", "word_lead", "unrivalled", "meaning_lead", "own_share")


@pytest.fixture(scope="module")
def signals_with(tmp_path_factory):
    """Give the signals of a question where ``pages`` stand beside the originals."""

    def ask(question, pages):
        folder = tmp_path_factory.mktemp("copies") / "data"
        with retriever_of(folder, OTHERS | ORIGINALS | pages) as retriever:
            return search(retriever, question, mode=SearchMode.HYBRID).signals

    return ask


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("copies", [SAME, OLDER], ids=["same text", "older state"])
def test_a_near_copy_of_the_page_does_not_rival_it(signals_with, question, copies):
    alone, copied = signals_with(question, {}), signals_with(question, copies)

    for name in LEADS:
        assert getattr(copied, name) == pytest.approx(getattr(alone, name), abs=0.1), name


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_page_of_another_title_with_another_value_rivals_it(signals_with, question):
    alone, rivalled = signals_with(question, {}), signals_with(question, RIVALS)

    assert rivalled.next_lead < alone.next_lead - 0.1
    assert rivalled.unrivalled < alone.unrivalled
