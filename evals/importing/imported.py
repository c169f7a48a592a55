"""What an import makes: cases, the pages that the data set brings, and what it had to leave behind."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.text import plain

_MAX_NAME = 80


@dataclass(slots=True)
class Imported:
    """Cases as records, pages by path, and how often something was left behind, by its name."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    left_behind: Counter[str] = field(default_factory=Counter)

    def page(self, name: str, title: str, text: str) -> str:
        """Add a page and give its path, the same for the same name."""
        bare = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:_MAX_NAME]
        same = bare == name
        path = f"{bare}.md" if same else f"{bare}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.md"
        heading = " ".join((title or name).split())
        self.pages.setdefault(path, f"# {heading}\n\n{text.strip()}\n")
        return path

    def leave(self, record: Mapping[str, Any], known: Iterable[str], where: str = "") -> None:
        """Name the fields of a record that are not among ``known`` and say something."""
        used = set(known)
        for name, value in record.items():
            if name not in used and value not in (None, "", [], {}):
                self.left_behind[f"{where}{name}"] += 1


def answers_outside(question: str, answers: Iterable[str], imported: Imported) -> list[str]:
    """Give the answers that do not stand in the question: one that only repeats it would pass."""
    kept = []
    for answer in dict.fromkeys(text.strip() for text in answers if text.strip()):
        if plain(answer) in plain(question):
            imported.left_behind["answers that stand in their question"] += 1
        else:
            kept.append(answer)
    return kept
