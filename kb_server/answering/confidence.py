"""How sure an answer is: one logistic per language over the signals of the search.

A raw similarity means something else for every question and corpus; the coefficients in
``confidence.json`` turn three signals into the chance that the passages hold the answer. That file is the
seam of calibration: fit it anew, and nothing else changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kb_server.errors import BadInputError
from kb_server.index.language import ENGLISH
from kb_server.retrieval.results import Signals

SHIPPED_CONFIDENCE = Path(__file__).with_name("confidence.json")


@dataclass(frozen=True, slots=True)
class LanguageConfidence:
    """Coefficients and thresholds for questions of one language."""

    intercept: float
    cosine: float
    lexical: float
    coverage: float
    answer_from: float
    """Lowest confidence at which an answer is given."""
    not_in_docs_below: float
    """Below this the reply says that the docs do not cover the question; above, that it is not sure."""

    def confidence(self, signals: Signals) -> float:
        """Give the chance, from 0 to 1, that the passages answer the question."""
        z = (
            self.intercept
            + self.cosine * signals.cosine
            + self.lexical * signals.lexical
            + self.coverage * signals.coverage
        )
        return 1 / (1 + math.exp(-max(min(z, 60.0), -60.0)))  # beyond ±60 exp() only overflows


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """The logistic of each language and where it comes from."""

    languages: Mapping[str, LanguageConfidence]
    provenance: str

    def of(self, lang: str) -> LanguageConfidence:
        """Give the coefficients for questions in ``lang``; English ones for a language without its own."""
        return self.languages.get(lang) or self.languages[ENGLISH]


def load_confidence(path: Path = SHIPPED_CONFIDENCE) -> ConfidenceModel:
    """Read a confidence file; raise ``BadInputError`` naming the field that breaks a rule."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(path, f"cannot be read: {error}") from error
    languages = content.get("languages") if isinstance(content, dict) else None
    if not isinstance(languages, dict) or ENGLISH not in languages:
        raise _unusable(path, f"needs 'languages' with at least {ENGLISH!r}")
    read = {lang: _language(path, lang, fields) for lang, fields in languages.items()}
    return ConfidenceModel(languages=read, provenance=str(content.get("provenance", "")))


@cache
def shipped_confidence() -> ConfidenceModel:
    """Give the model that comes with the server, read once."""
    return load_confidence()


def _language(path: Path, lang: str, fields: Any) -> LanguageConfidence:
    names = LanguageConfidence.__dataclass_fields__.keys()
    if not isinstance(fields, dict) or set(fields) != set(names):
        raise _unusable(path, f"{lang!r} needs exactly these fields: {', '.join(names)}")
    for name, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _unusable(path, f"{lang}.{name} is {value!r}, not a finite number")
    read = LanguageConfidence(**fields)
    if not 0 <= read.not_in_docs_below <= read.answer_from <= 1:
        raise _unusable(path, f"{lang!r} breaks 0 <= not_in_docs_below <= answer_from <= 1")
    return read


def _unusable(path: Path, rule: str) -> BadInputError:
    return BadInputError(
        f"The confidence file {str(path)!r} {rule}.",
        remedy="Restore it, or fit it anew from labelled questions.",
    )
