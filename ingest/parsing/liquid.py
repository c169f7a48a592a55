"""Template tags and attribute lists inside a line: Liquid, kramdown, Material icons, snippet includes."""

from __future__ import annotations

import re

from ingest.parsing.lines import Line, find_all_outside_code, outside_code
from ingest.parsing.tags import icon_text

_RAW_LINE = re.compile(r"\{%-?\s*(end)?raw\s*-?%\}")
_RAW_INLINE = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}")
_TAG = re.compile(r"\{%[-+]?\s*([A-Za-z_][\w-]*)((?:[^%]|%(?!\})){0,500}?)[-+]?%\}")
_OUTPUT = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*((?:\|[^{}]*)?)-?\}\}")
_SITE = re.compile(r"(?:site|page|include|layout|jekyll|book|content|assign)\.")
_IMAGE_FILE = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|mp4|webm)\b", re.IGNORECASE)
_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*([\w/-]+)((?:[^>%]|[>%](?!\}\})){0,500}?)/?\s*[>%]\}\}")
_NAMED = re.compile(r"""([\w-]+)\s*=\s*(["'])(.*?)\2""")
_QUOTED = re.compile(r"""(?<![=\w])(["'])(.*?)\1""")
_KRAMDOWN = re.compile(r"\{:[^{}]*\}")
_ATTRIBUTES = re.compile(r"(?<=[)\]*_`])\{\s*(?:[.#:][\w-]+|[\w-]+=[^{}\s]+|data-preview|lazy|\s)+\}")
_MATERIAL_ICON = re.compile(r":(?:material|fontawesome|octicons|simple)-[\w-]+:(?:\{[^{}]*\})?")
_BLOCK_ID = re.compile(r"(?:^|(?<=\s))\^[A-Za-z0-9][A-Za-z0-9-]*\s*$")
_IMAGES = frozenset({"image", "img", "figure", "asset_img"})
_INCLUDED_IMAGE = re.compile(r"\s*[\w./-]*(?:image|img|figure|screenshot)[\w-]*\.\w+\s", re.IGNORECASE)
_READABLE = frozenset({"title", "label", "summary", "question", "caption", "alt", "content", "text", "name"})


_HIGHLIGHT = re.compile(r"(\s*)\{%-?\s*(end)?(?:highlight|codeblock|code-block)\b\s*([\w+#-]*)[^%]*%\}\s*")
_ALONE = re.compile(r"\s*(?:\{%(?:[^%]|%(?!\})){0,500}%\}\s*|\{\{[^{}]{0,500}\}\}\s*)+")


def fence_highlights(lines: list[str]) -> list[str]:
    """Turn ``{% highlight ruby %}`` blocks into code fences.

    >>> fence_highlights(["{% highlight sh %}", "ls", "{% endhighlight %}"])
    ['```sh', 'ls', '```']
    """
    return [_fenced(line) if "{%" in line else line for line in lines]


def _fenced(line: str) -> str:
    match = _HIGHLIGHT.fullmatch(line)
    if not match:
        return line
    return match[1] + "```" + ("" if match[2] else match[3])


def rewrite_inline(lines: list[Line]) -> None:
    """Take template tags, attribute lists and block ids out of every line that is not code."""
    captured = frozenset(
        match
        for line in lines
        if "{%" in line.text and not line.is_code
        for match in re.findall(r"\{%-?\s*(?:capture|assign|set|for)\s+([\w-]+)", line.text)
    )
    raw = False
    for at, line in enumerate(lines):
        if line.is_code:
            continue
        if "{" in line.text:
            line.stands_alone = _ALONE.fullmatch(line.text) is not None
            raw = _rewrite_templates(line, raw=raw, captured=captured)
        if ":" in line.text:
            line.text = outside_code(line.text, lambda part: _MATERIAL_ICON.sub("", part))
        if "^" in line.text and (at + 1 == len(lines) or not lines[at + 1].text.strip()):
            line.text = _BLOCK_ID.sub("", line.text).rstrip()


def _rewrite_templates(line: Line, *, raw: bool, captured: frozenset[str]) -> bool:
    toggles = find_all_outside_code(line.text, _RAW_LINE)
    if len(toggles) % 2:
        line.text = outside_code(line.text, lambda part: _RAW_LINE.sub("", part))
        return toggles[-1][1] is None
    if not raw:
        line.text = outside_code(line.text, lambda part: _templates(part, captured))
    return raw


def _templates(text: str, captured: frozenset[str]) -> str:
    """Rewrite one stretch of text without code in it."""
    if "endraw" not in text:
        return _replaced(text, captured)
    parts = _RAW_INLINE.split(text)
    return "".join(part if at % 2 else _replaced(part, captured) for at, part in enumerate(parts))


def _replaced(text: str, captured: frozenset[str]) -> str:
    if "{%" in text:
        text = _TAG.sub(lambda match: _visible(match[1], match[2]), text)
    if "{{" in text:
        text = _OUTPUT.sub(lambda match: _output(match, captured), text)
        text = _SHORTCODE.sub(lambda match: _visible(match[1], match[2]), text)
    return _ATTRIBUTES.sub("", _KRAMDOWN.sub("", text))


def _output(match: re.Match[str], captured: frozenset[str]) -> str:
    name, filters = match[1], match[2]
    known = _SITE.match(name) or name.partition(".")[0] in captured or filters
    return "" if known else match[0]


def _visible(name: str, arguments: str) -> str:
    """Give what a reader sees of a template tag: alternative texts, titles, quoted sentences."""
    if not arguments or name.startswith("end"):
        return ""
    if name == "icon":
        return icon_text(arguments)
    if name in _IMAGES or (name == "include" and _INCLUDED_IMAGE.match(arguments)):
        return _image(name, arguments)
    named = [match[3] for match in _NAMED.finditer(arguments) if match[1] in _READABLE]
    if name in {
        "if",
        "elsif",
        "elseif",
        "unless",
        "for",
        "case",
        "when",
        "assign",
        "set",
        "link",
        "include_relative",
    }:
        return ""
    quoted = [match[2] for match in _QUOTED.finditer(_NAMED.sub("", arguments)) if " " in match[2].strip()]
    return " ".join(text for text in [*named, *quoted] if text and not _IMAGE_FILE.fullmatch(text))


def _image(name: str, arguments: str) -> str:
    """Write a tag that shows an image as Markdown has it, with what its attributes say besides."""
    named = {match[1]: match[3] for match in _NAMED.finditer(arguments) if match[1] in _READABLE}
    alternative = named.pop("alt", "")
    if not alternative and not named and name != "include":
        unnamed = _IMAGE_FILE.sub("", _NAMED.sub("", arguments)).strip(" \"'")
        alternative = unnamed if " " in unnamed or unnamed.isalpha() else ""
    file = _IMAGE_FILE.search(arguments)
    source = re.sub(r"[\"'<>()]", "", file[0].rpartition("=")[2]) if file else ""
    shown = re.sub(r"([\[\]\\])", r"\\\1", alternative)
    return " ".join([f"![{shown}]({source})" if shown else "", *named.values()]).strip()
