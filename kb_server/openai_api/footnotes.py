"""Write an answer as one readable text, for chats that show nothing but text.

Below the answer's text stand what to do next, where there is no answer, and its sources by number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from kb_server.answering.answer import Status
from kb_server.answering.display import marks
from kb_server.answering.schemas import Answer, AnswerCitation
from kb_server.index.records import anchored
from kb_server.openai_api.schemas import Annotation, UrlCitation
from kb_server.text.phrases import PHRASES, Phrase, phrase

_WEB = ("https://", "http://")
_UNSAFE = {sign: f"%{ord(sign):02X}" for sign in "()<>\\`"}
_MARKUP = re.compile(r"([\\\[\]<`])")
_HEADINGS = tuple(phrases[Phrase.SOURCES] for phrases in PHRASES.values())
_BLOCK = re.compile(
    rf"\n\n(?:{'|'.join(map(re.escape, _HEADINGS))})\n(?P<lines>(?:\n- (?:\[\d+\])+ [^\n]*)+)\s*\Z"
)
_PATH = re.compile(r"(?<!\])\((?P<path>[^()]+)\)$", re.MULTILINE)


class _Place(Protocol):
    title: str
    heading_path: list[str]
    url: str
    anchor: str
    path: str


def footnotes(answer: Answer) -> str:
    """Give what stands below the answer's text; empty where there is nothing to add."""
    added = []
    if answer.status in (Status.ABSTAINED, Status.PARTIAL):
        if answer.next_step and answer.next_step.text not in answer.text:
            added.append(answer.next_step.text)
        if answer.nearest:
            added.append("\n".join(f"- {_link(page)}" for page in answer.nearest))
    if answer.citations:
        added.append("\n".join([phrase(Phrase.SOURCES, answer.language) + "\n", *_sources(answer.citations)]))
    return "".join(f"\n\n{part}" for part in added)


def without_footnotes(text: str) -> tuple[str, list[str]]:
    r"""Take the sources from an earlier reply; give the rest, and the paths that they name.

    >>> without_footnotes("Press it. [1]\n\nSources:\n\n- [1] Billing > Plans (guide/billing.md)")
    ('Press it. [1]', ['guide/billing.md'])
    """
    found = _BLOCK.search(text)
    if found is None:
        return text, []
    return text[: found.start()], list(dict.fromkeys(_PATH.findall(found["lines"])))


def annotations_of(answer: Answer) -> list[Annotation]:
    """Give the marks in the text whose pages have an address on the web."""
    found = []
    for mark in marks(answer.text):
        cited = answer.citations[mark.number - 1]
        if cited.url.startswith(_WEB):
            place = UrlCitation(
                start_index=mark.start, end_index=mark.end, title=cited.title, url=_address(cited)
            )
            found.append(Annotation(url_citation=place))
    return found


def _sources(citations: Sequence[AnswerCitation]) -> list[str]:
    """List the cited sections, each once with all of its numbers."""
    numbers: dict[str, list[int]] = {}
    for number, cited in enumerate(citations, start=1):
        numbers.setdefault(_link(cited), []).append(number)
    return [f"- {''.join(f'[{n}]' for n in of_link)} {link}" for link, of_link in numbers.items()]


def _link(place: _Place) -> str:
    name = _label(" > ".join([place.title, *(h for h in place.heading_path if h != place.title)]))
    return f"[{name}]({_address(place)})" if place.url else f"{name} ({place.path})"


def _label(name: str) -> str:
    r"""Keep a page's own words from ending the link that they name.

    >>> print(_label("A](https://evil.example) [b"))
    A\](https://evil.example) \[b
    """
    return _MARKUP.sub(r"\\\1", " ".join(name.split()))


def _address(place: _Place) -> str:
    """Give the address of the section; signs that would end a link are encoded."""
    address = anchored(place.url, "" if "#" in place.url else place.anchor)
    return "".join(_UNSAFE.get(sign, sign) for sign in address)


def reply_of(answer: Answer) -> str:
    """Give the whole reply."""
    return answer.text + footnotes(answer)
