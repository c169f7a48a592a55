"""Which scope a path needs: the one place that decides it, for every protocol."""

from __future__ import annotations

from kb_server.access.caller import Scope

PROBES = frozenset({"/healthz", "/readyz"})
TOKENS = "/v1/widget/tokens"
_PUBLIC = PROBES | {"/openapi.json", "/", "/chat", "/widget.js", "/favicon.ico", TOKENS}
"""Say nothing about the docs: probes, the API's description, the code of page and widget, and the exchange
of a widget's public id, which looks for itself at who asks."""
_INGEST = frozenset({"/v1/index"})
_ADMIN = ("/metrics", "/v1/admin", "/v1/privacy", "/v1/customers")
"""And everything below."""


def needed_scope(path: str) -> Scope | None:
    """Give the scope that a request for ``path`` needs; None where nobody is asked who they are.

    A path that no rule names needs ``query``, one that does not exist included.

    >>> needed_scope("/healthz"), needed_scope("/v1/search"), needed_scope("/metrics")
    (None, <Scope.QUERY: 'query'>, <Scope.ADMIN: 'admin'>)
    """
    if path in _PUBLIC:
        return None
    if path in _INGEST:
        return Scope.INGEST
    below = any(path == rule or path.startswith(rule + "/") for rule in _ADMIN)
    return Scope.ADMIN if below else Scope.QUERY
