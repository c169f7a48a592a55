"""Pages of several products and versions are kept apart in one answer."""

from dataclasses import replace

import pytest

from kb_server.answering.composer import compose
from kb_server.answering.offering import clarify
from tests.kb_server.answering.searches import Page, found

HOME_EN = Page("Notes sync every 15 minutes.", path="home.md", metadata={"product": "home"})
PRO_EN = Page("Notes sync every 5 minutes.", path="pro.md", metadata={"product": "pro"})
HOME_KO = Page("노트는 15분마다 동기화합니다.", path="home.md", metadata={"product": "home"})
PRO_KO = Page("노트는 5분마다 동기화합니다.", path="pro.md", metadata={"product": "pro"})


def _paths(question, *pages, background=None):
    """Give the pages that are quoted; each comes with its score, and with the versions that it speaks of."""
    hits = [replace(page.hit(score=score), versions=versions) for page, score, versions in pages]
    result = found(question, *hits)
    result = replace(result, query=replace(result.query, background=background))
    revisions = {page.doc_id: page.revision for page, *_ in pages}
    return {each.path for each in compose(result, revisions.__getitem__).citations}


CLOUD = Page("Notes sync every 15 minutes on Cloud.", path="cloud.md", metadata={"product": "Cloud"})
SERVER = Page("Notes sync every 5 minutes on Server.", path="server.md", metadata={"product": "Server"})
BOTH = Page("When Cloud asks, notes may sync every 1 minute.", path="both.md")
CLOUD_KO = Page(
    "노트는 클라우드에서 15분마다 동기화합니다.", path="cloud.md", metadata={"product": "클라우드"}
)
SERVER_KO = Page("노트는 서버에서 5분마다 동기화합니다.", path="server.md", metadata={"product": "서버"})


@pytest.mark.parametrize(
    ("question", "pages", "quoted"),
    [
        ("How often do notes sync on Cloud?", (SERVER, CLOUD), {"cloud.md"}),
        ("How often do notes sync on Server?", (SERVER, CLOUD), {"server.md"}),
        ("How often do notes sync?", (SERVER, CLOUD), {"server.md"}),
        ("How often do notes sync?", (BOTH, SERVER, CLOUD), {"both.md", "server.md"}),
        ("Do notes sync alike on Server and on Cloud?", (SERVER, CLOUD), {"server.md", "cloud.md"}),
        ("How often do notes sync on Cloud?", (CLOUD, BOTH), {"cloud.md", "both.md"}),
        ("노트는 클라우드에서 몇 분마다 동기화하나요?", (SERVER_KO, CLOUD_KO), {"cloud.md"}),
        ("노트는 서버에서 몇 분마다 동기화하나요?", (SERVER_KO, CLOUD_KO), {"server.md"}),
        ("노트는 몇 분마다 동기화하나요?", (CLOUD_KO, SERVER_KO), {"cloud.md"}),
        (
            "노트는 서버와 클라우드에서 언제 동기화하나요?",
            (CLOUD_KO, SERVER_KO),
            {"cloud.md", "server.md"},
        ),
        ("노트는 프로에서 몇 분마다 동기화하나요?", (HOME_KO, PRO_KO), {"pro.md"}),
        ("노트는 벨라홈에서 몇 분마다 동기화하나요?", (PRO_KO, HOME_KO), {"home.md"}),
        ("How often do notes process a sync?", (HOME_EN, PRO_EN), {"home.md"}),
    ],
)
def test_a_question_that_names_a_product_is_answered_from_no_other(question, pages, quoted):
    assert _paths(question, *((page, 1.0 - 0.01 * place, ()) for place, page in enumerate(pages))) == quoted


@pytest.mark.parametrize(
    ("question", "one", "two"),
    [
        ("Which port does the proxy use?", "The proxy uses port 8001.", "The proxy uses port 8002."),
        ("프록시 포트 번호는?", "프록시 포트 번호는 8001입니다.", "프록시 포트 번호는 8002입니다."),
    ],
)
def test_of_two_versions_of_a_page_the_later_one_is_quoted_unless_another_is_asked_for(question, one, two):
    old = Page(one, path="docs/v1/proxy.md"), 1.0, ("v1",)
    new = Page(two, path="docs/v2/proxy.md"), 0.95, ("v2",)
    far = new[0], 0.7, ("v2",)

    assert _paths(question, old, new) == {"docs/v2/proxy.md"}
    assert _paths(f"{question} v1", old, new) == {"docs/v1/proxy.md"}
    assert "docs/v1/proxy.md" in _paths(question, old, far)


@pytest.mark.parametrize(
    ("question", "titles", "texts"),
    [
        (
            "Which port does the agent use?",
            ("Ports", "Ports"),
            ("The agent uses 81.", "The agent uses 91."),
        ),
        (
            "에이전트 포트 번호는?",
            ("포트 (버전 2)", "포트 (버전 3)"),
            ("에이전트 포트 번호는 8001입니다.", "에이전트 포트 번호는 9001입니다."),
        ),
    ],
)
def test_pages_of_one_title_in_one_folder_are_one_page_in_two_versions(question, titles, texts):
    old, new = (
        Page(text, path=f"docs/{name}.md", title=title)
        for name, title, text in zip(("ports", "sockets"), titles, texts, strict=True)
    )
    other = replace(new, path="x/ports.md")

    assert _paths(question, (old, 1.0, ("2",)), (new, 0.98, ("3",))) == {"docs/sockets.md"}
    assert _paths(question, (old, 1.0, ("2",)), (other, 0.98, ("3",))) == {
        "docs/ports.md",
        "x/ports.md",
    }


@pytest.mark.parametrize(
    ("word", "title", "text"),
    [
        ("proxy", "Configure the proxy", "The proxy has a port."),
        ("프록시", "프록시 설정", "프록시 포트가 있습니다."),
    ],
)
def test_the_versions_of_one_page_are_no_readings_of_a_word(word, title, text):
    versions = (("v1", 1.0), ("v2", 0.95))
    pages = [(Page(text, path=f"docs/{name}/proxy.md", title=title), name, score) for name, score in versions]
    old, new = (replace(page.hit(score=score), versions=(name,)) for page, name, score in pages)
    other = Page(text, path="docs/more.md", title=f"{title} 2").hit(score=0.9)

    assert clarify.propose(found(word, old, new)) == ()
    assert len(clarify.propose(found(word, old, new, other))) == 2
