"""What the commands of ``kb`` share: the settings and the common options."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from kb_server.errors import InvalidRequestError
from kb_server.settings import Settings

_OTHER_VARIABLES = {"KB_EVAL_DATA", "KB_EVAL_API_KEY", "KB_EVAL_JUDGE_KEY"}
"""Variables that belong to the measuring commands."""

_RULES = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number, such as 0.5",
    "bool_parsing": "must be true or false",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "extra_forbidden": "is no setting; all keys stand at the top of kb.toml, outside of any [table]",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
"""What the validator calls a broken rule → how a person says it."""

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Folder of the index. Default: KB_DATA_DIR, else ./data.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raise ``InvalidRequestError`` that names each bad key, its value and the rule."""
    _warn_of_unknown_variables()
    return read_settings(**overrides)


def read_settings(**overrides: Any) -> Settings:
    """Read the settings once more, for a command that has said what it has to say of them."""
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidRequestError(
            f"kb.toml cannot be read: {error}.",
            remedy='Write one `key = value` a line, such as host = "127.0.0.1".',
        ) from error
    except ValidationError as error:
        lines = [
            f"{'KB_' + str(item['loc'][0]).upper()}={_shown(item)}: {_rule(item)}" for item in error.errors()
        ]
        raise InvalidRequestError(
            "Bad setting: " + "; ".join(lines) + ".",
            remedy="Mend the environment variable or kb.toml; the manual's settings page lists every key.",
        ) from error


def _rule(item: Any) -> str:
    """Say which rule a setting breaks in the words of the manual, not in those of the validator.

    >>> _rule({"type": "less_than_equal", "ctx": {"le": 1.0}, "msg": "Input should be …"})
    'must be at most 1'
    """
    words = _RULES.get(item["type"])
    if words is None:
        return str(item["msg"]).removeprefix("Value error, ")
    limits = {
        key: f"{value:g}" for key, value in item.get("ctx", {}).items() if isinstance(value, int | float)
    }
    return words.format(**item.get("ctx", {}) | limits)


def _shown(item: Any) -> str:
    """Show the value of a bad setting, but never that of a key, nor user and password of an address."""
    if str(item["loc"][0]).lower().endswith(("api_key", "secret")):
        return "***"
    return re.sub(r"//.*@", "//***@", repr(item["input"]))


def _warn_of_unknown_variables() -> None:
    """Say which ``KB_*`` variables no setting reads: most often a name with a typing error."""
    known = {f"KB_{name.upper()}" for name in Settings.model_fields} | _OTHER_VARIABLES
    for name in sorted(name for name in os.environ if name.startswith("KB_") and name not in known):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        typer.echo(f"kb: {name} is not a setting and has no effect.{hint}", err=True)
