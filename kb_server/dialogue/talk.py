"""The kinds of talk that need no search."""

from __future__ import annotations

from enum import StrEnum


class Talk(StrEnum):
    """What is said, the weightiest first: of ``hi, you useless bot`` the anger is answered."""

    PERSON = "person"
    """A person is asked for."""
    DISSATISFIED = "dissatisfied"
    """The answer did not help."""
    TROUBLE = "trouble"
    """Something does not work, and nothing says what."""
    ANGER = "anger"
    ABOUT_SERVER = "about_server"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    GREETING = "greeting"
    ASSENT = "assent"
    """Yes, no, all right: words that answer and do not ask."""
