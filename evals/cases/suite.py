"""A suite: a folder with ``suite.toml`` and files of cases, and how it is run."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.cases.problems import Problem, problems_of
from evals.cases.reading import read_cases
from evals.cases.schema import Case, suite_hash
from evals.failures import BadSuiteError
from evals.unreadable import why_not_read

SUITES = Path("evals/suites")
"""Where a suite is looked for by its name, below the folder in which the command runs."""
CONFIG = "suite.toml"
HardZero = Literal[
    "citation_integrity", "not_contains", "wrong_language", "answered_must_abstain", "missing_page"
]
"""What must not happen in a single case."""
_ENDINGS = (".jsonl", ".yaml", ".yml", ".csv")
_SHOWN = 20


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QueryFields(_Table):
    """What is sent with every question, beside its own filters and history."""

    top_k: Annotated[int, Field(ge=1, le=100)] | None = None
    max_risk: Annotated[float, Field(ge=0, le=1)] | None = None
    filters: dict[str, str | list[str]] = Field(default_factory=dict)


class RunFields(_Table):
    """How the suite is run unless the command says otherwise."""

    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: int = 0
    input_price: Annotated[float, Field(ge=0)] | None = None
    output_price: Annotated[float, Field(ge=0)] | None = None


class GateFields(_Table):
    """When a run is good enough to release; a measure is named alone or with its slice, ``name@lang:ko``."""

    floors: dict[str, float] = Field(default_factory=dict)
    ceilings: dict[str, float] = Field(default_factory=dict)
    no_drop: list[str] | None = None
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    hard_zeros: list[HardZero] = Field(default_factory=lambda: list(get_args(HardZero)))
    max_error_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    max_p95_seconds: Annotated[float, Field(gt=0)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0)] | None = None


class SuiteConfig(_Table):
    """The content of ``suite.toml``."""

    name: str = ""
    description: str = ""
    product: str = ""
    corpus: str = ""
    leave_out: list[str] = Field(default_factory=list)
    cases: list[str] = Field(default_factory=list)
    query: QueryFields = Field(default_factory=QueryFields)
    run: RunFields = Field(default_factory=RunFields)
    gate: GateFields = Field(default_factory=GateFields)
    scorers: dict[str, str | dict[str, Any]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases with their configuration."""

    name: str
    folder: Path
    config: SuiteConfig
    cases: tuple[Case, ...]

    @property
    def hash(self) -> str:
        """Name the content of the cases."""
        return suite_hash(list(self.cases))

    @property
    def corpus(self) -> Path | None:
        """Give the folder of the pages that the suite is about; None: whatever is published."""
        return (self.folder / self.config.corpus).resolve() if self.config.corpus else None

    def product_of(self, case: Case) -> str:
        """Give the product that a case is about, for slices."""
        asked = case.filters.get("product", "")
        return case.product or (asked if isinstance(asked, str) else "+".join(asked)) or self.config.product


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a suite, and what could not."""

    suite: Suite
    problems: tuple[Problem, ...]
    places: dict[str, str]
    """``file:line`` of each case, by its id."""


def suite_folder(name: str | Path, *, below: Path | None = None) -> Path:
    """Find a suite by its folder, its ``suite.toml`` or its name in ``evals/suites``.

    Raises ``BadSuiteError`` that lists the suites there are.
    """
    given = Path(name)
    if given.is_dir():
        return given
    if given.name == CONFIG and given.is_file():
        return given.parent
    root = (below or Path()) / SUITES
    if (root / given).is_dir() and len(given.parts) == 1:
        return root / given
    known = sorted(item.name for item in root.iterdir() if item.is_dir()) if root.is_dir() else []
    there = f"In {root}: {', '.join(known)}." if known else f"There is no folder {root} here."
    raise BadSuiteError(
        f"There is no suite {str(name)!r}. {there}",
        remedy="Name a folder that holds files of cases, or the name of a suite.",
    )


def read_suite(name: str | Path) -> Reading:
    """Read the cases of a suite as far as they can be read; a bad ``suite.toml`` raises ``BadSuiteError``."""
    folder = suite_folder(name)
    config = _config(folder / CONFIG)
    cases: list[Case] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for file in _files(folder, config.cases):
        found = read_cases(file, file.relative_to(folder).as_posix())
        problems += found.problems
        for place, case in found.cases:
            if case.id in places:
                problems.append(
                    Problem(place, case.id, "duplicate_id", f"The id is taken by {places[case.id]}.")
                )
                continue
            places[case.id] = place
            cases.append(case)
    suite = Suite(config.name or folder.resolve().name, folder, config, tuple(cases))
    return Reading(suite, tuple(problems), places)


def load_suite(name: str | Path) -> Suite:
    """Read a suite all of whose cases can be used, or raise ``BadSuiteError`` that lists what is wrong."""
    reading = read_suite(name)
    if reading.problems:
        shown = "\n".join(f"  {problem}" for problem in reading.problems[:_SHOWN])
        more = len(reading.problems) - _SHOWN
        rest = f"\n  … and {more} more" if more > 0 else ""
        raise BadSuiteError(
            f"The suite {reading.suite.name!r} cannot be used:\n{shown}{rest}",
            remedy="`kb eval lint` shows all problems.",
        )
    refuse_empty(reading.suite)
    return reading.suite


def refuse_empty(suite: Suite) -> None:
    """Raise ``BadSuiteError`` for a suite without a case: nothing asked is nothing shown."""
    if not suite.cases:
        raise BadSuiteError(
            f"The suite in {suite.folder} has no case.",
            remedy=f"Write cases into a file that ends in {', '.join(_ENDINGS)}.",
        )


def _config(file: Path) -> SuiteConfig:
    if not file.is_file():
        return SuiteConfig()
    try:
        return SuiteConfig.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSuiteError(
            f"{file} cannot be read: {why_not_read(error)}.", remedy="Mend the file."
        ) from error
    except ValidationError as error:
        problems = problems_of(error, SuiteConfig, "", "", of=file.name)
        found = "; ".join(problem.message for problem in problems)
        raise BadSuiteError(f"{file}: {found}", remedy="The manual describes each key of a suite.") from error


def _files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    chosen: list[Path] = []
    for pattern in patterns or [f"*{ending}" for ending in _ENDINGS]:
        found = sorted(folder.glob(pattern))
        if patterns and not found:
            raise BadSuiteError(
                f"{folder / CONFIG} names the cases {pattern!r}, and there is no such file.",
                remedy="Mend `cases`, or leave it out to read every file of cases in the folder.",
            )
        chosen += [file for file in found if file.is_file() and file not in chosen]
    return chosen
