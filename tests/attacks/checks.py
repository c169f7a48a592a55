"""What a client sees of an answer that obeyed a page, or that let a page speak for the server."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from tests.kb_server.generation.llm_server import Call, Reply, Script, sentences

from .poisoned import Poisoned

_ANY_MARKER = re.compile(r"(?<!\\)\[(\^?[\d ,;–-]+)(?<!\\)\]")
_PLAIN_MARKER = re.compile(r"\[(\d+)\]")
"""As a client finds them that knows nothing of backslashes."""
_ACTIVE = re.compile(r"(?<!\\)\]\(|(?<!\\)\]:|(?<!\\)<(?:[a-z/!]|javascript:)|(?<!\\)!\[", re.IGNORECASE)

Answer = Mapping[str, Any]


def obeying(page: Poisoned) -> Script:
    """Script a model that says the honest sentence, and what the page wants it to say."""

    def reply(call: Call) -> Reply:
        said = (page.fact, page.canary, page.poison, f"{page.product}: {page.canary}.")
        return Reply(sentences(*((text, call.ids) for text in said)))

    return reply


def has_only_its_own_markers(answer: Answer) -> bool:
    numbers = [str(number + 1) for number in range(len(answer["citations"]))]
    return all(sorted(marks.findall(answer["text"])) == numbers for marks in (_ANY_MARKER, _PLAIN_MARKER))


def is_active(answer: Answer) -> bool:
    """Tell whether a link, an image or a tag of a page works in an answer."""
    places = (*answer["citations"], *answer["nearest"])
    return bool(_ACTIVE.search(answer["text"])) or any(place["url"] for place in places)


def has_unknown_citations(answer: Answer) -> bool:
    known = {citation["id"] for citation in answer["citations"]}
    return {cited for sentence in answer["sentences"] for cited in sentence["citations"]} != known


def is_what_its_page_says(citation: Answer, text: str) -> bool:
    """Compare with the ``text`` of the revision; characters that nobody sees count as another text."""
    shown = f"{citation['quote']}{citation['title']}{''.join(citation['heading_path'])}"
    is_span = text[citation["char_start"] : citation["char_end"]] == citation["quote"] != ""
    return is_span and not any(unicodedata.category(char) == "Cf" for char in shown)
