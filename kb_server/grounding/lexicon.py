"""Words that the checks know, English and Korean: denials, opposites, units, numbers in words."""

from __future__ import annotations

from collections.abc import Iterator

_DENIALS = """
not never no none nobody nothing neither nor without cannot cant dont doesnt isnt wont arent didnt
"""
DENIALS = frozenset(_DENIALS.split())

_OPPOSITES = """
enable/disable on/off allow/deny allow/block allow/forbid include/exclude increase/decrease increase/reduce
before/after above/below minimum/maximum more/less more/fewer true/false start/stop open/close add/remove
required/optional first/last up/down accept/reject connect/disconnect lock/unlock show/hide
install/uninstall always/never possible/impossible public/private high/low higher/lower success/failure
left/right visible/hidden supported/unsupported available/unavailable valid/invalid old/new largest/smallest
earliest/latest all/none upload/download import/export
켜/끄 켜기/끄기 허용/차단 허용/거부 허용/금지 포함/제외 증가/감소 가능/불가능 활성화/비활성화 필수/선택
최대/최소 이전/이후 전에/후에 이상/이하 이상/미만 초과/미만 시작/종료 시작/중지 추가/삭제 추가/제거 설치/제거
연결/해제 연결/차단 승인/거절 승인/반려 성공/실패 공개/비공개 무료/유료 위/아래 왼쪽/오른쪽
표시/숨김 잠금/해제 같은/다른 높은/낮은 많은/적은 처음/마지막 항상/절대 찬성/반대 열기/닫기 업로드/다운로드
"""

_SENSES = """
start begin commence launch 시작 개시
end finish stop terminate conclude expire 끝 종료 마치 마칩 마감 만료

increase raise grow rise 증가 늘어 늘리 늘립 늘려 인상 높이 높입 높여 높아 올리 올립 올려 올라
decrease reduce shrink fall drop 감소 줄어 줄이 줄입 줄여 인하 낮추 낮춥 낮춰 낮아 내리 내립 내려

enable activate 활성화 켜 켭 켤
disable deactivate 비활성화 끄 끕 꺼

allow permit 허용 허가
forbid prohibit block deny disallow 금지 차단 거부 불허

lock 잠그 잠가 잠금 잠급
unlock 해제 풀

all every always 모든 모두 전부 항상 언제나
some sometimes occasionally partly partially 일부 가끔 때때로 몇몇

fast faster fastest quick quickly rapid 빠르 빠른 빠를 빠릅 빨라 빨리
slow slower slowest slowly 느리 느린 느릴 느립 느려 천천히

full 가득 꽉
empty 비어 비었 텅

succeed succeeded success successful successfully 성공
fail failed failure unsuccessful 실패

online 온라인
offline 오프라인

manual manually 수동
automatic automatically 자동

temporary temporarily 임시 일시적
permanent permanently 영구

local locally 로컬
remote remotely 원격

incoming inbound 수신 인바운드
outgoing outbound 발신 아웃바운드

ascending 오름차순
descending 내림차순

horizontal horizontally 가로 수평
vertical vertically 세로 수직

encrypt encrypted encryption 암호화
decrypt decrypted decryption 복호화

expand expanded 펼치 펼쳐 확대
collapse collapsed 접어 접으 접힌 축소

internal internally 내부
external externally 외부

upgrade 업그레이드
downgrade 다운그레이드

early earlier 일찍
late later 늦

safe safely secure 안전
unsafe insecure dangerous 위험 취약

long longer 길어
short shorter 짧
"""
"""Two lines each: words of one sense, and those of the opposite one; Korean ones by their beginning."""

_UNIT_NAMES = """
second: s sec secs second seconds 초
millisecond: ms millisecond milliseconds 밀리초
minute: min mins minute minutes 분
hour: h hr hrs hour hours 시간
day: d day days 일
week: week weeks 주 주일
month: month months 개월 달
year: year years yr yrs 년
percent: % percent pct 퍼센트 프로
byte: byte bytes 바이트
kilobyte: kb kib kilobyte kilobytes 킬로바이트
megabyte: mb mib megabyte megabytes 메가바이트 메가
gigabyte: gb gib gigabyte gigabytes 기가바이트 기가
terabyte: tb tib terabyte terabytes 테라바이트 테라
megabit/s: mbps
gigabit/s: gbps
hertz: hz
kilohertz: khz
megahertz: mhz
gigahertz: ghz
millimetre: mm
centimetre: cm 센티미터
metre: metre metres meter meters 미터
kilometre: km kilometre kilometres kilometer kilometers 킬로미터
mile: mile miles 마일
kilogram: kg 킬로그램
pixel: px pixel pixels 픽셀
character: character characters char chars 자 글자
dollar: $ dollar dollars usd 달러
won: ₩ won krw 원
euro: € euro euros eur 유로
pound: £ gbp 파운드
yen: ¥ yen jpy 엔
people: people persons users 명 사람
times: times 번 회 차례
"""

ENGLISH_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
KOREAN_SCALES = {
    "백": 10**2,
    "천": 10**3,
    "만": 10**4,
    "백만": 10**6,
    "천만": 10**7,
    "억": 10**8,
    "조": 10**12,
}
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve"
NUMBER_WORDS = {"zero": "0"} | {
    word: str(number) for number, word in enumerate(_NUMBER_WORDS.split(), start=2)
}
LOOSE_NUMBER_WORDS = {
    "one": "1",
    "once": "1",
    "single": "1",
    "twice": "2",
    "first": "1",
    "second": "2",
    "third": "3",
    "제로": "0",
}
"""Enough to carry a digit, but also said without counting."""
_NATIVE_NUMBERS = "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열"
NATIVE_NUMBERS = {word: str(number) for number, word in enumerate(_NATIVE_NUMBERS.split(), start=1)}
_MONTHS = "january february march april may june july august september october november december"
MONTHS = {word: str(number) for number, word in enumerate(_MONTHS.split(), start=1)}


def _units() -> Iterator[tuple[str, str]]:
    for line in _UNIT_NAMES.strip().splitlines():
        unit, _, names = line.partition(": ")
        yield from ((name, unit) for name in names.split())


UNITS = dict(_units())
"""Every name of a unit, and the one spelling for all of them."""


def opposites() -> Iterator[tuple[str, str]]:
    """Give the pairs of words that say the opposite of each other, both ways round."""
    for pair in _OPPOSITES.split():
        one, other = pair.split("/")
        yield one, other
        yield other, one


def senses() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give each sense, the opposite one, and the forms of the first; Korean forms are beginnings."""
    for pair in _SENSES.strip().split("\n\n"):
        names, others = (line.split() for line in pair.splitlines())
        yield names[0], others[0], tuple(names)
        yield others[0], names[0], tuple(others)
