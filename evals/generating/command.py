"""``kb eval gen``: from the pages of an index to a suite."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from evals.cases.schema import Case
from evals.cases.suite import Suite, SuiteConfig
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK, BadSuiteError, TargetError
from evals.generating.kinds import KINDS, make
from evals.generating.kinds.made import Corpus, Made
from evals.generating.kinds.versions import candidates_of_versions
from evals.generating.pages import Page, page_of
from evals.generating.writing import claim, relative, write_suite
from evals.options import GenOptions
from evals.product import Product
from evals.running.calling import CallError
from evals.running.kb_server import KbServer
from evals.running.sessions import kb_session

_RETRIES = 3
_TIMEOUT_SECONDS = 60.0
REMOVED = "removed"
"""Folder, below that of the suite, of the cases that are asked of an index without their pages."""


def gen_command(options: GenOptions, product: Product) -> int:
    """Write a suite of cases made of pages; 1 where no page could be made a case of.

    Raises ``EvalFailure`` where the pages cannot be read or the folder is taken.
    """
    kinds = _chosen(options.kinds)
    if options.corpus is not None and not options.corpus.exists():
        raise BadSuiteError(f"There is no corpus {options.corpus}.", remedy="Name a folder of pages.")
    if options.corpus is not None and options.url:
        raise BadSuiteError(
            "A corpus and --url exclude each other.", remedy="Leave one out: the server has its own pages."
        )
    claim(options.out, overwrite=options.overwrite)
    pages, versions = asyncio.run(_pages(options, product))
    corpus = Corpus(
        [page for page in pages if page.lang in (options.langs or {page.lang})], versions, options.seed
    )
    made = make(corpus, kinds, options.count)
    _write(options, made)
    _show(options, made, len(corpus.pages))
    return EXIT_OK if any(made.values()) else EXIT_FINDINGS


async def _pages(options: GenOptions, product: Product) -> tuple[list[Page], dict[str, Sequence[str]]]:
    config = SuiteConfig(corpus=relative(options.corpus, options.out) if options.corpus else "")
    suite = Suite(options.out.resolve().name, options.out, config, ())
    opened = kb_session(options, suite, product, retries=_RETRIES, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        async with opened as server:
            pages = [await _page(server, info) for info in await server.pages()]
            wanted = candidates_of_versions(pages) if "version" in _chosen(options.kinds) else []
            return pages, {path: await server.versions_of(path) for path in wanted}
    except CallError as error:
        raise TargetError(f"The pages cannot be read: {error}.") from error


async def _page(server: KbServer, info: dict[str, Any]) -> Page:
    text = await server.revision(info["doc_id"], info["revision"])
    if text is None:
        raise TargetError(
            f"The server no longer has the page {info['path']!r}: its index was published anew meanwhile.",
            remedy="Run the command again.",
        )
    return page_of(info, text)


def _chosen(kinds: Sequence[str]) -> tuple[str, ...]:
    """Give the kinds in their order; raises ``BadSuiteError`` for one that does not exist."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise BadSuiteError(
            f"{unknown[0]!r} is not a kind of case.", remedy=f"Choose from {', '.join(KINDS)}."
        )
    return tuple(kind for kind in KINDS if kind in kinds) or KINDS


def _write(options: GenOptions, made: dict[str, list[Made]]) -> None:
    """Write the suite, and a second one for an index that really lacks the removed pages."""
    about = f"Made by kb eval gen --seed {options.seed}; silver: look at the cases before you gate on them."
    settings: dict[str, object] = {"name": options.out.resolve().name}
    if options.corpus is not None:
        settings["corpus"] = relative(options.corpus, options.out)
    files = {kind: [item.case for item in items] for kind, items in made.items()}
    write_suite(options.out, files, settings, about=about)
    removed = files.get(REMOVED, [])
    folder = options.out / REMOVED
    if options.corpus is None or not options.corpus.is_dir() or not removed:
        return
    claim(folder, overwrite=options.overwrite)
    hidden = sorted({path for case in removed for path in case.filters["path!"]})
    settings = {
        "name": f"{settings['name']}-{REMOVED}",
        "corpus": relative(options.corpus, folder),
        "leave_out": hidden,
    }
    unfiltered = [_without_filter(case) for case in removed]
    write_suite(folder, {REMOVED: unfiltered}, settings, about=about)


def _without_filter(case: Case) -> Case:
    return case.model_copy(update={"filters": {}})


def _show(options: GenOptions, made: dict[str, list[Made]], pages: int) -> None:
    counts = {kind: len(items) for kind, items in made.items()}
    if options.as_json:
        content = {"suite": str(options.out), "pages": pages, "cases": counts}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
        return
    for kind, count in counts.items():
        sys.stdout.write(
            f"{kind:<8} {count:>4}  {'' if count else _WHY_NONE.get(kind, 'no heading allows it')}".rstrip()
            + "\n"
        )
    sys.stdout.write(
        f"{options.out}: {counted(sum(counts.values()), 'case')} from {counted(pages, 'page')}\n"
    )


_WHY_NONE = {
    "faq": "no heading is a question",
    "joined": "no question has two Korean words side by side",
    "code": "no question holds a code such as E-4021",
    "twin": "no translation with the same headings asks what is not asked already",
    "cross": "no page has a translation with the same headings",
    "version": "no two versions have a page of the same title and heading",
    "removed": "other pages hold the words of every question",
}
