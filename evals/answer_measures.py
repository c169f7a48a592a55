"""What the text of an answer is worth: the gold answer in it, its facts, and RougeL in any script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evals.docs_sets import plain
from evals.weighing import Unit

Answer = Mapping[str, Any]
"""An answer as ``POST /v1/query`` gives it."""

SENTENCE_COLUMNS = ("rank@1", "rank@3", "hit@1", "hit@3", "all@3", "answered", "words")
FACT_COLUMNS = ("facts", "verbatim", "verbatim@75", "answered", "words")
LONG_COLUMNS = ("RougeL", "RougeL@75", "all@75", "recall", "answered", "words")
FIRST_SENTENCES = 3
FIRST_WORDS = 75

_WORD = re.compile(r"[가-힣]|[^\W_가-힣]+")


def text_tokens(text: str) -> list[str]:
    """List lower-case words; Korean, which glues particles to its words, gives its syllables.

    >>> text_tokens("Ports start at 8000. 포트는 8000")
    ['ports', 'start', 'at', '8000', '포', '트', '는', '8000']
    """
    return _WORD.findall(plain(text))


def rouge_l(candidate: str, reference: str) -> float:
    """Give the F1 of the longest common subsequence of tokens (Lin 2004).

    >>> round(rouge_l("the cat sat", "the cat sat down"), 3)
    0.857
    """
    given, wanted = text_tokens(candidate), text_tokens(reference)
    common = _common_subsequence(given, wanted)
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


def token_recall(candidate: str, reference: str) -> float:
    """Give the share of the reference's distinct tokens that stand in the candidate; 1.0 for no reference."""
    wanted = set(text_tokens(reference))
    return len(wanted & set(text_tokens(candidate))) / len(wanted) if wanted else 1.0


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    lengths = [0] * (len(second) + 1)
    for token in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = lengths[column]
            lengths[column] = diagonal + 1 if token == other else max(above, lengths[column - 1])
            diagonal = above
    return lengths[-1]


def quoted_text(answer: Answer, sentences: int | None = None) -> str:
    """Join the quoted sentences of an answer, or its first ones: what the server itself says is left out."""
    return " ".join(sentence["text"] for sentence in answer["sentences"][:sentences])


def word_count(answer: Answer) -> int:
    """Count the words that an answer quotes."""
    return len(quoted_text(answer).split())


def is_answered(answer: Answer) -> bool:
    """Tell whether the answer quotes anything."""
    return bool(answer["sentences"])


def holds_gold(answer: Answer, gold: Sequence[str], sentences: int) -> float:
    """Give 1.0 when one of the gold answers stands in the first ``sentences`` of an answer."""
    return float(says_any(quoted_text(answer, sentences), gold))


def says_any(text: str, gold: Sequence[str]) -> bool:
    """Tell whether one of the gold answers stands in a text."""
    squeezed = _squeezed(text)
    return any(_squeezed(each) in squeezed for each in gold)


def _squeezed(text: str) -> str:
    """Compare without spaces: Markdown marks that were dropped inside a word leave one."""
    return plain(text).replace(" ", "")


def sentence_values(answer: Answer, gold: Sequence[str]) -> dict[str, float]:
    """Give the values of one question with a gold answer; only ``all@3`` counts a refusal, as a miss."""
    answered = is_answered(answer)
    first = holds_gold(answer, gold, FIRST_SENTENCES)
    values = {"answered": float(answered), "all@3": first}
    if answered:
        values["words"] = float(word_count(answer))
        values["hit@1"] = holds_gold(answer, gold, 1)
        values["hit@3"] = first
    return values


def ranking_values(units: Sequence[Unit], gold: Sequence[str]) -> dict[str, float]:
    """Tell whether the units that score best hold a gold answer; where none was weighed, none does."""
    best = sorted(units, key=lambda unit: -unit["score"])[:FIRST_SENTENCES]
    holds = [says_any(unit["text"], gold) for unit in best]
    return {"rank@1": float(any(holds[:1])), "rank@3": float(any(holds))}


def long_values(answer: Answer, references: Sequence[str]) -> dict[str, float]:
    """Give the values of one question with written answers: the best of them counts.

    Only ``all@75`` counts a refusal, as nothing in common.
    """
    answered = is_answered(answer)
    text = quoted_text(answer)
    short = cut_words(text, FIRST_WORDS)
    first = max(rouge_l(short, reference) for reference in references)
    values = {"answered": float(answered), "all@75": first}
    if answered:
        values["words"] = float(word_count(answer))
        values["RougeL"] = max(rouge_l(text, reference) for reference in references)
        values["RougeL@75"] = first
        values["recall"] = max(token_recall(text, reference) for reference in references)
    return values


def holds_facts(text: str, facts: Sequence[str]) -> float:
    """Give 1.0 when all facts stand in a text."""
    held = plain(text)
    return float(all(plain(fact) in held for fact in facts))


def cut_words(text: str, count: int) -> str:
    """Give the first ``count`` words of a text.

    >>> cut_words("one  two three", 2)
    'one two'
    """
    return " ".join(text.split()[:count])


def fact_values(answer: Answer, top_chunk: str, facts: Sequence[str]) -> dict[str, float]:
    """Give the values of one question with facts; ``verbatim`` is the best passage, cut at as many words.

    A refusal shows no fact and is compared with no text; ``verbatim@75`` is what never refusing would show.
    """
    words = word_count(answer)
    values = {
        "facts": holds_facts(quoted_text(answer), facts),
        "verbatim": holds_facts(cut_words(top_chunk, words), facts),
        "verbatim@75": holds_facts(cut_words(top_chunk, FIRST_WORDS), facts),
        "answered": float(is_answered(answer)),
    }
    return values | ({"words": float(words)} if words else {})
