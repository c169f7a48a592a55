"""``kb eval report``: from a folder to files."""

from __future__ import annotations

import sys

from evals.failures import EXIT_OK, BadSuiteError
from evals.options import ReportOptions
from evals.records.folder import write_text
from evals.reporting.content import read_content
from evals.reporting.html import html
from evals.reporting.junit import junit
from evals.reporting.markdown import markdown


def report_command(options: ReportOptions) -> int:
    """Write the reports that are asked for, whatever they say; whether a run is good is the gate's word."""
    files = ((options.html, html), (options.junit, junit), (options.markdown, markdown))
    if not any(file for file, _ in files):
        raise BadSuiteError("No report is asked for.", remedy="Add --html FILE, --junit FILE or --md FILE.")
    content = read_content(options.folder, against=options.against, suite=options.suite)
    for file, write in files:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, write(content))
            sys.stdout.write(f"{file}\n")
    return EXIT_OK
