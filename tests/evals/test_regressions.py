"""Regressions are real: each changes the build that is asked, and the gate is right about what it sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.cases.suite import load_suite
from evals.regression_builds import PACKAGES, REGRESSIONS, Patch, Regression, made
from evals.regressions import Gated, is_right, table
from evals.server import EvalError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda each: each.name)
def test_every_patch_still_fits_its_module_once(regression: Regression) -> None:
    for patch in regression.patches:
        text = (ROOT / patch.file).read_text(encoding="utf-8")

        assert text.count(patch.old) == 1, patch.file
        compile(text.replace(patch.old, patch.new), patch.file, "exec")
    assert regression.patches or regression.settings or regression.pages


def test_a_build_is_a_changed_copy_of_the_packages_with_the_suite_and_its_baseline(tmp_path: Path) -> None:
    regression = next(each for each in REGRESSIONS if each.name == "page deleted")
    build = made(regression, "manual", tmp_path / "build")
    suite, ours = load_suite(build.suite), load_suite("manual")

    assert suite.hash == ours.hash
    assert (build.suite / "baseline").is_dir() == (ours.folder / "baseline").is_dir()
    assert suite.corpus is not None
    assert ours.corpus is not None
    files = [
        {file.relative_to(corpus).as_posix() for file in corpus.rglob("*.md")}
        for corpus in (ours.corpus, suite.corpus)
    ]
    assert files[0] - files[1] == {"en/troubleshooting.md"}
    code = Path(build.environment["PYTHONPATH"])
    assert all((code / name / "__init__.py").is_file() for name in PACKAGES)


def test_a_patch_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    stale = Regression("stale", "", (Patch("evals/text.py", "nothing of the kind", "else"),))

    with pytest.raises(EvalError, match=r"evals/text\.py holds 0 times"):
        made(stale, "manual", tmp_path / "build")


def test_the_gate_has_to_fail_for_a_regression_and_to_be_open_for_the_same_build() -> None:
    rules = {"no drop of pass_rate": "1.000 → 0.500"}
    found = [
        Gated("unchanged 1", "Nothing was changed.", caught=False, failed={}),
        Gated("unchanged 2", "Nothing was changed.", caught=True, failed=rules),
        Gated("page deleted", "A page is gone.", caught=True, failed=rules),
        Gated("page deleted too", "A page is gone.", caught=False, failed={}),
    ]

    assert [is_right(each) for each in found] == [True, False, True, False]
    assert table(found).splitlines()[3].startswith("| unchanged 2 | Nothing was changed. | fails **wrong** |")
    assert table(found).endswith("2 of 4 builds are told rightly.\n")
