"""Crash points sampled from the full enumeration (``python -m tests.crash.enumerate``)."""

from __future__ import annotations

import pytest

from . import harness
from .points import crucial, decisive, sample
from .shim import FAULTS, Fault, Mode, Target

pytestmark = pytest.mark.crash

SEED = 20
CRUCIAL = 3
SAMPLED = 2


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> harness.Scenario:
    return harness.prepare(tmp_path_factory.mktemp("scenario"))


def choose(scenario: harness.Scenario, mode: Mode, place: int) -> Target:
    """Take the operations that publish in every mode, and others of all kinds in turn."""
    if place < CRUCIAL:
        return crucial(scenario.targets)[place]
    others = sample(scenario.targets, SAMPLED * len(FAULTS), seed=SEED)
    return others[(place - CRUCIAL) * len(FAULTS) + FAULTS.index(mode)]


@pytest.mark.parametrize("mode", FAULTS)
@pytest.mark.parametrize("place", range(CRUCIAL + SAMPLED))
def test_a_fault_leaves_a_whole_version_and_the_next_ingest_converges(
    scenario: harness.Scenario, mode: Mode, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = choose(scenario, mode, place)

    outcome = harness.disturb(scenario, Fault(mode, target), tmp_path_factory.mktemp("point"))

    assert outcome.reached, f"{target} was not met again"
    assert outcome.exit_code != 0 or outcome.survived == "new"


def test_the_points_around_the_publish_are_known(scenario: harness.Scenario) -> None:
    paths = [(target.name, target.path) for target in crucial(scenario.targets)]

    assert paths == [("rename", "versions/v-*"), ("write", ".CURRENT-*"), ("rename", "CURRENT")]
    assert set(crucial(scenario.targets)) < set(decisive(scenario.targets))
