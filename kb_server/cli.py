"""The ``kb`` command: the one place that wires reading, writing and measuring together.

Each command imports what it needs when it is called: to load the server and every parser for ``kb versions``
would cost a second.

Exit codes: 0 fine, 1 findings (some files failed), 2 bad input, 3 infrastructure, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer
from pydantic import SecretStr

from evals.commands import eval_app
from evals.failures import EvalFailure
from evals.product import AsgiApp, Calibration, Product, StoredAnswer
from kb_server.access.commands import app as keys
from kb_server.command_line import AsJson, DataDir, load_settings, read_settings
from kb_server.customers.commands import app as customers
from kb_server.errors import (
    EXIT_BAD_INPUT,
    EXIT_FINDINGS,
    EXIT_INFRASTRUCTURE,
    EXIT_OK,
    BadInputError,
    IndexMissingError,
    InvalidRequestError,
    KbError,
)
from kb_server.feedback.commands import app as feedback
from kb_server.retrieval.query import SearchMode
from kb_server.settings import Settings
from kb_server.store.commands import app as db

EXIT_INTERRUPTED = 130
app = typer.Typer(
    name="kb",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        help="key=value or key!=value; several values of one key: repeat it. E.g. -f lang=ko",
        show_default=False,
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kb-server {version('kb-server')}")
        raise typer.Exit


@app.callback()
def kb(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Documents in, cited answers out: ingest docs, search them, ask them, serve them."""


def parse_filters(pairs: Sequence[str] | None) -> dict[str, str | list[str]]:
    """Read ``key=value`` pairs; a repeated key accepts any of its values.

    >>> parse_filters(["lang=ko", "lang=en", "type=faq"])
    {'lang': ['ko', 'en'], 'type': 'faq'}
    """
    collected: dict[str, list[str]] = {}
    for pair in pairs or ():
        key, separator, value = pair.partition("=")
        if not separator or not key or not value:
            raise InvalidRequestError(
                f"The filter {pair!r} is not of the form key=value.", remedy="Example: --filter lang=ko"
            )
        collected.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in collected.items()}


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders or files; together they are the whole corpus.")
    ],
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; publish nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay and ingest again whenever a file changes.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish even when many files failed.")] = False,
) -> None:
    """Read PATHS, index what changed, and publish a new version of the index."""
    from ingest.commands import run_ingest

    settings = load_settings(data_dir=data_dir)
    raise typer.Exit(run_ingest(paths, settings, as_json=as_json, dry_run=dry_run, watch=watch, force=force))


@app.command()
def chunks(
    file: Annotated[Path, typer.Argument(help="A source file.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show how FILE is cut: kind, heading path, lines and text of every chunk."""
    from ingest.commands import run_chunks

    raise typer.Exit(run_chunks(file, load_settings(), as_json=as_json))


@app.command("train-encoder")
def train_encoder(
    out: Annotated[Path, typer.Argument(help="New folder for the encoder.")],
    *,
    en: Annotated[Path | None, typer.Option(help="English pages.", show_default=False)] = None,
    ko: Annotated[
        Path | None, typer.Option(help="Korean pages with the same relative paths.", show_default=False)
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help="One folder with en/ and ko/ inside.", show_default=False)
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="JSON Lines of pairs instead of pages.", show_default=False)
    ] = None,
    passes: Annotated[float, typer.Option(min=0.01, help="How often each segment is seen.")] = 2.0,
    base: Annotated[
        Path | None,
        typer.Option(
            help="Start from this multilingual model instead of the encoder in use.", show_default=False
        ),
    ] = None,
    layers: Annotated[int, typer.Option(min=0, help="Layers to take from --base.")] = 6,
    device: Annotated[str, typer.Option(help="Teach on cpu, or on cuda: larger steps.")] = "cpu",
    seed: Annotated[int, typer.Option(help="Seed of all random choices.")] = 1,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Teach the Korean encoder your own parallel docs, and write it into OUT."""
    from ingest.training.commands import CPU, ParallelSource, run_train_encoder
    from ingest.training.recipe import Recipe, gpu_recipe

    source = ParallelSource(en=en, ko=ko, docs=docs, pairs=pairs)
    settings = load_settings(data_dir=data_dir)
    recipe = Recipe(passes=passes, seed=seed) if device == CPU else gpu_recipe(passes=passes, seed=seed)
    raise typer.Exit(
        run_train_encoder(
            out, source, settings, recipe, base=base, layers=layers, device=device, as_json=as_json
        )
    )


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words or a question.")],
    *,
    top_k: Annotated[int, typer.Option("--top-k", "-k", help="How many passages.")] = 5,
    filters: Filters = None,
    mode: Annotated[SearchMode, typer.Option(help="Which stages rank.")] = SearchMode.HYBRID,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show rank and score of every stage, and what each word added.")
    ] = False,
    why_not: Annotated[
        str | None,
        typer.Option(
            "--why-not",
            metavar="PATH#ANCHOR",
            help="Say why this page or section is not among the passages.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the passages that fit QUERY best."""
    from kb_server import local, terminal

    settings = load_settings(data_dir=data_dir)
    fields = {
        "query": query,
        "top_k": top_k,
        "filters": parse_filters(filters),
        "mode": mode,
        "explain": explain,
        "why_not": why_not,
    }
    terminal.show_passages(local.search(settings, fields), as_json=as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question in English or Korean.")],
    *,
    filters: Filters = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Answer QUESTION from the docs, with citations."""
    from kb_server import local, terminal

    settings = load_settings(data_dir=data_dir)
    fields = {"question": question, "filters": parse_filters(filters)}
    terminal.show_answer(question, local.ask(settings, fields), as_json=as_json)


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="JSON: what `kb ask --json` printed, or a body of /v1/verify.")
    ],
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check an answer against the docs as they are now; exit code 1 where something does not hold."""
    from kb_server import local, terminal

    verdict = local.verify(load_settings(data_dir=data_dir), file)
    terminal.show_verdict(verdict, as_json=as_json)
    if not verdict.holds:
        raise typer.Exit(EXIT_FINDINGS)


@app.command()
def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to bind. Default: KB_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind. Default: KB_PORT, else 8000.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Answer over HTTP; a newly published version is served without a restart."""
    from kb_server.listening import listener_of
    from kb_server.search_process.remote import searching

    settings = load_settings(data_dir=data_dir, host=host, port=port)
    with listener_of(settings) as listener, searching(settings) as search:
        # It takes a second to import, in which the other process imports and loads its part.
        from kb_server import serving

        raise typer.Exit(serving.serve(settings, search=search, listener=listener))


@app.command()
def versions(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the published versions that are kept, newest first."""
    from kb_server import terminal
    from kb_server.index.layout import DataLayout

    layout = DataLayout(load_settings(data_dir=data_dir).data_dir)
    raise typer.Exit(terminal.show_versions(layout, as_json=as_json))


@app.command()
def rollback(
    version: Annotated[
        str | None,
        typer.Argument(
            help="Version to serve again. Default: the one before the current.", show_default=False
        ),
    ] = None,
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Serve an earlier version again; running servers follow within a second."""
    from kb_server import terminal
    from kb_server.index.layout import DataLayout

    layout = DataLayout(load_settings(data_dir=data_dir).data_dir)
    terminal.show_rollback(layout.roll_back(version), as_json=as_json)


@app.command()
def check(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read the published version again from disk and check every hash and count."""
    from kb_server import terminal
    from kb_server.index.layout import DataLayout
    from kb_server.index.verification import verify_version

    layout = DataLayout(load_settings(data_dir=data_dir).data_dir)
    version = layout.current()
    if version is None:
        raise IndexMissingError(f"Nothing is published in {layout.root}.", remedy="Run `kb ingest PATH`.")
    raise typer.Exit(terminal.show_check(verify_version(layout.version_path(version)), as_json=as_json))


def _evaluated(data_dir: Path | None) -> Settings:
    """Give the settings of an application that is only measured: a database of its own, and no keys."""
    settings = load_settings(data_dir=data_dir)
    database = (settings.data_dir / "evals" / "app.sqlite").resolve()
    database.parent.mkdir(parents=True, exist_ok=True)
    own = {"database_url": SecretStr(f"sqlite:///{database}"), "require_keys": False}
    return settings.model_copy(update=own | {"jwt_secret": None, "jwt_key_file": None})


def _asgi_app(data_dir: Path | None) -> AsgiApp:
    from kb_server.app import create_app

    return create_app(_evaluated(data_dir))


def _build(data_dir: Path | None) -> str:
    import ingest
    from kb_server.build import build_of

    return build_of(read_settings(data_dir=data_dir), beside=tuple(map(Path, ingest.__path__)))


def _ingest_beside(corpus: Path, data_dir: Path) -> None:
    from ingest.commands import ingest_for_program

    ingest_for_program([corpus], read_settings(data_dir=data_dir))


def _calibration() -> Calibration:
    from kb_server.answering.confidence import SHIPPED_CONFIDENCE, load_confidence

    settings = read_settings()
    path = settings.confidence_file or SHIPPED_CONFIDENCE
    known = load_confidence(path)
    return Calibration(known.id, json.loads(path.read_text(encoding="utf-8")), settings.max_risk)


def _configure(values: Mapping[str, str | float]) -> list[str]:
    from kb_server.configuration import set_keys

    file = set_keys(values)
    told = [f"{file}: {key} = {value}" for key, value in values.items()]
    told += [
        f"The variable KB_{key.upper()} is set and wins over {file}: unset it."
        for key in values
        if f"KB_{key.upper()}" in os.environ
    ]
    return [*told, "A server reads it when it starts."]


def _published(data_dir: Path | None) -> str:
    from kb_server.index.layout import DataLayout

    return DataLayout(read_settings(data_dir=data_dir).data_dir).current() or ""


def _stored(data_dir: Path | None, conversation: str | None, rating: str | None) -> list[StoredAnswer]:
    from kb_server.stored_answers import stored_answers

    return [StoredAnswer(**fields) for fields in stored_answers(data_dir, conversation, rating)]


PRODUCT = Product(
    app=_asgi_app,
    data_dir=lambda data_dir: read_settings(data_dir=data_dir).data_dir,
    version=version("kb-server"),
    build=_build,
    ingest=_ingest_beside,
    calibration=_calibration,
    configure=_configure,
    published=_published,
    stored=_stored,
)

app.add_typer(db, name="db")
app.add_typer(eval_app(PRODUCT), name="eval")
app.add_typer(customers, name="customers")
app.add_typer(feedback, name="feedback")
app.add_typer(keys, name="keys")


def _report(error: KbError | EvalFailure, *, as_json: bool) -> int:
    if as_json:
        problem = {"error": {"code": error.code, "message": error.message, "remedy": error.remedy}}
        typer.echo(json.dumps(problem, ensure_ascii=False))
    typer.echo(f"kb: {error.message}", err=True)
    if error.remedy:
        typer.echo(f"    {error.remedy}", err=True)
    return error.exit_code


def _report_unexpected(error: Exception) -> int:
    """Say that this is our fault, and keep the traceback for the report instead of showing it."""
    with NamedTemporaryFile("w", encoding="utf-8", prefix="kb-error-", suffix=".txt", delete=False) as kept:
        traceback.print_exception(error, file=kept)
    typer.echo(f"kb: unexpected error, {type(error).__name__}: {error}", err=True)
    typer.echo(f"    This is a fault of kb-server. Please report it with {kept.name}.", err=True)
    return EXIT_INFRASTRUCTURE


def _report_other(error: Exception, *, as_json: bool) -> int:
    """Name the file that could not be read or written, most often one of the command line."""
    if not isinstance(error, OSError) or not error.filename:
        return _report_unexpected(error)
    name = str(error.filename2 or error.filename)
    unusable = BadInputError(
        f"Cannot read or write {name!r}: {error.strerror}.",
        remedy="Check the path, its permissions and free space.",
    )
    return _report(unusable, as_json=as_json)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code."""
    try:
        result = app(args=list(arguments), prog_name="kb", standalone_mode=False)
    except (KbError, EvalFailure) as error:
        return _report(error, as_json="--json" in arguments)
    except typer.TyperException as error:
        message = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
        if message:  # empty where the help has just been shown instead
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "kb"
            typer.echo(f"kb: {message.replace('Value error, ', '')}", err=True)
            typer.echo(f"    `{command} --help` shows what it takes.", err=True)
        return EXIT_BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("kb: interrupted; the published index is untouched.", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`kb search … | head`): nothing more to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as error:  # noqa: BLE001 - the edge of the process: nobody else will tell the user
        return _report_other(error, as_json="--json" in arguments)
    return result if isinstance(result, int) else EXIT_OK


def main() -> None:
    """Entry point of the ``kb`` command."""
    sys.exit(run(sys.argv[1:]))
