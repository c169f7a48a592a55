"""What the HTML of a stored answer says: all of it but the markup that this server writes itself.

Nothing is parsed, and nothing is left out for not being seen: an unknown tag, an attribute or a comment
counts as said, so that neither a script nor a picture nor a link of somebody else passes for markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection

from kb_server.rendering.html import TAGS

_MARK = re.compile(
    r'<a class="kb-cite" data-citation="(?P<id>[^"<>]{1,4096})" href="#(?P<place>[^"<>]{1,4096})">\d{1,3}</a>'
)
_LINK = re.compile(
    r'<a href="(?P<address>[^"<>]{1,4096})"(?: (?:rel|target)="[\w ]{0,80}"){0,2}>'
    r"(?P<shown>(?:[^<>]|</?(?:strong|em|s|code)>){0,4096})</a>"
)
_TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(TAGS - {'a', 's'}, key=len, reverse=True))})"
    r'(?: (?:start|scope)="\w{1,9}")?\s?/?>'
)


def words_of_html(markup: str, ids: Collection[str]) -> str:
    """Give what ``markup`` says beside the server's own tags and the marks of the citations ``ids``.

    >>> words_of_html('<p>Save. <a class="kb-cite" data-citation="c" href="#c">1</a></p>', ["c"])
    ' Save.  '
    >>> words_of_html('<p>Save<img alt="and pay"></p>', []).split()
    ['Save<img', 'alt="and', 'pay">']
    """

    def mark(found: re.Match[str]) -> str:
        known = found["id"] == found["place"] and html.unescape(found["id"]) in ids
        return "" if known else found.group()

    bare = _MARK.sub(mark, markup)
    # Markdown names the address of a link behind its words.
    bare = _LINK.sub(lambda link: f"{link['shown']} {link['address']}", bare)
    struck = re.sub(r"</?s>", "~~", bare)
    # No bracket that is left stands for a mark.
    return html.unescape(_TAG.sub(" ", struck)).replace("[", "\\[")
