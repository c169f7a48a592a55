"""Source files of any format → canonical text with blocks and a way back to the source lines."""

from __future__ import annotations

from ingest.parsing.document import PARSER_VERSION, SUFFIXES, parse
from ingest.parsing.model import Block, BlockKind, ParsedDocument, ParseError, ParseWarning
from kb_server.index.records import Span

__all__ = [
    "PARSER_VERSION",
    "SUFFIXES",
    "Block",
    "BlockKind",
    "ParseError",
    "ParseWarning",
    "ParsedDocument",
    "Span",
    "parse",
]
