"""Build ``assets/widget.js`` from ``widget/``: one file without names that nobody outside needs.

``python -m kb_server.web.build`` writes it; the result is part of the package, so that a server needs no
tools and a frontend loads one small file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import minify  # type: ignore[import-untyped]  # ships no types

SOURCES = Path(__file__).parent / "widget"
TARGET = Path(__file__).parent / "assets" / "widget.js"
_PARTS = ("strings", "dom", "server", "feedback", "answer", "panel", "element")
_OPENING = (
    '(() => {"use strict"; if (customElements.get("kb-chat")) return; '
    "const HOME = new URL(document.currentScript.src).origin; const STYLE = "
)


def widget_source() -> str:
    """Give the component as one script."""
    # The minifier leaves what stands inside of a container query as it is written.
    style = re.sub(r"\s*([{};:,])\s+", r"\1", minify.string("text/css", _read("widget.css")))
    parts = "\n".join(_read(f"{name}.js") for name in _PARTS)
    script: str = minify.string("application/javascript", f"{_OPENING}{json.dumps(style)};\n{parts}\n}})();")
    return script + "\n"


def _read(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    TARGET.write_text(widget_source(), encoding="utf-8")
