"""Dates and times of day, whatever notation they are in: a day and a month that changed places are found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb_server.grounding.lexicon import MONTHS
from kb_server.grounding.support import Check, Finding

_MONTH = "|".join((*MONTHS, "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"))
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NUMBERED = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:1[5-9]|20|21)\d\d"
_NOT_WITHIN = r"(?<![\w.,/\-:])"
_DATES = (
    re.compile(rf"{_NOT_WITHIN}(?P<y>{_YEAR})([-/.]) ?(?P<m>{_NUMBERED})\2 ?(?P<d>{_DAY})(?![\d:])"),
    re.compile(rf"(?:(?P<y>{_YEAR})년 ?)?(?<!\d)(?P<m>{_NUMBERED})월 ?(?P<d>{_DAY})일"),
    re.compile(
        rf"\b(?P<d>{_DAY})(?:st|nd|rd|th)?(?: of)? (?P<name>{_MONTH})\b\.?(?:,? (?P<y>{_YEAR})\b)?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<name>{_MONTH})\b\.? (?:the )?(?P<d>{_DAY})(?:st|nd|rd|th)?\b(?:,? (?P<y>{_YEAR})\b)?(?!:)",
        re.IGNORECASE,
    ),
)
_SLASHED = re.compile(rf"{_NOT_WITHIN}(?P<one>{_DAY})([/.])(?P<other>{_DAY})\2(?P<y>{_YEAR})(?![\d/])")
_HALF = r"(?:(?P<half>오전|오후|새벽|아침|저녁|밤) ?)?"
_TIMES = (
    re.compile(
        rf"{_HALF}{_NOT_WITHIN}(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::[0-5]\d)?"
        r"(?![\d:])(?: ?(?P<after>[ap])\.?m\b\.?)?",
        re.IGNORECASE,
    ),
    re.compile(rf"{_NOT_WITHIN}(?P<h>1[0-2]|0?[1-9]) ?(?P<after>[ap])\.?m\b\.?", re.IGNORECASE),
    re.compile(
        rf"{_HALF}(?<!\d)(?P<h>[01]?\d|2[0-4])시(?!간)"
        r"(?: ?(?P<m>[0-5]?\d)분| ?(?P<thirty>반))?"
    ),
)
_HOURS = 24
_NOON = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time of day as it is written, with every reading that it allows."""

    text: str
    readings: frozenset[tuple[int, ...]]
    """Month and day, or hour and minute."""
    is_date: bool
    year: int = 0
    """0 where none is given."""

    def agrees(self, other: Moment) -> bool:
        """Tell whether both can be the same; a year counts where both have one."""
        return (
            self.is_date == other.is_date
            and bool(self.readings & other.readings)
            and (not self.year or not other.year or self.year == other.year)
        )


def moments(text: str) -> list[Moment]:
    """List the dates and times of day in ``text``.

    >>> [sorted(m.readings) for m in moments("2024-05-03, May 3rd, 2024년 5월 3일 오후 2시, 2 pm")]
    [[(5, 3)], [(5, 3)], [(5, 3)], [(14, 0)], [(14, 0)]]
    """
    if not any(sign.isdigit() for sign in text):
        return []
    normal = unicodedata.normalize("NFKC", text)
    found = [(match.start(), moment) for match, moment in (*_dates(normal), *_times(normal))]
    return [moment for _, moment in sorted(found, key=lambda pair: pair[0])]


def moment_findings(said: Sequence[Moment], stated: Sequence[Moment]) -> list[Finding]:
    """Name each date or time that none of the stated ones agrees with; nothing where none is stated."""
    findings = []
    for moment in said:
        others = [other for other in stated if other.is_date == moment.is_date]
        if others and not any(moment.agrees(other) for other in others):
            findings.append(Finding(Check.NUMBER, moment.text, others[0].text))
    return findings


def _dates(text: str) -> Iterator[tuple[re.Match[str], Moment]]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = int(parts["m"]) if parts.get("m") else _month(parts["name"])
            day = int(parts["d"])
            yield match, Moment(match.group(), frozenset({(month, day)}), True, int(parts["y"] or 0))
    for match in _SLASHED.finditer(text):
        one, other = int(match["one"]), int(match["other"])
        pairs = {(month, day) for month, day in ((one, other), (other, one)) if month <= len(MONTHS)}
        if pairs:
            yield match, Moment(match.group(), frozenset(pairs), True, int(match["y"]))


def _month(name: str) -> int:
    return next(int(MONTHS[month]) for month in MONTHS if month.startswith(name.casefold()[:3]))


def _times(text: str) -> Iterator[tuple[re.Match[str], Moment]]:
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            minute = 30 if parts.get("thirty") else int(parts.get("m") or 0)
            hours = _hours(int(parts["h"]), parts.get("half") or "", (parts.get("after") or "").casefold())
            is_open = "after" not in parts and not parts.get("half")
            if is_open and hours[0] <= _NOON:  # a Korean hour says no half of the day by itself
                hours = (hours[0] % _HOURS, (hours[0] + _NOON) % _HOURS)
            yield match, Moment(match.group(), frozenset((hour, minute) for hour in hours), False)


def _hours(hour: int, half: str, after: str) -> tuple[int, ...]:
    """Give the hour of the day, 0 to 23."""
    if hour > _NOON or not (half or after):
        return (hour % _HOURS,)
    if half in {"저녁", "밤"}:
        return (hour % _NOON + _NOON, hour % _NOON)  # 밤 12시, 밤 1시
    is_afternoon = half == "오후" or after == "p"
    return (hour % _NOON + _NOON * is_afternoon,)
