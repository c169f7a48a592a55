"""Choose the operations of an ingest that are worth disturbing."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from .shim import Operation, Target

_VARYING = (
    (re.compile(r"\.tmp-[^/]*"), ".tmp-*"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "*"),
    (re.compile(r"CURRENT-[0-9]+"), "CURRENT-*"),
    (re.compile(r"/v-[0-9a-f]+"), "/v-*"),
)


def glob_of(path: str) -> str:
    """Replace what differs from run to run in the path of an operation.

    >>> glob_of("versions/.tmp-12-ab/catalog.sqlite")
    'versions/.tmp-*/catalog.sqlite'
    """
    for pattern, replacement in _VARYING:
        path = pattern.sub(replacement, path)
    return path


def targets(operations: Sequence[Operation]) -> list[Target]:
    """Name each operation by what it does, so that the same one is met again in another run."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for operation in operations:
        kind = (operation.name, glob_of(operation.path))
        seen[kind] += 1
        found.append(Target(*kind, seen[kind]))
    return found


def decisive(found: Sequence[Target]) -> list[Target]:
    """Give the targets from the rename of the version to the durable CURRENT, and those around."""
    places = [index for index, target in enumerate(found) if _publishes(target)]
    return list(found[max(places[0] - 2, 0) : places[-1] + 3])


def crucial(found: Sequence[Target]) -> list[Target]:
    """Give the rename of the version, the write of the new CURRENT and its rename."""
    return [target for target in found if _publishes(target) and target.name != "create"][:3]


def _publishes(target: Target) -> bool:
    renames = target.name == "rename" and target.path == "versions/v-*"
    return renames or (target.name in {"create", "write", "rename"} and "CURRENT" in target.path)


def sample(found: Sequence[Target], size: int, *, seed: int) -> list[Target]:
    """Choose ``size`` targets, from every kind in turn; the same ``seed`` gives the same choice."""
    by_kind: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for target in found:
        by_kind[target.name, target.path].append(target)
    generator = random.Random(seed)
    queues = [generator.sample(group, len(group)) for group in by_kind.values()]
    generator.shuffle(queues)
    chosen: list[Target] = []
    while queues and len(chosen) < size:
        chosen.extend(queue.pop() for queue in queues[: size - len(chosen)])
        queues = [queue for queue in queues if queue]
    return chosen
