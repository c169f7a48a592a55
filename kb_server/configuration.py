"""Set single keys in ``kb.toml``, and leave every other line of it as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from kb_server.errors import InvalidRequestError
from kb_server.index.durability import replace_durably

FILE = Path("kb.toml")


def set_keys(values: Mapping[str, str | float], file: Path = FILE) -> Path:
    """Write keys into the file, in their place or at its top, and give its path.

    The new content replaces the old in one step. Raises ``InvalidRequestError`` for a file that is no TOML.
    """
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    text = before
    for key, value in values.items():
        text = _with(text, key, json.dumps(value, ensure_ascii=False))
    try:
        tomllib.loads(before)
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequestError(
            f"{file} is not TOML: {error}.", remedy="Mend it, or set the keys by hand."
        ) from error
    replace_durably(file, text.encode())
    return file


def _with(text: str, key: str, value: str) -> str:
    r"""Set one key above the first table.

    >>> _with("# ours\nport = 1\n[table]\nport = 2\n", "port", "9")
    '# ours\nport = 9\n[table]\nport = 2\n'
    >>> _with("# ours\n", "port", "9")
    'port = 9\n# ours\n'
    """
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.lstrip().startswith("["):
            break
        if re.match(rf"\s*{re.escape(key)}\s*=", line):
            return "".join([*lines[:at], f"{key} = {value}\n", *lines[at + 1 :]])
    return f"{key} = {value}\n{text}"
