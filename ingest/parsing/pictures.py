"""Images: which of their texts are words of a sentence, and which describe what no answer can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.parsing.tree import Item, Listing, Node, Paragraph, Text, TextLine, has_words

IMAGE, IMAGE_END, LINK, LINK_END = "\ue003", "\ue004", "\ue005", "\ue006"
"""Private characters around the texts of images and links while a line is read."""

_FILE_NAME = re.compile(
    r"\S*\.(?:png|jpe?g|gif|svg|webp|avif|bmp|tiff?|ico|heic|mp4|webm|mov)|[^\s_]*_(?=\S*\d)\S*",
    re.IGNORECASE,
)
_NOTHING_SAID = re.compile(
    r"(?:alt(?:ernative)?[ _-]?text|image|img|picture|photo|screen[ _-]?shot|untitled"
    r"|그림|이미지|사진|스크린\s?샷|캡[처쳐])(?:[\W\d_]|at|am|pm|오[전후])*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?:[.!?…:。：][)\"'”’\]]*|[가-힣](?:다|요|시오))$")
_MARKED = f"{IMAGE}[^{IMAGE_END}]*{IMAGE_END}"
_PICTURE = re.compile(_MARKED)
_LAST_PICTURES = re.compile(rf"(?:[\s{LINK}{LINK_END}]*{_MARKED})+[\s{LINK_END}]*$")
_LINKED = re.compile(f"{LINK}[^{LINK_END}]*{LINK_END}")
_MARKS = re.compile(f"[{IMAGE}{IMAGE_END}{LINK}{LINK_END}]")
_BUTTON = re.compile(
    rf"\s*(?:\[\s*{LINK}(?P<inner>[^\[\]{LINK}{LINK_END}]+){LINK_END}\s*\]"
    rf"|{LINK}\s*\[(?P<outer>[^\[\]{LINK}{LINK_END}]+)\]\s*{LINK_END})"
)
_BETWEEN = " \t|·•/,"


def alt_text(alt: str, source: str = "") -> str:
    """Give the alternative text of the image at ``source``; empty where it only names a file, or nothing.

    >>> alt_text("Save", "save.png"), alt_text("email_202312_01.png"), alt_text("새 창 2"), alt_text("그림 2")
    ('Save', '', '새 창 2', '')
    """
    said = " ".join(alt.split())
    stem = PurePosixPath(re.sub(r"[?#].*", "", source)).stem
    names_file = said.casefold() == stem.casefold() and any(map(str.isdigit, said))
    return "" if names_file or _FILE_NAME.fullmatch(said) or _NOTHING_SAID.fullmatch(said) else said


def settle_line(text: str, *, ends: bool) -> tuple[str, bool]:
    """Drop from one marked line what no reader of an answer can use, and the marks.

    That is an image behind the end of a sentence, and a link in brackets of its own, such as ``[Read more]``,
    behind what it leads on from. ``ends``: the line is not continued. Give the text, and whether it is
    nothing but images.
    """
    if IMAGE in text:
        if not _PICTURE.sub("", _without_marks(text, keep=IMAGE + IMAGE_END)).strip(_BETWEEN):
            return _MARKS.sub("", text), True
        last = _LAST_PICTURES.search(text)
        if last and _ends_sentence(text[: last.start()]):
            text = text[: last.start()]
    if LINK in text and "[" in text:
        text = _without_buttons(text, ends=ends)
    return _MARKS.sub("", text), False


def _without_marks(text: str, *, keep: str) -> str:
    return _MARKS.sub(lambda match: match[0] if match[0] in keep else "", text)


def _without_buttons(text: str, *, ends: bool) -> str:
    for match in reversed(list(_BUTTON.finditer(text))):
        before, after = text[: match.start()], text[match.end() :]
        label = match["inner"] or match["outer"]
        leads_on = has_words(_LINKED.sub("", before)) and any(map(str.isalpha, label))
        if leads_on and (_ends_sentence(before) or (ends and not has_words(after))):
            text = before + after
    return text


def ends_sentence(text: str) -> bool:
    """Tell text behind which a new sentence begins, in English or Korean.

    >>> ends_sentence("Click Save."), ends_sentence("저장을 누릅니다"), ends_sentence("Click")
    (True, True, False)
    """
    return _SENTENCE_END.search(text.rstrip()) is not None


def is_label(caption: str) -> bool:
    """Tell the caption that only names a picture from one that says something of its own.

    >>> is_label("Settings > Users"), is_label("Forgot your password?"), is_label("The pump runs at night.")
    (True, True, False)
    """
    said = caption.rstrip()
    return not ends_sentence(said) or said.endswith(("?", ":", "…"))


def _ends_sentence(marked: str) -> bool:
    return ends_sentence(_MARKS.sub("", marked))


def without_pictures(nodes: Sequence[Node]) -> list[Node]:
    """Drop the images that stand on lines of their own, and join the lists that they cut in two.

    So are ordered lists that stand side by side and count on: a picture without any text stood between.

    An ordered item that is nothing but an image keeps its text, for the numbers' sake.
    """
    kept: list[Node] = []
    is_cut = False
    for node in nodes:
        read = _read(node)
        if read is None:
            is_cut = True
            continue
        last = kept[-1] if kept else None
        if isinstance(last, Listing) and isinstance(read, Listing) and _goes_on(last, read, is_cut=is_cut):
            last.items += read.items
        else:
            kept.append(read)
        is_cut = False
    return kept


def _read(node: Node) -> Node | None:
    if isinstance(node, Paragraph):
        text = _read_text(node.text)
        return replace(node, text=text) if text else None
    if isinstance(node, Listing):
        read = (Item(without_pictures(item.children), item.line) for item in node.items)
        pairs = list(zip(node.items, read, strict=True))
        if node.ordered:
            return replace(node, items=[new if new.children else old for old, new in pairs])
        items = [new for old, new in pairs if new.children or not old.children]
        return replace(node, items=items) if items else None
    return node


def _goes_on(first: Listing, second: Listing, *, is_cut: bool) -> bool:
    if not first.ordered:
        return is_cut and not second.ordered
    return second.ordered and second.start == first.start + len(first.items)


def _read_text(text: Text) -> Text:
    says = any(not part.linked and not part.picture and has_words(part.text) for part in text)
    kept: Text = []
    breaks = False
    for at, part in enumerate(text):
        following = text[at + 1] if at + 1 < len(text) else None
        is_button = says and part.linked and part.text.startswith("[") and part.text.endswith("]")
        if is_button or (part.picture and not _within_sentence(kept[-1:], part, following)):
            breaks = breaks or part.hard
            continue
        kept.append(replace(part, hard=(part.hard or breaks) and bool(kept)))
        breaks = False
    return kept


def _within_sentence(before: Text, picture: TextLine, following: TextLine | None) -> bool:
    """Tell the icon of a button, at which the source happens to break, from an image between sentences."""
    if not before or following is None or picture.hard or following.hard or following.picture:
        return False
    return not ends_sentence(before[-1].text)
