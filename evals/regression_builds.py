"""Builds with one thing broken, to see whether a gate finds it.

A build is a copy of the packages with a changed line, other settings, or other pages: what is asked is the
real product, and nothing in the measuring is touched.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evals.cases.suite import CONFIG, suite_folder
from evals.records.folder import write_text
from evals.server import EvalError

PACKAGES = ("kb_server", "ingest", "evals")
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Patch:
    """One place of a module and what stands there instead; the place has to be there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Regression:
    """One thing that went wrong."""

    name: str
    about: str
    patches: tuple[Patch, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """``KB_*`` variables."""
    pages: Callable[[Path], None] | None = None
    """Changes a copy of the corpus."""


def _delete_page(corpus: Path) -> None:
    (corpus / "en" / "troubleshooting.md").unlink()


def _age_pages(corpus: Path) -> None:
    """Let the pages of operators tell of another release, as an index does that nobody built anew."""
    for page in ("operations.md", "settings.md", "troubleshooting.md"):
        for lang in ("en", "ko"):
            file = corpus / lang / page
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("kb rollback", "kb revert").replace("800", "700"), encoding="utf-8")


_FUSION = "kb_server/retrieval/fusion.py"
_SERVICE = "kb_server/answering/service.py"
_SENDING = "kb_server/answering/sending.py"
_COMPOSER = "kb_server/answering/composer.py"

REGRESSIONS = (
    Regression(
        "tables cut",
        "The chunker cuts tables like prose, and their rows lose the header.",
        (
            Patch(
                "ingest/chunking/pieces.py",
                "                yield from self._table(block, section)\n",
                "                for part in cut(\n"
                "                    self.text, block.span, room=24, meter=self.meter, levels=PROSE_LEVELS\n"
                "                ):\n"
                "                    yield Piece(part.span, section, self.room, ChunkKind.PROSE, 0.0)\n",
            ),
        ),
    ),
    Regression(
        "words weigh nothing",
        "The ranking goes by meaning alone.",
        (
            Patch(
                _FUSION,
                "fused: NDArray[np.float32] = lexical * lexical_weight",
                "fused: NDArray[np.float32] = 0 * lexical * lexical_weight",
            ),
        ),
    ),
    Regression(
        "meaning weighs nothing",
        "The ranking goes by words alone.",
        (Patch(_FUSION, "fused += cosine * dense_weight", "fused += 0 * cosine * dense_weight"),),
    ),
    Regression("always answers", "Any risk is accepted.", settings={"KB_MAX_RISK": "1"}),
    Regression("never answers", "No risk is accepted.", settings={"KB_MAX_RISK": "0"}),
    Regression(
        "wrong language",
        "Pages in the other language come first.",
        (
            Patch(
                _FUSION,
                "    return fused\n\n\ndef word_lead",
                "    fused[row_langs == LANGUAGES.index(query_lang)] -= 2\n"
                "    return fused\n\n\ndef word_lead",
            ),
        ),
    ),
    Regression(
        "spans shifted",
        "The span of a citation lies one character beside its quote.",
        (
            Patch(
                _COMPOSER,
                "        char_start=span.start,\n        char_end=span.end,",
                "        char_start=span.start + 1,\n        char_end=span.end + 1,",
            ),
        ),
    ),
    Regression(
        "quotes shifted",
        "A citation quotes one character too late, span and quote alike.",
        (
            Patch(
                _COMPOSER,
                '    """Cite a span of a passage\'s revision."""\n',
                '    """Cite a span of a passage\'s revision."""\n'
                "    span = Span(span.start + 1, min(span.end + 1, len(passage.revision.text)))\n",
            ),
        ),
    ),
    Regression(
        "citations swapped",
        "Each sentence cites the source of the next one.",
        (
            Patch(_SENDING, "import secrets\n", "import secrets\nfrom dataclasses import replace\n"),
            Patch(
                _SENDING,
                "        sentences=[shown_as(AnswerSentence, sentence)"
                " for sentence in composed.sentences],\n",
                "        sentences=[\n"
                "            shown_as(AnswerSentence, replace(sentence, citations=after.citations))\n"
                "            for sentence, after in zip(\n"
                "                composed.sentences,\n"
                "                composed.sentences[1:] + composed.sentences[:1],\n"
                "                strict=True,\n"
                "            )\n"
                "        ],\n",
            ),
        ),
    ),
    Regression(
        "sentence without a source",
        "Every answer ends with a sentence that its page does not say.",
        (
            Patch(_SENDING, "import secrets\n", "import secrets\nfrom dataclasses import replace\n"),
            Patch(
                _SENDING,
                "    answer = Answer(\n",
                "    if composed.sentences:\n"
                "        said = {'en': 'Every change needs a restart of all 12 machines.',\n"
                "                'ko': '바꿀 때마다 서버 12대를 다시 시작해야 합니다.'}[composed.language]\n"
                "        more = replace(composed.sentences[-1], text=said)\n"
                "        composed = replace(composed, sentences=(*composed.sentences, more))\n"
                "    answer = Answer(\n",
            ),
        ),
    ),
    Regression(
        "history ignored",
        "A question is read without the turns before it.",
        (
            Patch(
                "kb_server/dialogue/schemas.py",
                "        for turn in history\n    ]",
                "        for turn in history[:0]\n    ]",
            ),
        ),
    ),
    Regression(
        "some requests fail",
        "One question in forty ends in an error of the server.",
        (
            Patch(
                _SERVICE,
                "        talk = small_talk(request.question) if picked is None else None\n",
                "        talk = small_talk(request.question) if picked is None else None\n"
                "        if sum(request.question.encode()) % 40 == 0:\n"
                "            raise RuntimeError(request.question)\n",
            ),
        ),
    ),
    Regression("page deleted", "A page of the manual is not in the corpus any more.", pages=_delete_page),
    Regression("pages of another release", "The index holds old pages.", pages=_age_pages),
)


@dataclass(frozen=True, slots=True)
class Build:
    """A build that can be asked."""

    suite: Path
    environment: Mapping[str, str]


def made(regression: Regression | None, suite: str, work: Path) -> Build:
    """Make a build in the folder ``work``, anew; None makes the one that nothing was changed in.

    Raises ``EvalError`` where a patch does not fit any more.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    environment = dict(os.environ)
    environment |= regression.settings if regression else {}
    code = work / "code"
    for name in PACKAGES:
        shutil.copytree(_ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__", "suites"))
    for patch in regression.patches if regression else ():
        _apply(patch, code)
    environment["PYTHONPATH"] = str(code)
    return Build(_suite(suite, work, regression.pages if regression else None), environment)


def _apply(patch: Patch, code: Path) -> None:
    file = code / patch.file
    text = file.read_text(encoding="utf-8")
    if text.count(patch.old) != 1:
        raise EvalError(f"{patch.file} holds {text.count(patch.old)} times, not once: {patch.old!r}.")
    file.write_text(text.replace(patch.old, patch.new), encoding="utf-8")


def _suite(name: str, work: Path, pages: Callable[[Path], None] | None) -> Path:
    """Copy a suite with its baseline, over a copy of its pages where these are to be changed."""
    source = suite_folder(name, below=_ROOT)
    target = work / "suite"
    shutil.copytree(source, target)
    config = (source / CONFIG).read_text(encoding="utf-8")
    line = next(line for line in config.splitlines() if line.startswith("corpus = "))
    corpus = (source / json.loads(line.removeprefix("corpus = "))).resolve()
    if pages is not None:
        shutil.copytree(corpus, work / "corpus")
        pages(work / "corpus")
        corpus = work / "corpus"
    write_text(target / CONFIG, config.replace(line, f"corpus = {json.dumps(str(corpus))}"))
    return target
