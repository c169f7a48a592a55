"""Read every compiled pattern of a package with texts that repeat what it may repeat."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

_constants: Any = importlib.import_module("re._constants")
_parser: Any = importlib.import_module("re._parser")

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_LONG = 8
"""A repeat up to this often is no repeat that work could grow with."""
_POOL = "a A1가_,.-/\"'<>()[]{}|*`#:;!?\n=&"
_PLAIN = ("a", "가", " ", "1", "-", "\n", "a ", "a-", "1-", ", ", "Aa ", "가 ")
_SAMPLES = 2
_LEFT_OUT = (".__main__", ".korean_module")
"""They run or load a library of seconds, and hold no pattern."""
_END = "\x00"
"""Nothing that a pattern wants: what matched so far has to be given up again."""


class Named(NamedTuple):
    """A pattern, and the module that holds it."""

    module: str
    name: str
    pattern: re.Pattern[str]


class TookTooLongError(Exception):
    """More time of the processor than was allowed."""


def patterns_of(package: str) -> list[Named]:
    """List the patterns that the modules of a package hold, each once."""
    found: dict[tuple[str, int], Named] = {}
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if info.name.endswith(_LEFT_OUT):
            continue
        module = importlib.import_module(info.name)
        for name, value in list(vars(module).items()):
            for pattern in _held(value):
                found.setdefault((pattern.pattern, pattern.flags), Named(info.name, name, pattern))
    return list(found.values())


def _held(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth < 3:
        for inner in _inside(value):
            yield from _held(inner, depth + 1)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, tuple | list | set | frozenset):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return []


def pumped(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Give texts of about ``length`` characters that repeat what the pattern repeats, and plain ones."""
    rng = random.Random(pattern.pattern)
    for before, body in _repeats(_parser.parse(pattern.pattern, pattern.flags), ()):
        for _ in range(_SAMPLES):
            begin, one, other = _sample(before, rng), _sample(body, rng), _sample(body, rng)
            yield begin + _fill(one, length) + _END
            yield _fill(begin + one + other, length) + _END
    for text in _PLAIN:
        yield f"a{_fill(text, length)}{_END}"


def slowest(pattern: re.Pattern[str], length: int, seconds: float) -> str:
    """Give the beginning of a text that takes more than ``seconds`` of the processor's time; else nothing."""
    for text in dict.fromkeys(pumped(pattern, length)):
        try:
            with at_most(seconds):
                for _ in pattern.finditer(text):
                    pass
        except TookTooLongError:
            return text[:60]
    return ""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Break off what takes more of the processor's time."""

    def stop(*_: object) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _fill(text: str, length: int) -> str:
    return (text * (length // max(len(text), 1) + 1))[:length]


def _repeats(nodes: Any, before: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give each long repeat: what stands before it, and what it repeats."""
    for node in nodes:
        kind, value = node
        if kind in _REPEATS and value[1] > _LONG:
            yield before, value[2]
        for part in _parts(kind, value):
            yield from _repeats(part, before)
        before = (*before, node)


def _parts(kind: Any, value: Any) -> list[Any]:
    if kind in _REPEATS:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[3]]
    if kind is _constants.BRANCH:
        return list(value[1])
    if kind in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    return [value] if kind is _constants.ATOMIC_GROUP else []


def _sample(nodes: Any, rng: random.Random) -> str:
    return "".join(_one(kind, value, rng) for kind, value in nodes)


def _one(kind: Any, value: Any, rng: random.Random) -> str:
    if kind is _constants.LITERAL:
        return chr(value)
    if kind in (_constants.NOT_LITERAL, _constants.ANY):
        return rng.choice(" a")
    if kind is _constants.IN:
        return rng.choice(_choices(value))
    if kind in _REPEATS:
        least, most, body = value
        times = least if least == most else min(least + rng.choice((0, 1, 1)), most)
        return "".join(_sample(body, rng) for _ in range(min(times, 50)))
    if kind in (_constants.ASSERT, _constants.ASSERT_NOT):
        return ""
    parts = _parts(kind, value)
    return _sample(rng.choice(parts), rng) if parts else ""


_CATEGORIES = {
    _constants.CATEGORY_SPACE: r"\s", _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w", _constants.CATEGORY_NOT_WORD: r"\W",
    _constants.CATEGORY_DIGIT: r"\d", _constants.CATEGORY_NOT_DIGIT: r"\D",
}  # fmt: skip


def _choices(members: Any) -> list[str]:
    negated = any(kind is _constants.NEGATE for kind, _ in members)
    chosen = [sign for sign in _POOL if any(_has(member, sign) for member in members) != negated]
    own = [chr(value) for kind, value in members if kind is _constants.LITERAL]
    own += [chr(value[0]) for kind, value in members if kind is _constants.RANGE]
    return chosen + ([] if negated else own) or ["a"]


def _has(member: Any, sign: str) -> bool:
    kind, value = member
    if kind is _constants.LITERAL:
        return value == ord(sign)
    if kind is _constants.RANGE:
        return value[0] <= ord(sign) <= value[1]
    return kind is _constants.CATEGORY and re.match(_CATEGORIES[value], sign) is not None
