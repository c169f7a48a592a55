"""What a question wants to have defined, and that the answer leads with what defines it."""

import pytest

from kb_server.answering.composer import read_passages
from kb_server.answering.quoting.defining import defines, thing_asked
from kb_server.index.records import ChunkKind
from kb_server.index.tokenization import tokenize
from tests.kb_server.answering.searches import Page, ask, found


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What is GSLB?", "GSLB"),
        ("what are collections", "collections"),
        ("Hi, what does below_cut mean?", "below_cut"),
        ("Can you tell me what a key pair is?", "key pair"),
        ("GSLB가 뭔가요?", "GSLB"),
        ("GSLB란?", "GSLB"),
        ("종단 간 암호화란 무엇인가요?", "종단 간 암호화"),
        ("키페어의 뜻이 뭐예요?", "키페어"),
        ("보안 그룹은 무엇을 의미하나요?", "보안 그룹"),
    ],
)
def test_the_thing_that_is_to_be_defined_is_read_without_what_asks(question, thing):
    assert thing_asked(question.removeprefix("Hi, ")) == frozenset(tokenize(thing))


@pytest.mark.parametrize(
    "question",
    [
        "How do I create a key pair?",
        "What are the id and the key of my installation used for in the cloud?",
        "What should I do?",
        "키페어는 어떻게 만드나요?",
        "무엇을 설치해야 하나요?",
        "계획",
    ],
)
def test_other_questions_ask_for_no_definition(question):
    assert not thing_asked(question)


@pytest.mark.parametrize(
    ("question", "text", "share"),
    [
        ("What is GSLB?", "GSLB (Global Server Load Balancing) is a service.", 1.0),
        ("What is global server load balancing?", "GSLB (Global Server Load Balancing) is a service.", 1.0),
        ("What is GSLB?", "DNS Plus GSLB is a service that spreads traffic.", 1 / 3),
        ("What is GSLB?", "- **GSLB**: spreads traffic over servers.", 1.0),
        ("What is GSLB?", "| `GSLB` | spreads traffic |", 1.0),
        ("What is GSLB?", "GSLB is managed on its screen.", 0.0),
        ("What is GSLB?", "Create a GSLB first.", 0.0),
        ("GSLB가 뭔가요?", "GSLB(Global Server Load Balancing)는 부하를 나누는 서비스입니다.", 1.0),
        ("GSLB란?", "GSLB란 부하를 나누는 것을 말합니다.", 1.0),
        ("GSLB란?", "GSLB란, 부하를 나누는 것을 말합니다.", 1.0),
        ("GSLB가 뭔가요?", "- GSLB: 부하를 나눕니다.", 1.0),
        ("대리결재가 뭐예요?", "대리 결재란 결재를 맡기는 기능입니다.", 1.0),
        ("GSLB가 뭔가요?", "GSLB는 화면에서 관리합니다.", 0.0),
    ],
)
def test_a_text_defines_what_it_names_before_it_says_what_it_is(question, text, share):
    assert defines(text, thing_asked(question)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "What is a key pair?",
            "Choose a key pair, or create a new key pair. A key pair is a public and a private key.",
            "A key pair is a public and a private key.",
        ),
        (
            "키페어가 뭔가요?",
            "기존 키페어나 새 키페어를 사용합니다. 키페어는 공개 키와 개인 키의 쌍입니다.",
            "키페어는 공개 키와 개인 키의 쌍입니다.",
        ),
        (
            "반송률이 뭔가요?",
            "- 반송률이 높으면 발송이 제한됩니다.\n  - 반송률이란 반송된 메일의 비율입니다.",
            "- 반송률이란 반송된 메일의 비율입니다.",
        ),
        (
            "What does held mean?",
            "| State | Meaning |\n| --- | --- |\n| open | waits |\n| held | a person looks at it |",
            "| State | Meaning |\n| --- | --- |\n| held | a person looks at it |",
        ),
    ],
)
@pytest.mark.parametrize("kind", [ChunkKind.PROSE, ChunkKind.FAQ])
def test_a_definition_leads_without_the_rest_of_its_list_table_or_reply(question, text, said, kind):
    page = Page(text)

    assert ask(question, (page, page.hit(kind=kind))).sentences[0].text == said


@pytest.mark.parametrize(
    ("question", "mention", "definition"),
    [
        ("What is GSLB?", "Page {n} switches GSLB off.", "GSLB is a service that spreads traffic."),
        ("GSLB란?", "{n}쪽은 GSLB를 끕니다.", "GSLB는 부하를 나누는 서비스입니다."),
    ],
)
def test_of_passages_further_behind_only_one_that_defines_the_thing_is_read(question, mention, definition):
    pages = [Page(mention.format(n=n), path=f"{n}.md") for n in range(6)] + [Page(definition, path="d.md")]
    result = found(question, *(page.hit(score=1 - n / 50) for n, page in enumerate(pages)))
    revisions = {page.doc_id: page.revision for page in pages}

    read = read_passages(result, revisions.__getitem__)

    assert [passage.hit.document.path for passage in read] == ["0.md", "1.md", "2.md", "3.md", "4.md", "d.md"]
