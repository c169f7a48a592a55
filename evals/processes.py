"""What processes cost: CPU seconds of a child that ended and of a server that runs."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Cost:
    """Seconds by the clock and of CPU, user and system together."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def children_cost() -> Iterator[Cost]:
    """Measure the children that are started and waited for in the block, with their own children.

    Not for use while another child of this process ends.
    """
    cost = Cost()
    started, before = time.perf_counter(), _children_cpu()
    yield cost
    cost.seconds = time.perf_counter() - started
    cost.cpu_seconds = _children_cpu() - before


def with_children(pid: int) -> list[int]:
    """List a running process and the processes that it has started."""
    return [pid, *(child for child in _processes() if _parent_of(child) == pid)]


def process_cpu_seconds(pid: int) -> float:
    """Give the CPU seconds that a running process and its children have used, in clock ticks (10 ms)."""
    return sum(_cpu_ticks(each) for each in with_children(pid)) / os.sysconf("SC_CLK_TCK")


def _cpu_ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _parent_of(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """Give the fields behind the name of a process; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def folder_bytes(folder: Path) -> int:
    """Give the size of all files below ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
