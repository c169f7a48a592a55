"""A run as JUnit XML: one ``<testcase>`` for each case, whatever its repeats."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from evals.metrics.model import Observation
from evals.reporting.content import Content, broken, repeats

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold in any spelling."""


def junit(content: Content) -> str:
    """Give the document; a case that is marked as flaky is skipped where it does not pass."""
    run = content.run
    cases = [_case(run.side.suite, item) for item in run.observed]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{sum(record.timing.seconds for record in run.records):.3f}",
    }
    root = ET.Element("testsuites", {"name": "kb eval", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(run.side.suite), **counts})
    properties = ET.SubElement(suite, "properties")
    for name, value in _about(content).items():
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    suite.extend(cases)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _about(content: Content) -> dict[str, str]:
    target = content.run.about["target"]
    names = ("server_version", "build", "index_version", "corpus_hash", "encoder")
    hashes = {name: str(target.get(name, "")) for name in names}
    return {"suite_hash": content.run.side.suite_hash, **hashes}


def _case(suite: str, item: Observation) -> ET.Element:
    seconds = sum(record.timing.seconds for record in item.records)
    fields = {"name": item.case.id, "classname": f"{suite}.{item.case.language}", "time": f"{seconds:.3f}"}
    element = ET.Element("testcase", {name: _clean(value) for name, value in fields.items()})
    if item.verdict == "pass":
        return element
    if item.case.flaky:
        ET.SubElement(element, "skipped", {"message": _clean(f"known to vary; {_message(item)}")})
    elif item.verdict == "error":
        problem = ET.SubElement(element, "error", {"message": _clean(_error(item)), "type": _kind(item)})
        problem.text = _clean(_body(item))
    else:
        message = {"message": _clean(_message(item)), "type": item.verdict}
        problem = ET.SubElement(element, "failure", message)
        problem.text = _clean(_body(item))
    return element


def _message(item: Observation) -> str:
    return "; ".join(part for part in (repeats(item), *broken(item)[:1]) if part)


def _error(item: Observation) -> str:
    return next((record.error.message for record in item.records if record.error), "")


def _kind(item: Observation) -> str:
    return next((record.error.kind for record in item.records if record.error), "")


def _body(item: Observation) -> str:
    """Give all that is broken, the question, and the first answer that did not pass."""
    record = next(each for each in item.records if not each.passed)
    answer = f"[{record.reply.status}] {record.reply.text}" if record.reply else "no answer"
    return "\n".join([*broken(item), "", f"question: {item.case.asked}", f"answer: {answer}"])


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
