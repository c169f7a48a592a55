"""Pages kept out of training on purpose, so that what was learned can be measured on them."""

from __future__ import annotations

import hashlib

HELD_OUT_SHARE = 0.05
_SCALE = 1 << 32


def is_held_out(page: str, *, share: float = HELD_OUT_SHARE) -> bool:
    """Decide by the sha256 of its path whether a page is kept out: the same pages on every machine and run.

    >>> [page for page in ("a.md", "b.md", "c.md", "d.md") if is_held_out(page, share=0.5)]
    ['b.md', 'd.md']
    """
    digest = hashlib.sha256(page.encode()).digest()
    return int.from_bytes(digest[:4]) < share * _SCALE
