"""The examples in the docstrings of the packages for suites are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import evals.cases
import evals.linting
import evals.metrics
import evals.records
import evals.running
import evals.scorers

PACKAGES = (evals.cases, evals.linting, evals.metrics, evals.records, evals.running, evals.scorers)
MODULES = sorted(
    {
        f"{package.__name__}.{found.name}"
        for package in PACKAGES
        for found in pkgutil.iter_modules(package.__path__)
    }
    | {"evals.text"}
)


def examples(name: str) -> doctest.TestResults:
    return doctest.testmod(importlib.import_module(name), extraglobs={"np": np})


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert examples(name).failed == 0


def test_there_are_examples() -> None:
    assert sum(examples(name).attempted for name in MODULES) > 20
