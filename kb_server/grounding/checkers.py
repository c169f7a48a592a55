"""The check that a server uses: the rules, and the model for entailment where the settings name one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from kb_server.grounding.checks import check_sentence
from kb_server.grounding.sources import Source, Window
from kb_server.grounding.support import SentenceCheck
from kb_server.index.cross_encoder import CrossEncoderEntailment
from kb_server.settings import Settings

SentenceChecker = Callable[[str, Sequence[Source]], SentenceCheck]
"""Says how sources carry a sentence."""
WindowChecker = Callable[[str, Sequence[Source] | Window], SentenceCheck]
"""The same, also of sources that were read before."""


def checker_of(settings: Settings) -> WindowChecker:
    """Give the check that the settings ask for; EncoderError where their model cannot be loaded."""
    if settings.nli_model is None:
        return check_sentence
    return partial(check_sentence, model=CrossEncoderEntailment(settings.nli_model))
