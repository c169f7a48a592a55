"""Entry of the search process."""

from __future__ import annotations

import sys

from kb_server.search_process.child import run

run(int(sys.argv[1]))
