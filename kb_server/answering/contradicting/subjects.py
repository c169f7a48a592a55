"""Tell whether two pages speak of the same thing, or of two things that may well differ.

Titles and headings of two pages nearly always differ. What explains another value is a name (MySQL and
PostgreSQL), a plan, a role or a platform that only one of them has, or that both describe things of one kind:
they share a word of their titles, or have the same sections.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from kb_server.answering.contradicting.disagreement import Statement, context_words
from kb_server.answering.quoting.headings import is_question
from kb_server.grounding.words import Word, WordKind, read_words
from kb_server.index.language import has_hangul
from kb_server.index.records import Revision, ScoredChunk
from kb_server.remembering import Recent
from kb_server.retrieval.crossing.lexicon import shipped_lexicon

_KIND_OF_PAGE = context_words(
    (
        "FAQ questions answers overview guide introduction reference troubleshooting help support tips notes",
        "manual documentation docs basics limits limitations quick start getting started general about page",
        "settings options details information rules terms policy common frequently asked",
        "개요 안내 소개 참고 문제 해결 도움말 자주 묻는 질문 답변 설명서 시작하기 제한 사항 문서 정보 일반",
        "설정 옵션 가이드 규칙 약관 정책 세부 상세",
    )
)
"""Words of titles that name a kind of page, and nothing that it is about."""
_VARIANTS = context_words(
    (
        "free trial basic starter standard plus pro professional premium business team enterprise personal",
        "family education nonprofit admin administrator owner member guest editor viewer",
        "android ios iphone ipad windows mac macos linux desktop mobile tablet browser",
        "cloud self-hosted hosted on-premises onpremise sandbox production staging",
        "beta preview legacy deprecated",
        "무료 유료 체험 베이직 스탠다드 표준 플러스 프로 프리미엄 비즈니스 팀 기업 엔터프라이즈 개인 가족",
        "교육 관리자 소유자 멤버 구성원 회원 비회원 손님 게스트 편집자",
        "안드로이드 아이폰 아이패드 윈도우 맥 리눅스 데스크톱 모바일 태블릿 브라우저",
        "클라우드 설치형 자체 호스팅 샌드박스 운영 실서비스 베타 구버전 신버전 국내 해외",
    )
)
"""Words of titles for plans, roles, platforms and stages, which nearly everything may depend on."""
_ATTRIBUTES = context_words(
    (
        "default value limit maximum minimum length size number count amount option field parameter setting",
        "property name type unit item list range result default must can may set use it this that they",
        "기본 기본값 값 제한 최댓값 최솟값 길이 크기 개수 수 옵션 필드 매개변수 설정 속성 이름 항목 범위",
    )
)
"""Words for what many things have: a sentence of nothing else does not say what it is about."""
_POINTING = re.compile(
    r"(?:it|this|these|those|they|that|here|there|이|이는|이것|그|여기|해당|위|아래)\b", re.IGNORECASE
)
_SECTION = re.compile(r"^#{1,6} +(?P<heading>.*\S)", re.MULTILINE)
_SECTIONS_IN_COMMON = 2
"""Headings that pages about things of one kind share; a question may stand on two pages."""
_STEM = 2
"""Syllables by which a Korean word of a heading is known in a sentence: 내보내기, 내보낼."""
_LEAST_SYLLABLES = 3
"""Syllables of a Korean name; shorter words that the lexicon lacks are often common ones."""
_OWN_WORDS = 2
"""Words besides attributes by which a sentence says what it is about, whatever page it is on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands."""

    hit: ScoredChunk
    revision: Revision
    offset: int
    """Of the sentence, in the revision."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Give the title and the headings above the sentence."""
        return (self.hit.document.title, *self.hit.chunk.section_at(self.offset).heading_path)


_Named = Mapping[str, bool]
"""Words of titles and headings; whether each is a name."""
_NAMED: Recent[tuple[str, tuple[str, ...]], _Named] = Recent(1024)
_SECTIONS: Recent[str, frozenset[str]] = Recent(1024)


def about_the_same(sentence: str, said: Statement, one: Place, other: Place) -> bool:
    """Tell whether two sentences alike speak of the same thing, from where they stand.

    ``said`` is ``sentence`` as it was read. Words that it has itself need no heading.
    """
    left, right = _context(one), _context(other)
    mine, yours = left.keys() - right.keys() - said.keys, right.keys() - left.keys() - said.keys
    if (mine | yours) & _VARIANTS or _is_named(left, mine, other) or _is_named(right, yours, one):
        return False
    above, beside = _folders(one, other), _folders(other, one)
    if not mine | above or not yours | beside:
        return True
    if (above and beside) or _POINTING.match(sentence) or len(said.keys - _ATTRIBUTES) < _OWN_WORDS:
        return False
    alike = _are_siblings(one, other, said) or _are_alike(one.revision, other.revision)
    return not alike and not _of_one_kind(one, other) - said.keys


def _context(one: Place) -> _Named:
    """Give what a page is about."""
    texts = one.headings
    named = _NAMED.get((one.revision.revision, texts), lambda: _read(texts, one.revision.text))
    return {key: is_name for key, is_name in named.items() if key not in _KIND_OF_PAGE}


def _folders(one: Place, other: Place) -> frozenset[str]:
    """Give what folders say of one of two pages with one file name, such as ``mail/limits.md``."""
    page, rival = PurePosixPath(one.hit.document.path), PurePosixPath(other.hit.document.path)
    folders = [part for part in page.parent.parts if part not in rival.parent.parts]
    return context_words(folders) - _KIND_OF_PAGE if page.name == rival.name else frozenset()


def _read(texts: Collection[str], page: str) -> _Named:
    named: dict[str, bool] = {}
    for text in texts:
        for word in read_words(text):
            is_clause = word.is_hangul and is_question(text)
            if word.is_content:
                named[word.key] = named.get(word.key, False) or (not is_clause and _is_name(word, page))
    return named


def _is_name(word: Word, page: str) -> bool:
    """Tell a name from a word that only opens a title: the page writes that in small letters too."""
    if word.is_hangul:
        return len(word.key) >= _LEAST_SYLLABLES and not shipped_lexicon().knows_korean(word.text)
    if word.kind is not WordKind.NAME:
        return word.kind is WordKind.IDENTIFIER
    if re.search(rf"(?<!\w){re.escape(word.text.lower())}", page):
        return False
    is_common = any(map(shipped_lexicon().knows_english, word.terms))
    return not is_common or bool(re.search(rf"[a-z,가-힣] {re.escape(word.text)}(?!\w)", page))


def _is_named(context: _Named, words: Collection[str], other: Place) -> bool:
    """Tell whether one page is about something with a name that the other page never speaks of."""
    names = [word for word in words if context[word]]
    if not names:
        return False
    spoken = {word.key for word in read_words(other.revision.text)}
    return any(name not in spoken for name in names)


def _of_one_kind(one: Place, other: Place) -> frozenset[str]:
    """Give the words that two titles, or the headings below, share where each goes on otherwise."""
    levels = zip((one.headings[:1], one.headings[1:]), (other.headings[:1], other.headings[1:]), strict=True)
    shared: set[str] = set()
    for texts in levels:
        left, right = (
            context_words(text for text in level if not is_question(text)) - _KIND_OF_PAGE for level in texts
        )
        shared |= left & right if left != right else set()
    return frozenset(shared)


def _are_siblings(one: Place, other: Place, said: Statement) -> bool:
    """Tell whether two sentences stand in sections of one name that pages about two things have.

    A section that is named by what the sentence speaks of tells nothing.
    """
    below, beside = one.headings[-1].casefold(), other.headings[-1].casefold()
    titled = all(context_words(place.headings[:1]) - _KIND_OF_PAGE for place in (one, other))
    named_by_it = set(map(_stem, context_words((below,)))) <= set(map(_stem, said.keys))
    return below == beside and titled and not named_by_it and not is_question(below)


def _stem(key: str) -> str:
    return key[:_STEM] if has_hangul(key) else key


def _are_alike(one: Revision, other: Revision) -> bool:
    """Tell whether two pages have the same sections, as those of things of one kind do."""
    return len(_sections(one) & _sections(other)) >= _SECTIONS_IN_COMMON


def _sections(revision: Revision) -> frozenset[str]:
    return _SECTIONS.get(
        revision.revision,
        lambda: frozenset(match["heading"].casefold() for match in _SECTION.finditer(revision.text)),
    )
