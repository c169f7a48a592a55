"""Compile the fault-injection shim with the C compiler at hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("faults.c")


class Mode(StrEnum):
    """What happens at the chosen operation; the shim's own words."""

    LOG = "log"
    KILL = "kill"
    TORN = "torn"
    ENOSPC = "enospc"


FAULTS = (Mode.KILL, Mode.TORN, Mode.ENOSPC)


@dataclass(frozen=True, slots=True)
class Target:
    """The ``occurrence``-th operation called ``name`` on a path that matches the glob ``path``."""

    name: str
    path: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.name} {self.path} #{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to disturb a process: ``mode`` at its operation ``target`` on a file below the data folder."""

    mode: Mode
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the shim's log."""

    number: int
    name: str
    path: str
    struck: bool = False


def compile_shim(folder: Path) -> Path:
    """Compile the shim into ``folder`` and give the library's path."""
    library = folder / "faults.so"
    compiler = ["cc"] if shutil.which("cc") else [sys.executable, "-m", "ziglang", "cc"]
    command = [*compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=300)
    return library


def environment(library: Path, root: Path, fault: Fault, log: Path) -> dict[str, str]:
    """Give the variables that put a process, and all that it starts, under ``fault``."""
    variables = {
        "LD_PRELOAD": str(library),
        "FAULT_MODE": fault.mode.value,
        "FAULT_ROOT": str(root),
        "FAULT_LOG": str(log),
        "FAULT_STATE": str(log.with_suffix(".state")),
    }
    if fault.target is not None:
        target = fault.target
        variables |= {
            "FAULT_NAME": target.name,
            "FAULT_PATH": target.path,
            "FAULT_AT": str(target.occurrence),
        }
    return variables


def read_log(log: Path) -> list[Operation]:
    """Read what the shim has counted."""
    operations = []
    for line in log.read_text(encoding="utf-8").splitlines():
        number, _, name, path = line.split(" ", 3)
        operations.append(Operation(int(number.lstrip("!")), name, path, struck=number.startswith("!")))
    return sorted(operations, key=lambda operation: operation.number)
