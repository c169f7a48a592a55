"""Whether an answer is what its case expects: a result for each expectation, with what was there instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from evals.cases.matching import found_at, is_at
from evals.cases.schema import Case, Place
from evals.records.model import CheckResult, Record, Reply, SentenceSupport, Span, Verdict
from evals.text import language_of, plain, sentences, without_markers

_SHOWN_CHARS = 160
_NO_ANSWER = "no answer: "

Checks = Iterator[CheckResult]


def verdict(case: Case, record: Record) -> Verdict:
    """Judge a record; without a reply every expectation fails; a case that expects nothing must answer."""
    checks = list(_checks(case, record))
    if not checks:
        checks = [_status(["answered", "partial"], record)]
    return Verdict(passed=all(check.passed for check in checks), checks=checks)


def _checks(case: Case, record: Record) -> Checks:
    expect = case.expect
    if expect.status:
        yield _status(expect.status, record)
    if expect.reason:
        yield _of_reply("reason", record, lambda reply: _reason(expect.reason, reply))
    yield from _cite(case, record)
    yield from _words(case, record)
    if expect.lang is not None:
        yield _of_reply("lang", record, lambda reply: _language(wanted_language(case, reply), reply))
    if expect.max_sentences is not None:
        most = expect.max_sentences
        yield _of_reply("max_sentences", record, lambda reply: _length(most, reply))
    if expect.min_groundedness is not None:
        yield _grounded(expect.min_groundedness, record)
    yield from _retrieve(case, record)


def _result(name: str, problem: str) -> CheckResult:
    return CheckResult(name=name, passed=not problem, detail=problem)


def _of_reply(name: str, record: Record, problem: Callable[[Reply], str]) -> CheckResult:
    if record.reply is None:
        message = record.error.message if record.error else "not asked"
        return _result(name, f"{_NO_ANSWER}{message}")
    return _result(name, problem(record.reply))


def _status(wanted: Sequence[str], record: Record) -> CheckResult:
    def problem(reply: Reply) -> str:
        if reply.status in wanted:
            return ""
        reason = f" ({reply.reason})" if reply.reason else ""
        return f"expected {' or '.join(wanted)}, was {reply.status}{reason}"

    return _of_reply("status", record, problem)


def _reason(wanted: Sequence[str], reply: Reply) -> str:
    return "" if reply.reason in wanted else f"expected {' or '.join(wanted)!r}, was {reply.reason!r}"


# Places


def _cite(case: Case, record: Record) -> Checks:
    cite = case.expect.cite
    if cite.all:
        yield _of_reply("cite.all", record, lambda reply: _misses(cite.all, reply.citations, "cited"))
    if cite.any:
        yield _of_reply("cite.any", record, lambda reply: _misses_all(cite.any, reply.citations, "cited"))
    if cite.none:
        yield _of_reply("cite.none", record, lambda reply: _holds_any(cite.none, reply.citations))


def _retrieve(case: Case, record: Record) -> Checks:
    wanted = case.expect.retrieve
    if wanted.all or wanted.any:
        found = None if record.passages is None else record.passages[: wanted.k]
        for name, places, problem in (
            ("retrieve.all", wanted.all, _misses),
            ("retrieve.any", wanted.any, _misses_all),
        ):
            if places:
                text = f"{_NO_ANSWER}no ranking" if found is None else problem(places, found, "found")
                yield _result(name, text)


def _misses(places: Sequence[Place], spans: Sequence[Span], verb: str) -> str:
    missing = [place for place in places if not found_at(place, spans)]
    return f"not {verb}: {_listed(missing)}; {_there(spans, verb)}" if missing else ""


def _misses_all(places: Sequence[Place], spans: Sequence[Span], verb: str) -> str:
    if any(found_at(place, spans) for place in places):
        return ""
    return f"none {verb} of: {_listed(places)}; {_there(spans, verb)}"


def _holds_any(places: Sequence[Place], spans: Sequence[Span]) -> str:
    found = [place for place in places if any(is_at(place, span) for span in spans)]
    return f"cited, and must not be: {_listed(found)}" if found else ""


def _listed(places: Sequence[Place]) -> str:
    return ", ".join(str(place) for place in places)


def _there(spans: Sequence[Span], verb: str) -> str:
    names = list(dict.fromkeys(f"{span['path']}#{span.get('anchor') or ''}".rstrip("#") for span in spans))
    return f"{verb}: {', '.join(names) if names else 'nothing'}"


# Words


def _words(case: Case, record: Record) -> Checks:
    expect = case.expect
    if expect.contains:
        yield _of_reply("contains", record, lambda reply: _lacks(expect.contains, reply))
    if expect.contains_any:
        yield _of_reply("contains_any", record, lambda reply: _lacks_all(expect.contains_any, reply))
    if expect.not_contains:
        yield _of_reply("not_contains", record, lambda reply: _has_any(expect.not_contains, reply))
    if expect.regex:
        yield _of_reply("regex", record, lambda reply: _unmatched(expect.regex, reply))
    if any(nugget.weight == "vital" for nugget in expect.nuggets):
        yield _of_reply("nuggets", record, lambda reply: _nuggets(case, reply))


def holds(text: str, words: str) -> bool:
    r"""Tell whether words stand in a text, whatever the case, the marks and the spaces.

    >>> holds("Set **KB_PORT** to\n9000.", "kb_port to 9000")
    True
    """
    return plain(words) in plain(text)


def nugget_found(aliases: Sequence[str], text: str) -> bool:
    """Tell whether a fact stands in a text in any of its wordings."""
    return any(holds(text, alias) for alias in aliases)


def _lacks(wanted: Sequence[str], reply: Reply) -> str:
    missing = [words for words in wanted if not holds(reply.text, words)]
    return f"missing: {_quoted(missing)}; text: {_shown(reply.text)}" if missing else ""


def _lacks_all(wanted: Sequence[str], reply: Reply) -> str:
    if any(holds(reply.text, words) for words in wanted):
        return ""
    return f"none of: {_quoted(wanted)}; text: {_shown(reply.text)}"


def _has_any(unwanted: Sequence[str], reply: Reply) -> str:
    found = [words for words in unwanted if holds(reply.text, words)]
    return f"stands there, and must not: {_quoted(found)}" if found else ""


def _unmatched(patterns: Sequence[str], reply: Reply) -> str:
    text = without_markers(reply.text)
    missing = [pattern for pattern in patterns if not re.search(pattern, text, re.IGNORECASE)]
    return f"not matched: {_quoted(missing)}; text: {_shown(reply.text)}" if missing else ""


def _nuggets(case: Case, reply: Reply) -> str:
    vital = [nugget for nugget in case.expect.nuggets if nugget.weight == "vital"]
    missing = [nugget.text for nugget in vital if not nugget_found(nugget.aliases, reply.text)]
    return f"vital facts missing: {_quoted(missing)}" if missing else ""


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(repr(text) for text in texts)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


# Form and grounding


def answer_text(reply: Reply) -> str:
    """Give what the answer says of the docs: its sentences, without what the system says around them."""
    if reply.sentences:
        return "\n".join(str(sentence["text"]) for sentence in reply.sentences)
    return without_markers(reply.text)


def spoken_language(reply: Reply) -> str:
    """Give the language of what the docs say, or of a refusal without the titles of pages that it names."""
    text = answer_text(reply)
    if not reply.answers:
        for page in reply.nearest:
            text = text.replace(str(page.get("title") or ""), " ") if page.get("title") else text
    return language_of(text)


def wanted_language(case: Case, reply: Reply) -> str:
    """Give the language that is expected: quotes may be in another one, a refusal is in the question's."""
    return case.expect.lang or case.language if reply.answers else case.language


def _language(wanted: str, reply: Reply) -> str:
    spoken = spoken_language(reply)
    return "" if spoken in {wanted, ""} else f"expected {wanted}, was {spoken}"


def _length(most: int, reply: Reply) -> str:
    count = len(reply.sentences) or len(sentences(without_markers(reply.text)))
    return "" if count <= most else f"at most {most}, was {count}"


def groundedness(support: Sequence[SentenceSupport]) -> float | None:
    """Give the share of the claims that their sources carry; None where nothing is claimed."""
    claims = [sentence for sentence in support if sentence.claims]
    return sum(sentence.holds for sentence in claims) / len(claims) if claims else None


def _grounded(least: float, record: Record) -> CheckResult:
    def problem(reply: Reply) -> str:
        if record.support is None:
            return "" if not reply.answers else "nobody could check it"
        share = groundedness(record.support)
        if share is None or share >= least:
            return ""
        wrong = [sentence.text for sentence in record.support if sentence.claims and not sentence.holds]
        return f"{share:.2f} of the claims hold, expected {least:.2f}; unsupported: {_shown(wrong[0])!r}"

    return _of_reply("min_groundedness", record, problem)
