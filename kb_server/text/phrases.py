"""What the server says in its own words, in the asker's language.

Everything else in an answer is quoted. These phrases carry no claim about the product, so they are part of
an answer's text but never of its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kb_server.index.language import ENGLISH, KOREAN


class Phrase(StrEnum):
    """Every phrase, by what it is for."""

    QUOTED_IN_ENGLISH = "quoted_in_english"
    QUOTED_IN_KOREAN = "quoted_in_korean"
    NOT_IN_DOCS = "not_in_docs"
    LOW_CONFIDENCE = "low_confidence"
    FILTERED = "filtered"
    NEAREST_PAGES = "nearest_pages"
    SOURCES = "sources"
    CLOSE_PAGES = "close_pages"
    FURTHER_QUESTIONS = "further_questions"
    PART_WITHOUT_ANSWER = "part_without_answer"
    NUMBERS_DIFFER = "numbers_differ"
    VALUE_ON_PAGE = "value_on_page"
    POLARITY_DIFFERS = "polarity_differs"
    WHICH_ONE = "which_one"
    WHICH_ONE_ALONE = "which_one_alone"
    DID_YOU_MEAN = "did_you_mean"
    DID_YOU_MEAN_ALONE = "did_you_mean_alone"
    CHOOSE_ONE = "choose_one"
    CONFIRM = "confirm"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    ABOUT_SERVER = "about_server"
    ANGER = "anger"
    DISSATISFIED = "dissatisfied"
    TROUBLE = "trouble"
    TROUBLE_AFTER = "trouble_after"
    TROUBLE_KNOWN = "trouble_known"
    TROUBLE_KNOWN_ALONE = "trouble_known_alone"
    NONE_OF_THEM = "none_of_them"
    PART = "part"
    ASSENT = "assent"
    PERSON = "person"
    OUT_OF_SCOPE = "out_of_scope"
    HIDDEN_BY_FILTERS = "hidden_by_filters"
    NEEDS_HUMAN = "needs_human"
    REPHRASE = "rephrase"
    READ_NEAREST = "read_nearest"
    ASK_ABOUT_DOCS = "ask_about_docs"
    RELAX_FILTERS = "relax_filters"
    CONTACT_SUPPORT = "contact_support"


PHRASES: Mapping[str, Mapping[Phrase, str]] = {
    ENGLISH: {
        Phrase.QUOTED_IN_ENGLISH: "The documentation answers this in English:",
        Phrase.QUOTED_IN_KOREAN: "The documentation answers this in Korean:",
        Phrase.NOT_IN_DOCS: "The documentation does not answer this question.",
        Phrase.LOW_CONFIDENCE: "I found no passage in the documentation that answers this question for sure.",
        Phrase.FILTERED: "The closest passages are flagged as not to be trusted, so I quote none of them.",
        Phrase.NEAREST_PAGES: "The nearest pages are: {pages}.",
        Phrase.SOURCES: "Sources:",
        Phrase.CLOSE_PAGES: "Pages that come close:",
        Phrase.FURTHER_QUESTIONS: "Further questions that the docs answer:",
        Phrase.PART_WITHOUT_ANSWER: "I found no answer in the documentation to “{part}”.",
        Phrase.NUMBERS_DIFFER: "The documentation does not agree: {values}.",
        Phrase.VALUE_ON_PAGE: "“{value}” in {page}",
        Phrase.POLARITY_DIFFERS: "The documentation does not agree: {page} says the opposite of {rivals}.",
        Phrase.WHICH_ONE: "Which of these do you mean?",
        Phrase.WHICH_ONE_ALONE: "Do you mean this? “{choice}”",
        Phrase.DID_YOU_MEAN: "I found no passage that answers this for sure. Did you mean one of these?",
        Phrase.DID_YOU_MEAN_ALONE: (
            "I found no passage that answers this for sure. Did you mean this? “{choice}”"
        ),
        Phrase.CHOOSE_ONE: "Choose one of the options.",
        Phrase.CONFIRM: "Say yes, or ask in other words.",
        Phrase.GREETING: "Hello! What would you like to know?",
        Phrase.THANKS: "You are welcome! Ask again whenever you have another question.",
        Phrase.GOODBYE: "Goodbye! Come back whenever you have a question.",
        Phrase.ABOUT_SERVER: (
            "I am an automated assistant: I answer questions from the documentation and show my sources."
        ),
        Phrase.ANGER: "I am sorry. Please ask in other words, or ask for a person.",
        Phrase.DISSATISFIED: "I am sorry that this did not help. A person can look into it.",
        Phrase.TROUBLE: (
            "I am sorry that it does not work. What did you want to do, and what happens instead?"
        ),
        Phrase.TROUBLE_AFTER: (
            "I am sorry that this did not work. At which step are you, and what do you see there? "
            "You can also ask for a person."
        ),
        Phrase.TROUBLE_KNOWN: "I am sorry that it does not work. Is it one of these?",
        Phrase.TROUBLE_KNOWN_ALONE: "I am sorry that it does not work. Shall we look at this? “{choice}”",
        Phrase.NONE_OF_THEM: (
            "Then please ask in other words: name the feature or the message that you see. "
            "You can also ask for a person."
        ),
        Phrase.PART: "On “{part}”:",
        Phrase.ASSENT: "All right. What would you like to know?",
        Phrase.PERSON: "You would like to talk to a person; I can only answer from the documentation.",
        Phrase.CONTACT_SUPPORT: "Contact support.",
        Phrase.OUT_OF_SCOPE: "The documentation does not deal with this.",
        Phrase.HIDDEN_BY_FILTERS: "Nothing that the filters leave answers this question.",
        Phrase.NEEDS_HUMAN: "This needs a person: I can only quote the documentation.",
        Phrase.REPHRASE: "Ask again in other words, and name the feature or the message that you see.",
        Phrase.READ_NEAREST: "Read “{page}”, which comes closest, or ask again with its words.",
        Phrase.ASK_ABOUT_DOCS: "Ask about something that the documentation deals with.",
        Phrase.RELAX_FILTERS: "Ask again without the filter {filters}.",
    },
    KOREAN: {
        Phrase.QUOTED_IN_ENGLISH: "이 내용은 영어 문서에 있습니다:",
        Phrase.QUOTED_IN_KOREAN: "이 내용은 한국어 문서에 있습니다:",
        Phrase.NOT_IN_DOCS: "문서에는 이 질문에 대한 답이 없습니다.",
        Phrase.LOW_CONFIDENCE: "이 질문에 확실히 답하는 내용을 문서에서 찾지 못했습니다.",
        Phrase.FILTERED: "가장 가까운 내용은 신뢰할 수 없다고 표시되어 있어 인용하지 않습니다.",
        Phrase.NEAREST_PAGES: "가장 가까운 문서: {pages}",
        Phrase.SOURCES: "출처:",
        Phrase.CLOSE_PAGES: "가까운 문서:",
        Phrase.FURTHER_QUESTIONS: "문서가 답할 수 있는 다른 질문:",
        Phrase.PART_WITHOUT_ANSWER: "문서에서 답을 찾지 못한 질문: “{part}”",
        Phrase.NUMBERS_DIFFER: "문서의 내용이 서로 다릅니다: {values}.",
        Phrase.VALUE_ON_PAGE: "{page}에는 “{value}”",
        Phrase.POLARITY_DIFFERS: "문서의 내용이 서로 다릅니다: {page}의 말은 {rivals}의 말과 반대입니다.",
        Phrase.WHICH_ONE: "다음 중 어느 것을 말씀하시나요?",
        Phrase.WHICH_ONE_ALONE: "이 내용을 말씀하시나요? “{choice}”",
        Phrase.DID_YOU_MEAN: "이 질문에 확실히 답하는 내용을 찾지 못했습니다. 혹시 다음 내용을 찾으시나요?",
        Phrase.DID_YOU_MEAN_ALONE: (
            "이 질문에 확실히 답하는 내용을 찾지 못했습니다. 혹시 이 내용을 찾으시나요? “{choice}”"
        ),
        Phrase.CHOOSE_ONE: "항목 중 하나를 골라 주세요.",
        Phrase.CONFIRM: "맞으면 “네”라고 답하고, 아니면 다른 말로 질문해 주세요.",
        Phrase.GREETING: "안녕하세요! 무엇이 궁금하신가요?",
        Phrase.THANKS: "천만에요! 궁금한 점이 더 있으면 언제든지 물어보세요.",
        Phrase.GOODBYE: "안녕히 가세요! 궁금한 점이 생기면 언제든지 다시 오세요.",
        Phrase.ABOUT_SERVER: "저는 자동 응답 도우미입니다. 문서에서 답을 찾아 출처와 함께 알려 드립니다.",
        Phrase.ANGER: "불편을 드려 죄송합니다. 다른 말로 질문해 주시거나 상담원 연결을 요청해 주세요.",
        Phrase.DISSATISFIED: "도움이 되지 못해 죄송합니다. 담당자가 직접 확인해 드릴 수 있습니다.",
        Phrase.TROUBLE: "불편을 드려 죄송합니다. 무엇을 하려고 하셨고, 어떤 문제가 생겼나요?",
        Phrase.TROUBLE_AFTER: (
            "불편을 드려 죄송합니다. 어느 단계에서 안 되고, 화면에 무엇이 보이나요? "
            "상담원 연결을 요청하셔도 됩니다."
        ),
        Phrase.TROUBLE_KNOWN: "불편을 드려 죄송합니다. 혹시 다음 중 하나인가요?",
        Phrase.TROUBLE_KNOWN_ALONE: "불편을 드려 죄송합니다. 이 내용을 함께 볼까요? “{choice}”",
        Phrase.NONE_OF_THEM: (
            "그러면 기능 이름이나 화면에 보이는 메시지를 넣어 다른 말로 질문해 주세요. "
            "상담원 연결을 요청하셔도 됩니다."
        ),
        Phrase.PART: "“{part}” 관련:",
        Phrase.ASSENT: "네, 알겠습니다. 무엇이 궁금하신가요?",
        Phrase.PERSON: "상담원과 이야기하고 싶으시군요. 저는 문서에 있는 내용만 답할 수 있습니다.",
        Phrase.OUT_OF_SCOPE: "문서에서 다루지 않는 내용입니다.",
        Phrase.HIDDEN_BY_FILTERS: "필터로 남은 문서에는 이 질문에 대한 답이 없습니다.",
        Phrase.NEEDS_HUMAN: "이 요청은 담당자가 처리해야 합니다. 저는 문서만 인용할 수 있습니다.",
        Phrase.REPHRASE: "기능 이름이나 화면에 보이는 메시지를 넣어 다른 말로 다시 질문해 주세요.",
        Phrase.READ_NEAREST: "가장 가까운 문서인 “{page}” 페이지를 읽거나, 그 표현으로 다시 질문해 주세요.",
        Phrase.ASK_ABOUT_DOCS: "문서에서 다루는 내용에 대해 질문해 주세요.",
        Phrase.RELAX_FILTERS: "필터 {filters} 없이 다시 질문해 주세요.",
        Phrase.CONTACT_SUPPORT: "고객 지원팀에 문의해 주세요.",
    },
}
_QUOTED_IN = {ENGLISH: Phrase.QUOTED_IN_ENGLISH, KOREAN: Phrase.QUOTED_IN_KOREAN}


def phrase(key: Phrase, lang: str, **values: str) -> str:
    """Say ``key`` in ``lang``; a language that the server does not speak gets English.

    >>> phrase(Phrase.NEAREST_PAGES, "ko", pages="설치")
    '가장 가까운 문서: 설치'
    """
    return PHRASES.get(lang, PHRASES[ENGLISH])[key].format(**values)


def quoted_in(quoted_lang: str, lang: str) -> str:
    """Tell an asker of ``lang`` in which language the documentation answers.

    >>> quoted_in("ko", "en")
    'The documentation answers this in Korean:'
    """
    return phrase(_QUOTED_IN.get(quoted_lang, Phrase.QUOTED_IN_ENGLISH), lang)
