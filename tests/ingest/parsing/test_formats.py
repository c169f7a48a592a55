"""HTML, reStructuredText and plain text give the same kinds of blocks."""

from __future__ import annotations

import pytest

from ingest.parsing import BlockKind, ParseError, parse

HTML = """<!DOCTYPE html>
<html lang="ko">
<head><title>설치</title><style>p { color: red }</style></head>
<body>
<nav><a href="/">Home</a></nav>
<main>
<h1 id="install">설치하기<a class="headerlink" href="#install">¶</a></h1>
<p>첫 문단
둘째 줄 <b>굵게</b>를 쓴다.<br>새 줄 <code>a &lt; b</code></p>
<ol start="3"><li>one<li>two <ul><li>nested</ul></ol>
<table><caption>표</caption><tr><th>A<th>B<tr><td colspan="2">x|y<tr><td>1<td>2</table>
<pre><code class="language-py">
def f():
    return 1 &lt; 2
</code></pre>
<details><summary>왜 그런가요?</summary><p>이유.</p></details>
<p>After <your-name> here<script>alert("<p>x</p>")</script></p>
<p hidden>unseen</p><p style="display: none">unseen</p>
<dl><dt>Term<dd>Meaning</dl>
</main>
<footer>Copyright</footer>
</body></html>
"""


def test_html_page() -> None:
    document = parse("a.html", HTML.encode())

    assert document.text == (
        "# 설치하기\n\n첫 문단 둘째 줄 굵게를 쓴다.\n새 줄 `a < b`\n\n3. one\n4. two\n   - nested\n\n표\n\n"
        "| A | B |\n| --- | --- |\n| x\\|y |  |\n| 1 | 2 |\n\n```py\ndef f():\n    return 1 < 2\n```\n\n"
        "## 왜 그런가요?\n\n이유.\n\nAfter <your-name> here\n\nTerm\n\n- Meaning"
    )
    heading = document.blocks[0]
    assert (heading.anchor, heading.level, document.source_map.line_at(0)) == ("install", 1, 7)
    assert document.source_map.line_at(document.text.index("둘째")) == 9


def test_html_without_main_leaves_navigation_out() -> None:
    source = "<header><h1>Guide</h1></header><nav>Menu</nav><div><p>Text</div><footer>End</footer>"

    assert parse("a.htm", source.encode()).text == "# Guide\n\nText"


RST = """
=====
Guide
=====

.. _install:

Install it
==========

Some *text* with ``code``, :ref:`the guide <guide>` and :unknown:`this`
over two lines, see `docs <http://x.example>`_.

.. note:: Take care

   Body of the note.

.. tabs::

   .. tab:: Linux

      .. code-block:: bash
         :linenos:

         sudo apt install kb

#. one
#. two

   - nested

==== =====
A    B
==== =====
1    two
==== =====

term
  meaning

:field: value

.. include:: /etc/hostname

.. raw:: html

   <b>raw</b>

한국어 제목
-----------

본문입니다. [1]_

| line one
| line two

.. [1] 각주.

.. image:: a.png
   :alt: 그림 설명

Press |save| now.

.. |save| image:: save.png
   :alt: Save
"""


def test_restructured_text(capfd: pytest.CaptureFixture[str]) -> None:
    document = parse("a.rst", RST.encode())

    assert document.text == (
        "# Guide\n\n## Install it\n\nSome text with `code`, the guide and this over two lines, see docs.\n\n"
        "Take care\n\nBody of the note.\n\nLinux\n\n```bash\nsudo apt install kb\n```\n\n"
        "1. one\n2. two\n   - nested\n\n"
        "| A | B |\n| --- | --- |\n| 1 | two |\n\nterm\n\n- meaning\n\nfield: value\n\n### 한국어 제목\n\n"
        "본문입니다. [1]\n\nline one\nline two\n\n[1] 각주.\n\nPress Save now."
    )
    assert [block.anchor for block in document.blocks if block.kind is BlockKind.HEADING] == [
        "guide",
        "install-it",
        "한국어-제목",
    ]
    assert capfd.readouterr() == ("", "")


def test_restructured_text_keeps_what_it_cannot_read() -> None:
    text = parse(
        "a.rst", b"Title\n=\n\n.. figure:: a.png\n   :odd: yes\n\n   Kept caption\n\n*open emphasis\n"
    ).text

    assert "Kept caption" in text
    assert "open emphasis" in text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"**a \n" * 2_500, "marks"),
        (b"{%" * 6_000, "wrap it"),
        (b"|x|y|\n" * 6_000, "blank"),
        (b"a " * 600_000, "split it"),
        (b" " * 300 + b"x", "flatten"),
    ],
)
def test_restructured_text_that_would_take_minutes_is_refused(source: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse("a.rst", source)


def test_plain_text() -> None:
    source = (
        "Release notes\n=============\n\n"
        "This line is so long that the editor must have wrapped it at some\ncolumn, so it goes on here.\n\n"
        "Name: kb\nPort: 8000\n\n- one\n  more\n- two\n\n1. first\n\n2. 둘째\n\n"
        "    code here\n      more\n\n# not a heading\n"
    )

    document = parse("a.txt", source.encode())

    assert document.text == (
        "# Release notes\n\n"
        "This line is so long that the editor must have wrapped it at some column, so it goes on "
        "here.\n\nName: kb\nPort: 8000\n\n- one\n  more\n- two\n\n1. first\n2. 둘째\n\n"
        "```\ncode here\n  more\n```\n\n"
        "# not a heading"
    )
    assert [block.kind for block in document.blocks] == [
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.PARAGRAPH,
        BlockKind.LIST,
        BlockKind.LIST,
        BlockKind.CODE,
        BlockKind.PARAGRAPH,
    ]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.html", "<ul><li><a href='b'>Backup</a></li><li><a href='e'>Export</a> of notes</li></ul>"),
        ("a.md", "<ul><li>[Backup](b)</li>\n<li><a href='e'>Export</a> of notes</li></ul>"),
        ("a.rst", "- `Backup <b.html>`_\n- `Export <e.html>`_ of notes\n"),
    ],
)
def test_an_entry_that_is_nothing_but_a_link_is_told_in_every_format(path: str, source: str) -> None:
    assert parse(path, source.encode()).text == "+ Backup\n- Export of notes"
