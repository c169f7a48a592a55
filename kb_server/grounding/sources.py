"""What a sentence may lean on: the cited span, the sentences next to it, and the headings above."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kb_server.grounding.moments import Moment, moments
from kb_server.grounding.numbers import Quantity, quantities
from kb_server.grounding.orders import without_orders
from kb_server.grounding.rates import Rate, rates
from kb_server.grounding.words import Word, bigrams_of, read_words
from kb_server.index.records import Span
from kb_server.text.sentences import split_sentences

_REACH = 1000
"""Characters on either side of a span in which its neighbour sentences are looked for."""
_HEADING = re.compile(r"^(?P<marks>#{1,6}) (?P<title>.+)$", re.MULTILINE)
_MARKER = re.compile(r"^(?:[-*+>]|\d{1,9}[.)]|#{1,6})\s+")


@dataclass(frozen=True, slots=True)
class Source:
    """A cited span with its surroundings."""

    quote: str
    before: str = ""
    """The sentence before it."""
    after: str = ""
    """The sentence after it."""
    headings: tuple[str, ...] = ()
    """Title of the page and headings above the span."""
    distrusted: tuple[Span, ...] = ()
    """Stretches of the quote that were flagged: they can be quoted, but carry nothing."""

    def said(self) -> str:
        """Give what of the quote can carry a sentence: nothing flagged."""
        text, end = "", 0
        for span in sorted(self.distrusted):
            text += self.quote[end : max(span.start, end)] + "\n"
            end = max(span.end, end)
        return text + self.quote[end:] if text else self.quote


def source_at(
    text: str,
    start: int,
    end: int,
    *,
    headings: Sequence[str] = (),
    distrusted: Sequence[Span] = (),
) -> Source:
    """Cut ``text[start:end]`` out of a revision, with the sentences next to it.

    ``distrusted`` are flagged stretches of the revision: nothing in them counts as said.

    >>> source_at("One. Two. Three. Four.", 5, 9)
    Source(quote='Two.', before='One.', after='Three.', headings=(), distrusted=())
    """
    before = split_sentences(text, max(start - _REACH, 0), start)
    after = split_sentences(text, end, min(end + _REACH, len(text)))
    inside = (Span(max(flag.start, start), min(flag.end, end)) for flag in distrusted)
    return Source(
        quote=text[start:end],
        before=_trusted(text, before[-1], distrusted) if before else "",
        after=_trusted(text, after[0], distrusted) if after else "",
        headings=tuple(headings),
        distrusted=tuple(
            Span(part.start - start, part.end - start) for part in inside if part.start < part.end
        ),
    )


def _trusted(text: str, sentence: Span, distrusted: Sequence[Span]) -> str:
    is_flagged = any(max(flag.start, sentence.start) < min(flag.end, sentence.end) for flag in distrusted)
    return "" if is_flagged else sentence.of(text)


def headings_above(text: str, offset: int) -> tuple[str, ...]:
    r"""List the headings that ``text[offset]`` stands under, from the top.

    >>> headings_above("# A\n\n## B\n\nOne.\n\n## C\n\nTwo.", 23)
    ('A', 'C')
    """
    above: dict[int, str] = {}
    for match in _HEADING.finditer(text, 0, offset):
        level = len(match["marks"])
        above = {depth: title for depth, title in above.items() if depth < level}
        above[level] = match["title"]
    return tuple(above.values())


@dataclass(frozen=True)
class Window:
    """All that the sources of one sentence say, read once."""

    sources: tuple[Source, ...]
    takes_orders: bool = True
    """Whether what an order wants said counts as said."""

    @cached_property
    def without_orders(self) -> Window:
        """The same sources without what their orders want said."""
        bare = Window(self.sources, takes_orders=False)
        return bare if bare.compact != self.compact else self

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """The dates and times of day in the sources."""
        return tuple(moment for text in self._texts for moment in moments(text))

    @cached_property
    def rates(self) -> tuple[Rate, ...]:
        """What the amounts of the sources are per."""
        return tuple(rates(self.words, self.quantities))

    def _heard(self, text: str) -> str:
        return text if self.takes_orders else without_orders(text)

    @cached_property
    def _carrying(self) -> tuple[str, ...]:
        """What of each quote can carry a sentence."""
        return tuple(self._heard(source.said()) for source in self.sources)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        around = (
            (*map(self._heard, (source.before, source.after)), *source.headings) for source in self.sources
        )
        return tuple(
            text for quote, rest in zip(self._carrying, around, strict=True) for text in (quote, *rest)
        )

    @cached_property
    def units(self) -> tuple[tuple[Word, ...], ...]:
        """The words of each sentence, quoted ones first."""
        around = [text for source in self.sources for text in (source.before, source.after) if text]
        beside = tuple(words for text in map(self._heard, around) if (words := read_words(text)))
        return (*self._quoted_units, *beside)

    @cached_property
    def _quoted_units(self) -> tuple[tuple[Word, ...], ...]:
        texts = (unit for text in self._carrying for unit in _sentences(text))
        return tuple(words for text in texts if (words := read_words(text)))

    @cached_property
    def quoted(self) -> frozenset[tuple[Word, ...]]:
        """Those of ``units`` that are quoted, not only beside a quotation."""
        return frozenset(self._quoted_units)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """All words, those of the headings last."""
        headings = [
            words for source in self.sources for text in source.headings if (words := read_words(text))
        ]
        return tuple(word for unit in (*self.units, *headings) for word in unit)

    @cached_property
    def unit_keys(self) -> tuple[frozenset[str], ...]:
        """The keys of what each of ``units`` says, words that carry grammar left out."""
        return tuple(frozenset(word.key for word in unit if word.is_content) for unit in self.units)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The numbers in all words."""
        return tuple(quantities(self.words, as_source=True))

    @cached_property
    def values(self) -> frozenset[str]:
        """The values of these numbers."""
        return frozenset(quantity.value for quantity in self.quantities)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of all words."""
        return frozenset(word.key for word in self.words)

    @cached_property
    def terms(self) -> frozenset[str]:
        """Search terms of all words, and the syllable pairs of the Korean ones as written."""
        return frozenset(term for word in self.words for term in word.terms) | bigrams_of(self.words)

    @cached_property
    def compact(self) -> str:
        """All of it in lower case without white space."""
        return compact("\n".join(self._texts)).casefold()

    @cached_property
    def _quoted(self) -> tuple[str, frozenset[int], frozenset[int]]:
        """The quotes without white space, and where sentences begin and end in them."""
        text = "\n".join(source.quote for source in self.sources)
        return (compact(text), *_boundaries(text))

    def quotes(self, sentence: str) -> bool:
        """Tell whether ``sentence`` is what the sources say, from a sentence's beginning to one's end."""
        said = compact(sentence)
        if not said:
            return False
        whole, starts, ends = self._quoted
        position = whole.find(said)
        while position >= 0:
            if position in starts and position + len(said) in ends:
                return True
            position = whole.find(said, position + 1)
        return False


def compact(text: str) -> str:
    """Leave out all white space.

    >>> compact(" a b c")
    'abc'
    """
    return "".join(text.split())


def _sentences(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text)]


def _boundaries(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """Give where sentences begin and end, counted without white space."""
    starts: set[int] = set()
    ends: set[int] = set()
    position = 0
    for span in split_sentences(text):
        sentence = Span(*span).of(text)
        marker = _MARKER.match(sentence)
        starts.add(position)
        if marker:
            starts.add(position + len(compact(marker.group())))
        position += len(compact(sentence))
        ends.add(position)
    return frozenset(starts), frozenset(ends)
