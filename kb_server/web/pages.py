"""What a browser is given: the chat page, the component, and what they may load."""

from __future__ import annotations

import gzip
import hashlib
import html
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import NamedTuple

_ASSETS = files("kb_server.web") / "assets"
_WORDS = {
    "en": ("Ask the docs", "This page needs JavaScript."),
    "ko": ("문서에 물어보기", "이 페이지는 자바스크립트가 필요합니다."),
}


class Script(NamedTuple):
    """A script, ready to be sent."""

    content: bytes
    zipped: bytes
    etag: str


def widget_script() -> Script:
    """Read the component."""
    content = (_ASSETS / "widget.js").read_bytes()
    return Script(content, gzip.compress(content, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:16]}"')


def chat_page(lang: str, attributes: Mapping[str, str]) -> str:
    """Give the chat page in ``lang``; ``attributes`` are handed to the component."""
    title, noscript = _WORDS[lang]
    given = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
    template = Template((_ASSETS / "chat.html").read_text(encoding="utf-8"))
    return template.substitute(lang=lang, title=title, noscript=noscript, attributes=given)


def page_policy(frame_ancestors: str) -> str:
    """Give the content security policy of the page: the component and its server, nothing else."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}; "
        "require-trusted-types-for 'script'; trusted-types kb-chat"
    )
