import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.answering.quoting.excerpts import MAX_SENTENCES, MAX_WORDS
from kb_server.answering.quoting.passages import read_passage
from kb_server.answering.quoting.selection import MAX_FAQ_WORDS, select
from kb_server.answering.quoting.wording import introduces, leans_on_previous
from kb_server.index.records import ChunkKind
from kb_server.index.tokenization import tokenize
from tests.kb_server.answering.searches import Page

FILLER = "The weather was fine all day and nobody thought about it. "


def _passage(page, *, question, kind=ChunkKind.PROSE, quote=None, prior=1.0):
    weights = dict.fromkeys(tokenize(question), 1.0)
    return read_passage(page.hit(quote, kind=kind), page.revision, prior=prior, term_weights=weights)


def _quotes(question, *passages):
    excerpts = select(passages, dict.fromkeys(tokenize(question), 1.0), question)
    return ["\n".join(each.passage.text_of(span) for span in each.spans) for each in excerpts]


def _chosen(question, page, *, kind=ChunkKind.PROSE, quote=None):
    return _quotes(question, _passage(page, question=question, kind=kind, quote=quote))


def test_the_sentence_that_holds_the_words_of_the_question_is_among_the_chosen():
    page = Page(FILLER * 12 + "Backups run at two. " + FILLER * 12)

    assert "Backups run at two." in _chosen("When do backups run?", page)


@pytest.mark.parametrize(
    ("question", "text", "best"),
    [
        (
            "How long does restoring nightly backups take?",
            f"Backups run at two. {FILLER}They lie on a disk. Restoring nightly backups takes an hour.",
            "Restoring nightly backups takes an hour.",
        ),
        (
            "야간 백업 복원은 얼마나 걸리나요?",
            "백업은 두 시에 시작합니다. 날씨가 맑았습니다. 야간 백업 복원은 한 시간 걸립니다.",
            "야간 백업 복원은 한 시간 걸립니다.",
        ),
    ],
)
def test_the_best_sentence_comes_first_and_the_others_in_reading_order(question, text, best):
    first, *others = _chosen(question, Page(text))

    assert first == best
    assert others == sorted(others, key=text.index)


EXAMPLE = """Every reply has the field `text`.

```json
{"question": "How do I cancel my plan?", "text": "Open the plan and press cancel plan."}
```

Press the cancel button of the plan.
"""


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How do I cancel my plan?", "Press the cancel button of the plan."),
        ("Which JSON does the question cancel my plan give?", "```json"),
    ],
)
def test_words_inside_an_example_answer_only_who_asks_for_code(question, first):
    chosen = _chosen(question, Page(EXAMPLE))

    lead = next(quote for quote in chosen if quote != "Every reply has the field `text`.")
    assert lead.startswith(first)


def test_the_same_sentence_is_not_quoted_twice():
    page = Page("Backups run at two. Backups run at two! Backups run at two.")

    assert len(_chosen("When do backups run?", page)) == 1


def test_of_a_long_bullet_list_only_the_matching_items_are_shown():
    items = "\n".join(
        f"- Option {name} does something that takes quite a few words to say." for name in "abcdefghijkl"
    )
    page = Page(f"Options:\n\n{items}\n- The `purge` option deletes backups.")

    chosen = _chosen("Which option deletes backups?", page)

    assert chosen[0] == "Options:"
    assert "- The `purge` option deletes backups." in chosen[1]
    assert chosen[1].count("\n") < 3


def test_a_short_bullet_list_is_shown_whole():
    page = Page("Pick one:\n\n- red\n- green backups\n- blue")

    assert _chosen("green backups", page) == ["Pick one:", "- red\n- green backups\n- blue"]


def test_a_sentence_that_announces_a_list_brings_the_list():
    page = Page("To restore backups, have these ready:\n\n- the key\n- the file")

    assert _chosen("restore backups", page)[1] == "- the key\n- the file"


@pytest.mark.parametrize(
    ("question", "text", "steps"),
    [
        (
            "How do I reset the router?",
            "A reset of the router keeps your settings and takes a minute.\n\n1. Open it.\n2. Press the key.",
            "1. Open it.\n2. Press the key.",
        ),
        (
            "공유기를 초기화하려면?",
            "공유기를 초기화해도 설정은 남습니다.\n\n1. 덮개를 엽니다.\n2. 단추를 누릅니다.",
            "1. 덮개를 엽니다.\n2. 단추를 누릅니다.",
        ),
    ],
)
def test_the_numbered_steps_below_the_leading_paragraph_come_along_whole(question, text, steps):
    assert steps in _chosen(question, Page(text))


def test_steps_of_the_next_section_do_not_come_along():
    page = Page(
        "The router keeps settings for years, unplugged.\n\n## Cleaning\n\n1. Wipe the lid.\n2. Let it dry."
    )

    assert not any("Wipe" in quote for quote in _chosen("Does the router keep its settings?", page))


def test_a_label_line_is_not_an_answer():
    page = Page("Backups\n\nJobs run at two.")

    assert _chosen("backups", page)[0] == "Jobs run at two."


def test_a_label_line_is_quoted_when_there_is_nothing_else():
    assert _chosen("backups", Page("Backups")) == ["Backups"]


def test_a_short_no_stays_with_its_reason():
    page = Page("아니요. 백업은 자동으로 실행되지 않습니다. 설정에서 켜세요.")

    assert _chosen("백업은 자동으로 실행되나요?", page)[0] == "아니요. 백업은 자동으로 실행되지 않습니다."


def test_a_table_cut_in_two_keeps_its_header():
    rows = [f"| plan {n} | {n} GB |" for n in range(30)]
    page = Page("\n".join(["| Plan | Storage |", "| --- | --- |", *rows]))

    chosen = _chosen("storage of plan 25", page, kind=ChunkKind.TABLE, quote="\n".join(rows[20:]))

    assert chosen[0].startswith("| Plan | Storage |\n| --- | --- |\n")
    assert "| plan 25 | 25 GB |" in chosen[0]


@pytest.mark.parametrize(
    ("sentence", "leans"),
    [
        ("It is off.", True),
        ("It's recommended that you save.", False),
        ("It is very important to save.", False),
        ("However, it works.", True),
        ("For example, it works.", True),
        ("These settings apply.", True),
        ("Item two.", False),
        ("Itemise it.", False),
        ("이 값을 씁니다.", True),
        ("또한, 저장됩니다.", True),
        ("예를 들어 저장됩니다.", True),
        ("이메일을 씁니다.", False),
        ("그래프를 봅니다.", False),
    ],
)
def test_openings_that_lean_on_the_sentence_before(sentence, leans):
    assert leans_on_previous(sentence) is leans


@pytest.mark.parametrize(
    ("sentence", "announces"),
    [
        ("Do this:", True),
        ("방법은 아래와 같습니다.", True),
        ("Use the following settings.", True),
        ("Run the command below.", True),
        ("기술 문의는 아래 메일로 보내 주세요.", True),
        ("다음 명령어로 설치합니다.", True),
        ("다음 값은 300입니다.", False),
        ("The sea is below.", False),
        ("Done.", False),
    ],
)
def test_sentences_that_announce_a_block(sentence, announces):
    assert introduces(sentence) is announces


WORDS = st.sampled_from(["backups", "run", "nightly", "백업은", "실행됩니다", "It", "also", "the", "a"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words).capitalize() + ". ")


@given(st.lists(SENTENCES, min_size=1, max_size=15).map("".join))
def test_prose_never_grows_beyond_its_limits_except_for_one_long_thought(text):
    page = Page(text)
    passage = _passage(page, question="When do backups run nightly?")

    excerpts = select([passage], {"backup": 1.0, "run": 1.0, "night": 1.0})

    words = [len(span.of(text).split()) for excerpt in excerpts for span in excerpt.spans]
    assert 1 <= len(words) <= MAX_SENTENCES
    assert sum(words) <= MAX_WORDS or len(words) <= 2


def test_nothing_to_choose_from_is_nothing_chosen():
    assert select([], {}) == ()


@pytest.mark.parametrize(
    ("question", "table"),
    [
        ("Which plans are there?", "| Plan | Storage |\n| --- | --- |\n| Free | 1 GB |\n| Team | 10 GB |"),
        ("어떤 요금제가 있나요?", "| 요금제 | 용량 |\n| --- | --- |\n| 무료 | 1 GB |\n| 팀 | 10 GB |"),
    ],
)
def test_a_table_in_an_faq_reply_keeps_its_header(question, table):
    page = Page(f"### {question}\n\n{table}")

    assert _chosen(question, page, kind=ChunkKind.FAQ) == [table]


def test_of_a_long_faq_reply_the_beginning_is_quoted():
    page = Page("Why?\n\nBecause the cache is cleared. " + FILLER * 20 + "The cache is cleared again.")

    chosen = _chosen("Why is the cache cleared?", page, kind=ChunkKind.FAQ)

    assert chosen[0] == "Because the cache is cleared."
    assert sum(len(sentence.split()) for sentence in chosen) <= MAX_FAQ_WORDS


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "How long is the warranty of the battery?",
            "The warranty of the battery is 36 months.\n\nThe case is black.",
            "36 months",
        ),
        (
            "배터리의 보증 기간은 얼마인가요?",
            "배터리의 보증 기간은 36개월입니다.\n\n색은 검은색입니다.",
            "36개월",
        ),
    ],
)
def test_a_sentence_that_adds_a_number_to_the_asked_words_is_the_answer(question, text, said):
    assert said in _chosen(question, Page(text))[0]


@pytest.mark.parametrize(
    ("question", "text", "best"),
    [
        (
            "How many users fit in the team plan?",
            "The team plan suits users of small offices. The team plan has room for 20 users.",
            "The team plan has room for 20 users.",
        ),
        (
            "팀 요금제 사용자는 몇 명인가요?",
            "팀 요금제 사용자는 작은 사무실에 맞습니다. 팀 요금제 사용자는 20명까지입니다.",
            "팀 요금제 사용자는 20명까지입니다.",
        ),
        (
            "Can exports be encrypted?",
            "Encrypted exports of a vault are files. Encrypted exports cannot be read by other accounts.",
            "Encrypted exports cannot be read by other accounts.",
        ),
    ],
)
def test_of_sentences_with_the_same_words_the_one_with_the_kind_of_thing_asked_for_leads(
    question, text, best
):
    assert _chosen(question, Page(text))[0] == best


@pytest.mark.parametrize(
    ("question", "first", "second", "expected"),
    [
        (
            "Which port does the relay server use?",
            "The relay server forwards mail. Its logs are rotated.",
            "The relay server uses port 2525.",
            "The relay server uses port 2525.",
        ),
        (
            "중계 서버는 어떤 포트를 사용하나요?",
            "중계 서버는 메일을 전달합니다. 로그는 돌려 가며 씁니다.",
            "중계 서버는 포트 2525를 사용합니다.",
            "중계 서버는 포트 2525를 사용합니다.",
        ),
    ],
)
def test_a_sentence_of_the_second_passage_leads_where_it_answers_better(question, first, second, expected):
    best = _passage(Page(first, path="a.md"), question=question)
    other = _passage(Page(second, path="b.md"), question=question, prior=0.9)

    assert _quotes(question, best, other)[0] == expected


@pytest.mark.parametrize(
    ("question", "text", "listed"),
    [
        (
            "What does the export contain?",
            "The export contains most things. It holds:\n\n- notes\n- tags\n\nFiles are left out.",
            "- notes\n- tags",
        ),
        (
            "내보내기에 무엇이 들어 있나요?",
            "내보내기에는 거의 다 들어 있습니다. 내용은 다음과 같습니다.\n\n- 노트\n- 태그\n\n끝입니다.",
            "- 노트\n- 태그",
        ),
    ],
)
def test_a_list_that_the_leading_paragraph_announces_comes_along(question, text, listed):
    assert listed in _chosen(question, Page(text))


def test_a_reply_to_another_question_may_be_completed_by_a_second_source():
    question = "Are refunds possible after the trial?"
    other_item = Page("### Item 4\n\nNo refunds are made for the trial.", path="faq.md")
    terms = Page("Refunds are possible within 14 days.", path="terms.md")
    passages = [
        _passage(other_item, question=question, kind=ChunkKind.FAQ),
        _passage(terms, question=question, prior=0.9),
    ]

    assert set(_quotes(question, *passages)) == {
        "No refunds are made for the trial.",
        "Refunds are possible within 14 days.",
    }


@pytest.mark.parametrize(
    "pointer",
    [
        "You can learn more about this in Customize your site.",
        "If you want to change exports, see the export guide.",
        "Exports of notes are described in the export guide.",
        "자세한 내용은 내보내기 안내에서 볼 수 있습니다.",
        "내보내기가 궁금하다면 [내보내기](export.md)를 확인해 보세요!",
        "내보내기는 내보내기 페이지를 확인해 주세요.",
    ],
)
def test_a_sentence_that_only_points_elsewhere_is_not_quoted(pointer):
    page = Page(f"Exports hold notes. {pointer} 내보내기는 노트를 담습니다.")

    assert pointer not in _chosen("export exports 내보내기", page)


@pytest.mark.parametrize(
    ("question", "aside", "said"),
    [
        ("How do I export my notes?", "(Export of all notes: desktop only.)", "Press Export in the menu."),
        (
            "노트를 어떻게 내보내나요?",
            "(노트를 내보내는 것은 웹에서만 됩니다.)",
            "메뉴에서 내보내기를 누릅니다.",
        ),
    ],
)
def test_a_remark_in_brackets_does_not_lead(question, aside, said):
    page = Page(f"{aside}\n\n{said}")

    assert _quotes(question, _passage(page, question=question))[0] == said


@pytest.mark.parametrize(
    ("question", "one", "more", "other"),
    [
        (
            "What is the difference between a vault and a folder?",
            "A vault is what holds your notes.",
            "A vault may be shared. A vault has a name.",
            "A folder is a place on the disk.",
        ),
        (
            "보관함과 폴더의 차이가 뭔가요?",
            "보관함은 노트를 담는 곳입니다.",
            "보관함은 공유할 수 있습니다. 보관함에는 이름이 있습니다.",
            "폴더는 디스크에 있는 자리입니다.",
        ),
    ],
)
def test_of_two_things_that_are_compared_both_are_told(question, one, more, other):
    first = _passage(Page(f"{one} {more}", path="vault.md"), question=question)
    second = _passage(Page(other, path="folder.md"), question=question, prior=0.7)

    assert {one, other} <= set(_quotes(question, first, second))


def test_two_parts_of_a_question_are_answered_from_two_sources():
    question = "What is the upload limit and which formats are allowed?"
    limit = _passage(
        Page("The upload limit is 20 MB. Uploads run in turn.", path="limit.md"), question=question
    )
    formats = _passage(
        Page("Allowed formats are PNG and PDF. Colours are kept.", path="formats.md"),
        question=question,
        prior=0.8,
    )

    chosen = _quotes(question, limit, formats)

    assert "The upload limit is 20 MB." in chosen
    assert "Allowed formats are PNG and PDF." in chosen


@pytest.mark.parametrize(
    ("question", "introduction"),
    [
        ("How do I open it?", "This is how you open it:"),
        ("어떻게 여나요?", "이렇게 여는 방법은 다음과 같습니다."),
    ],
)
def test_an_introduction_above_the_chunk_that_leans_on_its_paragraph_comes_with_the_steps(
    question, introduction
):
    steps = "1. Press it.\n2. Wait."
    page = Page(f"A box is closed. {introduction}\n\n{steps}")

    assert _chosen(question, page, kind=ChunkKind.STEPS, quote=steps) == [introduction, steps]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "Which zone does the clock use?",
            "A job runs at two. It is started by a timer. It follows the zone of the clock that servers use.",
        ),
        (
            "시계의 시간대는 무엇인가요?",
            "작업은 두 시에 실행됩니다. 이것은 타이머로 시작합니다. 이는 시계의 시간대를 따르기 때문입니다.",
        ),
    ],
)
def test_an_answer_does_not_open_with_a_pronoun_while_the_page_says_what_it_stands_for(question, text):
    assert _chosen(question, Page(text))[0] == text


@pytest.mark.parametrize(
    ("topic", "question", "reply", "prose"),
    [
        (
            "passkeys",
            "Can passkeys be shared?",
            "No. Passkeys stay with one account.",
            "Passkeys sign you in without a password.",
        ),
        (
            "패스키",
            "패스키를 공유할 수 있나요?",
            "아니요. 패스키는 한 계정에만 있습니다.",
            "패스키는 비밀번호 없이 로그인하게 합니다.",
        ),
    ],
)
def test_a_word_alone_is_not_answered_with_a_no(topic, question, reply, prose):
    faq = Page(f"{question}\n\n{reply}", path="faq.md")
    about = Page(prose, path="about.md")

    def chosen(asked):
        passages = [
            _passage(faq, question=asked, kind=ChunkKind.FAQ),
            _passage(about, question=asked, prior=0.7),
        ]
        return _quotes(asked, *passages)

    assert chosen(topic) == [prose]
    assert chosen(question)[0] == reply
    assert _chosen(topic, faq, kind=ChunkKind.FAQ) == [reply]


PLAN = """The plan can be cancelled at any time.

- Cancelling keeps the data of the plan for `30` days.
- The invoice of the month stays due.
"""
PLAN_KO = """요금제는 언제든지 해지할 수 있습니다.

- 요금제를 해지하면 데이터가 `30`일 동안 남습니다.
- 그달의 청구서는 그대로입니다.
"""


@pytest.mark.parametrize(
    ("question", "text", "item"),
    [
        ("Is the plan cancelled each month?", PLAN, "- Cancelling keeps the data of the plan for `30` days."),
        (
            "매달 요금제를 해지할 수 있나요?",
            PLAN_KO,
            "- 요금제를 해지하면 데이터가 `30`일 동안 남습니다.",
        ),
    ],
)
def test_an_item_of_a_list_that_adds_to_a_sentence_is_quoted_behind_it(question, text, item):
    first, *others = _chosen(question, Page(text))

    assert first == text.partition("\n")[0]
    assert item in others


def test_a_row_that_adds_to_a_sentence_brings_the_header_of_its_table():
    rows = "".join(f"| `KB_{name}` | {name.lower()} |\n" for name in ("HOST", "ROOT", "SEED", "LOG"))
    page = Page(
        f"Every port can be changed.\n\n| Setting | Meaning |\n| --- | --- |\n| `KB_PORT` | port |\n{rows}"
    )

    chosen = _chosen("Can every port of mine be changed by hand?", page)

    assert chosen[0] == "Every port can be changed."
    assert chosen[1] == "| Setting | Meaning |\n| --- | --- |\n| `KB_PORT` | port |"


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        (
            "How long are backups kept?",
            (
                "Backups are kept two weeks. Backups are kept on a disk. Backups are kept in order. "
                "Backups are kept by name."
            ),
            "Backups are kept encrypted.",
        ),
        (
            "백업은 얼마나 보관하나요?",
            (
                "백업은 이 주 동안 보관합니다. 백업은 디스크에 보관합니다. 백업은 순서대로 보관합니다. "
                "백업은 이름으로 보관합니다."
            ),
            "백업은 암호화하여 보관합니다.",
        ),
    ],
)
def test_a_second_source_that_says_as_much_is_heard_before_a_third_sentence_of_the_first(
    question, first, second
):
    one = _passage(Page(first, path="one.md"), question=question)
    other = _passage(Page(second, path="other.md"), question=question, prior=0.95)

    assert second in _quotes(question, one, other)


@pytest.mark.parametrize(
    ("question", "general", "listed"),
    [
        (
            "What type of data is synced?",
            "Synced data is encrypted on its way to the server.",
            "## What data is synced\n\n- Notes\n- Names of folders",
        ),
        (
            "어떤 데이터가 동기화되나요?",
            "데이터는 서버로 가는 길에 동기화되며 암호화됩니다.",
            "## 동기화되는 데이터\n\n- 노트\n- 폴더 이름",
        ),
    ],
)
def test_a_list_right_below_a_heading_that_asks_is_the_answer(question, general, listed):
    one = _passage(Page(general, path="sync.md"), question=question, prior=0.95)
    other = _passage(Page(listed, path="what.md"), question=question)

    first = _quotes(question, other, one)[0]

    assert listed.partition("\n\n")[2] in first


def test_an_address_that_a_sentence_announces_is_quoted_with_it():
    page = Page("기술 문의는 아래 메일로 보내 주세요.\n\n+ help@example.com")

    assert "+ help@example.com" in _chosen("기술 문의 메일 주소를 알려 주세요", page)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "How many days are backups kept?",
            "Backups are kept for 30 days. Backups lie in a folder. The folder of backups can be moved.",
            "Backups are kept for 30 days.",
        ),
        (
            "Can a viewer export a report?",
            "A viewer can export a report. Every viewer has a colour. The report has many pages.",
            "A viewer can export a report.",
        ),
        (
            "백업은 며칠 보관되나요?",
            "백업은 30일 동안 며칠이든 보관됩니다. 백업은 폴더에 있습니다. 폴더는 옮길 수 있습니다.",
            "백업은 30일 동안 며칠이든 보관됩니다.",
        ),
    ],
)
def test_nothing_follows_a_sentence_that_says_the_one_fact_that_is_asked_for(question, text, said):
    assert _chosen(question, Page(text)) == [said]


def test_what_holds_more_of_the_question_follows_the_one_fact():
    page = Page("Nightly Cloud backups are kept for 30 days. Backups lie in a folder. Contracts tell more.")

    assert _chosen("How many days are nightly Cloud backups kept by contract?", page) == [
        "Nightly Cloud backups are kept for 30 days.",
        "Contracts tell more.",
    ]
