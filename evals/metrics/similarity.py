"""How close two texts are: exact match, F1, content recall, RougeL and chrF, English and Korean.

Exact match and F1 follow the SQuAD script (case, punctuation and articles dropped); Korean words count by
their syllables. RougeL is the F1 of the longest common subsequence (Lin 2004). chrF is that of sacrebleu:
character 1- to 6-grams without spaces, beta 2, as a share of 1 (Popović 2015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evals.text import answer_words, tokens

_CHAR_ORDER = 6
_BETA_SQUARED = 4.0
_STOP_WORD_LIST = """
a about all also an and any are as at be been being but by can could did do does for from had has have he
her here his how i if in into is it its just may might must my no not of on only or our out over she should
so some such than that the their then there these they this those to up very was we were what when where
which who why will with would you your
"""
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


def exact_match(text: str, reference: str) -> float:
    """Give 1.0 when both are the same words.

    >>> exact_match("The Eiffel Tower.", "eiffel tower"), exact_match("서울", "서울시")
    (1.0, 0.0)
    """
    return float(answer_words(text) == answer_words(reference))


def token_f1(text: str, reference: str) -> float:
    """Give the F1 of the bags of words; of two empty texts 1.0, of one 0.0.

    >>> round(token_f1("the red big house", "a red house"), 3)
    0.8
    """
    given, wanted = answer_words(text), answer_words(reference)
    if not given or not wanted:
        return float(given == wanted)
    common = sum((Counter(given) & Counter(wanted)).values())
    return 2 * common / (len(given) + len(wanted))


def content_recall(text: str, reference: str) -> float:
    """Give the share of the reference's content words that stand in the text; of none 1.0.

    >>> content_recall("Press the Save button twice", "You press Save")
    1.0
    """
    wanted = Counter(word for word in tokens(reference) if word not in _STOP_WORDS)
    if not wanted:
        return 1.0
    return sum((wanted & Counter(tokens(text))).values()) / sum(wanted.values())


def rouge_l(text: str, reference: str) -> float:
    """Give the F1 of the longest common subsequence of words and syllables.

    >>> round(rouge_l("the cat sat", "the cat sat down"), 3)
    0.857
    """
    given, wanted = tokens(text), tokens(reference)
    if not given or not wanted:
        return float(given == wanted)
    return 2 * common_subsequence(given, wanted) / (len(given) + len(wanted))


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Give the length of the longest common subsequence, a whole row of the table at once (Hyyrö 2004).

    >>> common_subsequence("abcbdab", "bdcaba")
    4
    """
    places: dict[str, int] = {}
    for at, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << at
    full = row = (1 << len(first)) - 1
    for token in second:
        matched = row & places.get(token, 0)
        row = (row + matched | row - matched) & full
    return len(first) - row.bit_count()


def chrf(text: str, reference: str) -> float:
    """Give chrF of the texts as they are.

    >>> chrf("포트는 8000", "포트는 8000"), chrf("abc", "xyz")
    (1.0, 0.0)
    """
    given, wanted = "".join(text.split()), "".join(reference.split())
    precisions, recalls = [], []
    for order in range(1, _CHAR_ORDER + 1):
        mine, theirs = _grams(given, order), _grams(wanted, order)
        if mine and theirs:
            common = sum((mine & theirs).values())
            precisions.append(common / sum(mine.values()))
            recalls.append(common / sum(theirs.values()))
    if not precisions:
        return float(given == wanted)
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    if not precision + recall:
        return 0.0
    return (1 + _BETA_SQUARED) * precision * recall / (_BETA_SQUARED * precision + recall)


def _grams(text: str, order: int) -> Counter[str]:
    return Counter(map("".join, zip(*(text[at:] for at in range(order)), strict=False)))
