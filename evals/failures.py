"""What can go wrong with a suite or a run, with what to do about it."""

from __future__ import annotations

from typing import ClassVar

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_BAD_INPUT = 2
EXIT_INFRASTRUCTURE = 3


class EvalFailure(Exception):  # noqa: N818 - the base of errors, as KbError is on the server's side
    """Something that ends a measurement; ``remedy`` names the next step."""

    code: ClassVar[str] = "eval_failed"
    exit_code: ClassVar[int] = EXIT_INFRASTRUCTURE

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Keep ``message`` (what is wrong, with the value) apart from ``remedy`` (what to do)."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class BadSuiteError(EvalFailure):
    """A suite, a case, a filter or an option that cannot be used as it stands."""

    code = "bad_suite"
    exit_code = EXIT_BAD_INPUT


class TargetError(EvalFailure):
    """A system that cannot be asked: not reachable, not ready, or not what it was taken for."""

    code = "eval_target"


class RunFolderError(BadSuiteError):
    """An output folder that holds something else than this run."""

    code = "run_folder"
