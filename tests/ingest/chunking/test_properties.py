"""What holds of the chunks of any page."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsing.model import BlockKind

from .pages import SENTENCE, CharacterBudget, WordBudget, assert_invariants, chunked, chunks_of, page

words = st.sampled_from(
    ["server", "index.", "v1.2", "e.g.", "색인을", "합니다.", "👍🏽", "e\u0301t\u0301", "a" * 90, "|"]
)
line = st.lists(words, min_size=1, max_size=60).map(" ".join)
blocks = st.one_of(
    line,
    line,
    st.lists(line, min_size=1, max_size=5).map(lambda lines: "".join(f"\n- {item}" for item in lines)[1:]),
    st.lists(line, min_size=1, max_size=5).map(lambda lines: "".join(f"\n1. {item}" for item in lines)[1:]),
    st.lists(line, min_size=1, max_size=9).map(lambda lines: "```\n" + "\n\n".join(lines) + "\n```"),
    st.lists(line, min_size=1, max_size=9).map(
        lambda lines: "| h | k |\n| --- | --- |" + "".join(f"\n| {cell} | x |" for cell in lines)
    ),
    st.tuples(st.sampled_from(["#", "##", "##?", "###", "####", "###?"]), line).map(" ".join),
    st.sampled_from(["## Tiny\n\nFew words.", "### 작은\n\n짧은 글."]),
)
pages = st.lists(blocks, max_size=14).map("\n\n".join)
budgets = st.one_of(
    st.integers(32, 300).map(WordBudget),
    st.integers(40, 900).map(CharacterBudget),
)


@given(pages, budgets)
@settings(max_examples=150, deadline=None)
def test_chunks_are_ordered_disjoint_within_budget_and_cover_all_text(
    text: str, budget: WordBudget | CharacterBudget
) -> None:
    assert_invariants(page(text), budget)


@given(pages, st.lists(st.integers(0, 6), min_size=14, max_size=14))
@settings(max_examples=100, deadline=None)
def test_components_that_end_anywhere_lose_no_text(text: str, closes: list[int]) -> None:
    document = page(text)
    closed = tuple(
        block if block.kind is BlockKind.HEADING else replace(block, closes=level)
        for block, level in zip(document.blocks, [*closes, *[0] * len(document.blocks)], strict=False)
    )

    assert_invariants(replace(document, blocks=closed), WordBudget())


@given(pages, st.integers(32, 200))
@settings(max_examples=50, deadline=None)
def test_chunking_is_deterministic(text: str, limit: int) -> None:
    assert chunked(page(text), WordBudget(limit)) == chunked(page(text), WordBudget(limit))


@given(st.lists(st.lists(line, min_size=1, max_size=4).map("\n\n".join), min_size=2, max_size=6), st.data())
@settings(max_examples=50, deadline=None)
def test_ids_of_untouched_sections_survive_any_edit(bodies: list[str], data: st.DataObject) -> None:
    edited = data.draw(st.integers(0, len(bodies) - 1))
    replacement = data.draw(line)
    before = [f"## Part {number}\n\n{SENTENCE * 2}\n\n{body}" for number, body in enumerate(bodies)]
    after = before.copy()
    after[edited] = f"## Part {edited}\n\n{SENTENCE * 2}\n\n{replacement}"

    kept = {c.chunk_id for _, c in chunks_of("\n\n".join(before)) if c.heading_path != (f"Part {edited}",)}
    assert kept <= {c.chunk_id for _, c in chunks_of("\n\n".join(after))}
