"""Let an encoder that reads no Korean deal with Hangul: leave it out, and keep a faint trace of it.

An English word-piece model breaks Hangul into single letters that mean nothing to it. Without them the
Latin words of a Korean page (product names, commands, error codes) are found far better, at half the cost.
The trace, a hashed bag of syllable pairs, keeps different Korean texts apart where their Latin words are
the same or missing: a nearest-neighbour graph full of equal vectors finds nothing.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
from numpy.typing import NDArray

TRACE_WEIGHT = np.float32(0.1)
"""Length of the trace beside a unit vector: it tells texts apart (cosine .99), it does not rank them."""

_HANGUL_RUN = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff]+")
_SIGN_BIT = 31


def without_hangul(text: str) -> str:
    """Replace each run of Hangul by a space; other text stays exactly as it is.

    >>> without_hangul("API 키를 발급합니다.")
    'API    .'
    """
    return _HANGUL_RUN.sub(" ", text)


def hangul_tokens(text: str) -> int:
    """Count what Hangul takes from a token budget: one token for every two syllables of a run.

    >>> hangul_tokens("API 비밀번호를 바꾸기")
    5
    """
    return sum((len(run) + 1) // 2 for run in _HANGUL_RUN.findall(text))


def hangul_trace(text: str, dimension: int) -> NDArray[np.float32]:
    """Hash the syllable pairs of ``text`` into a vector of length 1 and size ``dimension``.

    A text without Hangul, and one whose pairs cancel out, gives the first unit vector.
    """
    trace = np.zeros(dimension, dtype=np.float32)
    for run in _HANGUL_RUN.findall(text):
        for start in range(max(len(run) - 1, 1)):
            code = zlib.crc32(run[start : start + 2].encode())
            trace[code % dimension] += 1 if code >> _SIGN_BIT else -1
    if not trace.any():
        trace[0] = 1
    trace = np.sign(trace) * np.sqrt(np.abs(trace))
    return np.asarray(trace / np.linalg.norm(trace), dtype=np.float32)
