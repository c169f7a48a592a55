"""Blocks on one line, as table cells need them."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.parsing.inline import code_span
from ingest.parsing.tree import Code, Heading, Listing, Node, Paragraph, Table, plain


def flat_text(nodes: Sequence[Node]) -> str:
    """Write blocks on one line, as a table cell needs them."""
    return " ".join(part for part in map(_flat, nodes) if part)


def _flat(node: Node) -> str:
    if isinstance(node, (Paragraph, Heading)):
        return plain(node.text)
    if isinstance(node, Listing):
        marks = [f"{node.start + at}." if node.ordered else "•" for at in range(len(node.items))]
        return " ".join(
            f"{mark} {flat_text(item.children)}" for mark, item in zip(marks, node.items, strict=True)
        )
    if isinstance(node, Code):
        return code_span(" ".join(" ".join(line.text for line in node.lines).split()))
    if isinstance(node, Table):
        return "; ".join(", ".join(row.cells) for row in node.rows)
    return ""
