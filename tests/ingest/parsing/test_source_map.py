"""Each stretch of canonical text knows the line of the source file that it comes from."""

from __future__ import annotations

import re

import pytest

from ingest.parsing import parse

MARKDOWN = """---
title: 표시
---

import A from 'a'

# mark004 title

mark006 first line
mark007 second `a
b` line
mark009 after code

- mark011 item

  mark013 nested

  ```sh
  mark016
    mark017
  ```
- mark019

| mark021 | b |
| --- | --- |
| c | mark023 |

<!--
hidden
-->
<Details>
  <Details.Summary>
    mark030?
  </Details.Summary>

  <Details.Content>
    mark034 text
      mark035 text

    <Figure
      src="x"
      caption="mark037"
    />

    :::note mark042

    mark044

    :::
  </Details.Content>
</Details>

{% callout info %}
mark051
{% endcallout %}

<table>
<tr><th>mark055</th></tr>
<tr>
<td>

x

</td>
</tr>
</table>

> [!tip] mark065
> mark066

[^1]: mark068

    mark070

!!! note "mark072"

    mark074

Setext mark076
---
"""

HTML = """<html>
<body>
<p>mark002
mark003 <b
class="x">mark004</b>
<ul><li>mark005
<li>
mark007
</ul>
<pre>
mark010
mark011
</pre>
<table><tr><td>mark013
<tr>
<td>mark015</table>
"""

RST = """mark000
=======

mark003 and
mark004

* mark006

  mark008

::

   mark012
   mark013

.. note::

   mark017

mark019
    mark020
"""

TEXT = """mark000

mark002
mark003

- mark005
  mark006

    mark008
    mark009
"""


@pytest.mark.parametrize(
    ("path", "source", "first"),
    [("a.mdx", MARKDOWN, 3), ("a.html", HTML, 1), ("a.rst", RST, 1), ("a.txt", TEXT, 1)],
)
def test_planted_words_are_found_on_their_line(path: str, source: str, first: int) -> None:
    lines = source.split("\n")
    planted = re.sub(r"mark\d+", "mark", source).count("mark")

    document = parse(path, source.encode())

    found = [
        (match[0], lines[document.source_map.line_at(match.start()) - 1])
        for match in re.finditer(r"mark\d{3}", document.text)
    ]
    assert first >= 1
    assert len(found) == planted
    assert [word for word, line in found if word not in line] == []


def test_rows_and_items_know_their_lines() -> None:
    document = parse("a.md", b"Intro\n\n1. one\n2. two\n\n|a|\n|-|\n|b|\n|c|\n")

    lines = [[document.source_map.line_at(item.start) for item in block.items] for block in document.blocks]

    assert lines == [[], [3, 4], [6, 8, 9]]
