"""Bytes of a source file → text that the parsers can rely on."""

from __future__ import annotations

import codecs
import re
import unicodedata

from ingest.parsing.model import ParseError
from ingest.parsing.tree import clean

MAX_BYTES = 10 * 1024 * 1024
MAX_LINES = 200_000
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")


def decode(path: str, data: bytes) -> str:
    r"""Decode UTF-8 (or UTF-16 with a byte order mark), one ``\n`` per line, NFC, no invisible characters.

    Raises ParseError that names the line of the first byte which is not text.

    >>> decode("a.md", b"one\r\ntwo")
    'one\ntwo'
    """
    if len(data) > MAX_BYTES:
        reason = f"the file has {len(data):,} bytes, the limit is {MAX_BYTES:,}; split it into smaller pages"
        raise ParseError(path, 1, reason)
    text = read_unicode(path, data)
    nul = text.find("\0")
    if nul >= 0:
        line = _line_of(text, nul)
        raise ParseError(
            path, line, "NUL character: this is not a text file; remove it or save the file as text"
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MAX_LINES:
        raise ParseError(path, MAX_LINES, f"more than {MAX_LINES:,} lines; split the file into smaller pages")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if text.isascii() and not _CONTROL.search(text):
        return text
    return "\n".join(clean(line) for line in text.split("\n"))


def read_unicode(path: str, data: bytes) -> str:
    """Decode the bytes and change nothing; ``ParseError`` names the line of the first that is no text."""
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start] if error.start < len(data) else 0
        guess = ", it looks like Korean in EUC-KR (CP949)" if _looks_like_euc_kr(data) else ""
        raise ParseError(
            path, line, f"not valid UTF-8 (byte 0x{byte:02x}){guess}; save the file as UTF-8"
        ) from error


def _looks_like_euc_kr(data: bytes) -> bool:
    """Tell whether the bytes are text in the Korean encoding of Windows, most of it Hangul.

    >>> _looks_like_euc_kr("설치 안내".encode("cp949")), _looks_like_euc_kr("Café à Évry".encode("latin-1"))
    (True, False)
    """
    try:
        foreign = [character for character in data.decode("cp949") if not character.isascii()]
    except UnicodeDecodeError:
        return False
    return sum("가" <= character <= "힣" for character in foreign) > len(foreign) / 2


def _line_of(text: str, offset: int) -> int:
    head = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return head.count("\n") + 1
