"""Access labels: which pages an asker may see at all.

The front matter ``access`` of a page names labels, one or a list. A page without it is public, and so is one
that names ``public``. Any other is seen by those who carry one of its labels, and by who may see everything.
What cannot be read as a label hides the page: a slip of the pen must not publish it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from kb_server.index.records import Document, MetadataValue

KEY = "access"
PUBLIC = "public"


def label_of(text: str) -> str:
    """Give the form in which labels are compared.

    >>> label_of(" Internal ")
    'internal'
    """
    return unicodedata.normalize("NFC", text).strip().casefold()


def labels_of(metadata: Mapping[str, MetadataValue]) -> frozenset[str] | None:
    """Give the labels of a page; None where it is public, none at all where nobody with labels sees it.

    >>> labels_of({}), labels_of({"access": ("staff", "public")})
    (None, None)
    >>> sorted(labels_of({"Access": "Staff, partners"})), labels_of({"access.staff": "true"})
    (['partners', 'staff'], frozenset())
    """
    named = {key: value for key, value in metadata.items() if label_of(key).partition(".")[0] == KEY}
    if not named:
        return None
    values = [value for key, value in named.items() if label_of(key) == KEY]
    texts = [text for value in values for text in ((value,) if isinstance(value, str) else value)]
    labels = frozenset(label_of(part) for text in texts for part in text.split(","))
    # A nested key such as ``access.staff`` is no label: the page is restricted, but to nobody that is known.
    return None if PUBLIC in labels and len(values) == len(named) else labels - {"", PUBLIC}


def is_slip(key: str) -> bool:
    """Tell whether ``key`` is ``access`` with one slip of the pen, and so restricts nothing.

    >>> [is_slip(key) for key in ("acces", "Acess", "accses", "Access", "accessed", "assess", "title")]
    [True, True, True, False, False, False, False]
    """
    word, meant = label_of(key), KEY
    if word == meant:
        return False
    while word and meant and word[0] == meant[0]:
        word, meant = word[1:], meant[1:]
    while word and meant and word[-1] == meant[-1]:
        word, meant = word[:-1], meant[:-1]
    # What is left differs: one letter too many, missing or wrong, or two in the wrong order.
    return max(len(word), len(meant)) <= 1 or (len(word), word[::-1]) == (2, meant)


def may_see(document: Document, audiences: Collection[str] | None) -> bool:
    """Tell whether who carries ``audiences`` (in the form of ``label_of``; None: sees all) sees a page."""
    if audiences is None:
        return True
    labels = labels_of(document.metadata)
    return labels is None or not labels.isdisjoint(audiences)
