"""What a refused question is asked back with."""

import numpy as np
import pytest

from kb_server.answering.answer import Status
from kb_server.answering.offering import meant
from kb_server.answering.offering.probe import Outcome, Probe
from tests.kb_server.answering.searches import UNSURE, Page, ask

ALERTS = Page("## Silence an alert\n\nPress Mute.", path="alerts.md", title="Alerts")
BACKUPS = Page("## Keep a backup\n\nPress Save.", path="backups.md", title="Backups")
VECTOR = np.array([1.0, 0.0], dtype=np.float32)


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [("stop the noise at night", ALERTS, BACKUPS), ("밤에 소리를 끄려면?", BACKUPS, ALERTS)],
)
def test_only_headings_of_the_nearest_page_are_what_was_meant(question, first, second):
    refused = ask(question, first, second, signals=UNSURE)
    probes = [Probe("Silence an alert", doc_id=ALERTS.doc_id), Probe("Backup", doc_id=BACKUPS.doc_id)]

    assert [probe.doc_id for probe in meant.of_best_page(probes, refused)] == [first.doc_id]


@pytest.mark.parametrize(("cosine", "status"), [(0.9, Status.CLARIFY), (0.3, None)])
def test_a_heading_is_only_offered_where_it_comes_close(cosine, status):
    refused = ask("stop the noise at night", ALERTS, signals=UNSURE)
    probe = Probe("Silence an alert", doc_id=ALERTS.doc_id)
    towards = np.array([cosine, np.sqrt(1 - cosine**2)], dtype=np.float16)
    outcome = Outcome(True, "Press Mute.", ALERTS.doc_id, (), 1.0, towards)

    asked_back = meant.settle([probe], [outcome], VECTOR, refused)

    assert (asked_back.status if asked_back else None) is status
