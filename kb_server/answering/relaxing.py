"""Find out whether an answer stands only on pages that the filters hide."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from kb_server.index.filters import BUILT_IN_KEYS, NOT, VERSION
from kb_server.retrieval.results import RetrievalResult
from kb_server.retrieval.retriever import Retriever

_SCOPE_KEYS = BUILT_IN_KEYS | {VERSION, "product"}
"""Filters by which askers choose what to look at. Any other key may be set to keep something from them, and
whether anything lies behind it is not told."""
_LANG = "lang"
_TRIED_ALONE = 4
"""Filters of which each is tried alone; of more, all are named."""


def filters_in_the_way(
    result: RetrievalResult,
    retriever: Retriever,
    answers: Callable[[RetrievalResult], bool],
    *,
    came_close: bool = False,
) -> tuple[str, ...]:
    """Give the keys of the filters without which there is an answer, as few as will do; empty for none.

    ``answers`` tells whether a search gives one. Where no page passes the filters at all, all keys are given.
    ``came_close``: a visible page may well answer. Where it does so in another language than the question, a
    filter of the language hides nothing but the asker's own, so it is not to blame.
    """
    filters = result.query.filters
    ranking = result.ranking
    if not filters or ranking is None:
        return ()
    visible = ranking.evidence.visible
    if visible is not None and not visible.any():
        return tuple(filters)
    blamed = _SCOPE_KEYS - {_LANG} if came_close and result.signals.cross else _SCOPE_KEYS
    relaxable = tuple(key for key in filters if key.removesuffix(NOT) in blamed)

    def answers_without(keys: Collection[str]) -> bool:
        kept = {key: value for key, value in filters.items() if key not in keys}
        return answers(retriever.search(replace(result.query, filters=kept), result.vector))

    if not relaxable or not answers_without(relaxable):
        return ()
    if 1 < len(relaxable) <= _TRIED_ALONE:
        return next(((key,) for key in relaxable if answers_without((key,))), relaxable)
    return relaxable
