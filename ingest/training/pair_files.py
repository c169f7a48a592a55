"""Pairs from a JSON Lines file: translation memories, glossaries, FAQ exports.

A line is a segment, ``{"en": …, "ko": …}`` with an optional ``kind``, or a section,
``{"en_text": …, "ko_text": …}`` with optional ``en_heading`` and ``ko_heading``. Both may name a ``page``.
"""

from __future__ import annotations

import json
from pathlib import Path

from ingest.scanning import UnreadableFileError, read_inside, resolve_root
from ingest.training.plausibility import implausible
from ingest.training.records import Alignment, SectionPair, SegmentKind, SegmentPair
from kb_server.errors import SourceError

_REMEDY = (
    'Each line is one JSON object with the texts "en" and "ko", or "en_text" and "ko_text"; '
    'optional are "page", "kind", "en_heading" and "ko_heading".'
)


def read_pairs(location: Path, *, max_bytes: int) -> Alignment:
    """Read a file of pairs; ``SourceError`` names the line that cannot be read.

    Blank lines are passed over; pairs that cannot be translations are counted as misses. A pair without a
    ``page`` is a page of its own, named by file and line.
    """
    aligned = Alignment()
    for number, line in enumerate(_text(location, max_bytes).split("\n"), start=1):
        if line.strip():
            _read_line(location, number, line, aligned)
    if not aligned.segments and not aligned.sections:
        raise SourceError(
            f"{str(location)!r} holds no pair of texts that can be translations.", remedy=_REMEDY
        )
    return aligned


def _text(location: Path, max_bytes: int) -> str:
    resolved = resolve_root(location)
    try:
        return read_inside(resolved, resolved.parent, max_bytes=max_bytes).decode("utf-8-sig")
    except UnreadableFileError as error:
        raise SourceError(f"Cannot read {str(location)!r}: {error}.", remedy=_REMEDY) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{str(location)!r} is not UTF-8: {error}.", remedy="Save it as UTF-8.") from error


def _read_line(location: Path, number: int, line: str, aligned: Alignment) -> None:
    place = f"{location.name}:{number}"
    fields = _fields(place, line)
    page = fields.get("page") or place
    is_section = "en_text" in fields or "ko_text" in fields
    en, ko = (_required(place, fields, f"{lang}_text" if is_section else lang) for lang in ("en", "ko"))
    miss = implausible(en, ko)
    if miss:
        aligned.misses[miss] += 1
    elif is_section:
        headings = fields.get("en_heading", ""), fields.get("ko_heading", "")
        aligned.sections.append(SectionPair(page, *headings, en, ko))
    else:
        aligned.segments.append(SegmentPair(page, _kind(place, fields), en, ko))


def _fields(place: str, line: str) -> dict[str, str]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{place}: not JSON ({error}).", remedy=_REMEDY) from error
    if not isinstance(fields, dict):
        raise SourceError(f"{place}: {line.strip()[:40]!r} is not a JSON object.", remedy=_REMEDY)
    wrong = next((name for name, value in fields.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise SourceError(f"{place}: {wrong!r} is {fields[wrong]!r}, not a text.", remedy=_REMEDY)
    return fields


def _required(place: str, fields: dict[str, str], name: str) -> str:
    text = fields.get(name, "").strip()
    if not text:
        raise SourceError(f"{place}: {name!r} is missing or empty.", remedy=_REMEDY)
    return text


def _kind(place: str, fields: dict[str, str]) -> SegmentKind:
    named = fields.get("kind", SegmentKind.SENTENCE)
    try:
        return SegmentKind(named)
    except ValueError as error:
        kinds = ", ".join(SegmentKind)
        raise SourceError(
            f"{place}: {named!r} is no kind of segment.", remedy=f"Use one of {kinds}."
        ) from error
