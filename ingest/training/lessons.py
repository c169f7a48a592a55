"""From parallel documentation to lessons: the English encoder says where each Korean text belongs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.training.course import Lessons
from ingest.training.records import SectionPair, SegmentPair

TEACHER_CHARS = 900
"""English characters of a section that the teacher reads: about what its window of 256 tokens holds."""
PUPIL_CHARS = 600
"""Korean characters of a section; the recipe cuts them to its tokens."""
_HEADING_SEPARATOR = " > "

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def lessons_of(segments: Sequence[SegmentPair], sections: Sequence[SectionPair], teacher: Encode) -> Lessons:
    """Give the Korean halves of both with the ``teacher``'s vectors of the English halves."""
    return Lessons(
        segments=[pair.ko for pair in segments],
        segment_targets=teacher([pair.en for pair in segments]),
        headings=[last_heading(pair.ko_heading) for pair in sections],
        heading_targets=teacher([last_heading(pair.en_heading) for pair in sections]),
        sections=[section_text(pair.ko_heading, pair.ko_text)[:PUPIL_CHARS] for pair in sections],
        section_targets=teacher(
            [section_text(pair.en_heading, pair.en_text)[:TEACHER_CHARS] for pair in sections]
        ),
    )


def last_heading(heading_path: str) -> str:
    """Give the innermost heading.

    >>> last_heading("Billing > Invoices")
    'Invoices'
    """
    return heading_path.rsplit(_HEADING_SEPARATOR, maxsplit=1)[-1]


def section_text(heading_path: str, text: str) -> str:
    """Join the headings and the text of a section as an index does."""
    return f"{heading_path}\n{text}"
