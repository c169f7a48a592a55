"""Latin words and codes that no row holds: misspelt, cut in two, or spelt with other separators."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb_server.index.tokenization import tokenize
from kb_server.index.vocabulary import NearTerm, Vocabulary, edit_distance
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.reading.replacements import Replacement

# Not a part of a word with other letters (straße), but one with a Korean particle behind it.
_RUN = re.compile(r"(?<![^\W\d_가-힣])[A-Za-z\d]+(?:[-_.'’/:@][A-Za-z\d]+)*(?![^\W_가-힣])")
_CODE = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z\d]+(?:[-_.][A-Za-z\d]+)*")
_CODE_PREFIX = re.compile("[A-Za-z]{1,5}")
_SEPARATORS = ("", "-", "_", ".")
_MOST_UNKNOWN = 8
"""Unknown words; a text with more is a log, or in another language."""
_MIN_WORD = 4
_MAX_WORD = 40
"""Longer runs of letters are data, not words."""
_MIN_JOINED = 6
_TWO_EDITS_FROM = 8
"""Letters of a word that may have two slips; a word of four may only have two letters swapped."""
_MIN_ROWS = 2
"""Rows that must hold what is read instead: a word that stands in one place may be a slip itself."""
_KEPT_END = 5
"""Letters at the end of a word that an ending may take; the others must begin a word of the index."""


def misspelt_latin(text: str, vocabulary: Vocabulary) -> list[Replacement]:
    """Give what the unknown Latin words and codes of ``text`` mean, in reading order."""
    runs = list(_RUN.finditer(text))
    unknown = [place for place, run in enumerate(runs) if _is_unknown(run[0], vocabulary)]
    if len(unknown) > _MOST_UNKNOWN:
        return []
    found: list[Replacement] = []
    for place in unknown:
        for reading in (_other_code, _joined, _respelt):
            replacement = reading(text, runs, place, vocabulary)
            if replacement and (not found or found[-1].end <= replacement.start):
                found.append(replacement)
                break
    return found


def _is_unknown(word: str, vocabulary: Vocabulary) -> bool:
    """Tell whether no row holds the word, or a code as it is spelt, though its parts may be known."""
    if _CODE.fullmatch(word):
        return not vocabulary.knows_term(word.casefold())
    terms = tokenize(word)
    return bool(terms) and not vocabulary.knows(terms)


def _other_code(
    text: str, runs: Sequence[re.Match[str]], place: int, vocabulary: Vocabulary
) -> Replacement | None:
    """Read ``e4021`` as ``e-4021``, or ``E 4021`` as ``e4021``, where that is how the index spells it."""
    run = runs[place]
    if run[0].isdigit() and place and _CODE_PREFIX.fullmatch(runs[place - 1][0]):
        before = runs[place - 1]
        code, start = (before[0] + run[0]).casefold(), before.start()
        if text[before.end() : run.start()] != " ":
            return None
    elif _CODE.fullmatch(run[0]):
        code, start = re.sub(r"[-_.]", "", run[0].casefold()), run.start()
    else:
        return None
    spellings = [re.sub(r"(?<=[a-z])(?=\d)", separator, code) for separator in _SEPARATORS]
    known = next((spelling for spelling in spellings if vocabulary.knows_term(spelling)), None)
    return Replacement(start, run.end(), known) if known else None


def _joined(
    text: str, runs: Sequence[re.Match[str]], place: int, vocabulary: Vocabulary
) -> Replacement | None:
    """Read ``config uration`` as one word, with the word before or behind."""
    for first, second in ((place - 1, place), (place, place + 1)):
        if first < 0 or second >= len(runs):
            continue
        one, other = runs[first], runs[second]
        word = one[0] + other[0]
        if not word.isalpha() or len(word) < _MIN_JOINED or text[one.end() : other.start()] != " ":
            continue
        terms = tokenize(word)
        if len(terms) == 1 and vocabulary.knows_term(terms[0]):
            return Replacement(one.start(), other.end(), word)
    return None


def _respelt(
    _text: str, runs: Sequence[re.Match[str]], place: int, vocabulary: Vocabulary
) -> Replacement | None:
    """Read ``psasword`` as the nearest word of the index, but no word that is one elsewhere: ``audio``."""
    run = runs[place]
    word = run[0].casefold()
    terms = tokenize(word)
    if not word.isalpha() or not _MIN_WORD <= len(word) <= _MAX_WORD or len(terms) != 1:
        return None
    stem = terms[0]
    if shipped_lexicon().knows_english(stem):
        return None
    for near in (_one_edit, _one_edit_of_the_whole, _two_edits):
        if found := [term for term in near(word, stem, vocabulary) if term.frequency >= _MIN_ROWS]:
            nearest = max(found, key=lambda term: term.frequency).term
            return Replacement(run.start(), run.end(), _inflected(nearest, word, stem))
    return None


def _one_edit(word: str, stem: str, vocabulary: Vocabulary) -> list[NearTerm]:
    """Compare the word as it stands, too: a slip can make the stemmer cut at another place (``delte``)."""
    found = []
    for form in {stem: None, word: None}:
        if len(form) > _MIN_WORD:
            found += vocabulary.near(form, 1)
        elif len(form) == _MIN_WORD:
            found += [near for near in vocabulary.near(form, 1) if sorted(near.term) == sorted(form)]
    return found


def _one_edit_of_the_whole(word: str, _stem: str, vocabulary: Vocabulary) -> list[NearTerm]:
    """Undo a slip in the ending, which hid it from the stemmer: ``settigns``."""
    if len(word) < _MIN_JOINED:
        return []
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)}
    dropped = {word[:at] + word[at + 1 :] for at in range(1, len(word))}
    found = []
    for spelling in sorted((swapped | dropped) - {word}):
        # Stemming costs far more than this look-up.
        if vocabulary.begins_a_term(spelling[: max(_MIN_WORD - 1, len(spelling) - _KEPT_END)]):
            terms = tokenize(spelling)
            found += [NearTerm(spelling, vocabulary.frequency(term)) for term in terms if len(terms) == 1]
    return found


def _two_edits(word: str, stem: str, vocabulary: Vocabulary) -> list[NearTerm]:
    long_forms = [form for form in {stem: None, word: None} if len(form) >= _TWO_EDITS_FROM]
    return [near for form in long_forms for near in vocabulary.near(form, 2)]


def _inflected(term: str, word: str, stem: str) -> str:
    """Give the form of a stem that is nearest to the typed word: with its ending, or what a stem loses."""
    if tokenize(term) != [term]:  # a word as it is written
        return term
    ending = word[len(stem) :] if word.startswith(stem) else ""
    forms = [term + ending, term.removesuffix("i") + "y", term + "e", term]
    spelt = [form for form in forms if tokenize(form) == [term]]
    return min(spelt, key=lambda form: edit_distance(form, word, limit=len(form)))
