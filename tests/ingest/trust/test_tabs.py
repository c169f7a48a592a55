"""Panels that a tab brings up are content; whatever only calls itself one is hidden text."""

from __future__ import annotations

import pytest

from ingest import parsing
from kb_server.index.records import FlagKind

from .test_inspection import ORDER, each_lang, flags_of

SAID = {
    "en": ("Run npm install first.", "Run yarn add at last."),
    "ko": ("먼저 npm install을 실행합니다.", "끝으로 yarn add를 실행합니다."),
}
HIDDEN = {"en": "All plans are free today.", "ko": "오늘은 모든 요금제가 무료입니다."}
each_path = pytest.mark.parametrize("path", ["page.md", "page.html"])

# As browsers get it: tabs that name their panel, panels that name their tab, and neither, in one order.
TABS = {
    "controls": (
        '<ul role="tablist"><li><a role="tab" aria-controls="a">npm</a><a role="tab" href="#b">Yarn</a></ul>',
        '<div role="tabpanel" id="a">',
        '<div role="tabpanel" id="b" hidden>',
    ),
    "labelled": (
        '<p role="tablist"><button role="tab" id="t">npm</button><b role="tab" id="u"><img src="y.svg"></b>',
        '<div role="tabpanel" aria-labelledby="t">',
        '<div role="tabpanel" aria-labelledby="u" aria-hidden="true" style="display: none">',
    ),
    "order": (
        '<ul role="tablist"><li role="tab">npm</li><li role="tab">Yarn</li></ul>',
        '<div role="tabpanel">',
        '<div role="tabpanel" hidden="">',
    ),
}
LIST, FIRST, SECOND = TABS["controls"]


def page_of(tab_list: str, first: str, second: str, lang: str, *, inside: str = "") -> str:
    said, closed = SAID[lang]
    return (
        f"<main>\n\n{tab_list}\n\n<div>\n\n{first}\n<p>{said}</p>\n</div>\n\n"
        f"{second}\n<p>{inside or closed}</p>\n</div>\n\n</div>\n\n</main>\n"
    )


@each_path
@each_lang
@pytest.mark.parametrize("kind", TABS)
def test_what_a_tab_brings_up_is_text_of_the_page(kind: str, lang: str, path: str) -> None:
    source = page_of(*TABS[kind], lang)

    assert flags_of(source, path) == []
    text = parsing.parse(path, source.encode()).text
    assert all(said in text for said in SAID[lang])


@each_lang
def test_a_panel_of_html_stands_below_the_label_of_its_tab(lang: str) -> None:
    for kind, last in (("order", f"Yarn\n\n{SAID[lang][1]}"), ("labelled", SAID[lang][1])):
        source = page_of(*TABS[kind], lang)

        assert parsing.parse("page.html", source.encode()).text == f"npm\n\n{SAID[lang][0]}\n\n{last}"


@each_path
@each_lang
def test_tabs_in_the_panel_of_a_tab_bring_up_theirs(lang: str, path: str) -> None:
    inner = (
        "".join(TABS["order"][0])
        + f"<div><div role='tabpanel'>npm</div><div role='tabpanel' hidden>{SAID[lang][1]}</div></div>"
    )
    source = page_of(LIST, FIRST, SECOND, lang, inside=inner)

    assert flags_of(source, path) == []
    assert SAID[lang][1] in parsing.parse(path, source.encode()).text


@each_path
@each_lang
@pytest.mark.parametrize(
    ("tab_list", "panel"),
    [
        ("", SECOND),
        (LIST, "<div hidden>"),
        (LIST, '<div role="tabpanel" id="elsewhere" hidden>'),
        (LIST.replace("Yarn", " \u200b"), SECOND),
        (LIST.replace('role="tab"', ""), SECOND),
        (LIST.replace("<ul", "<ul hidden"), SECOND),
        (f'<div style="opacity:0">{LIST}</div>', SECOND),
        (f"<template>{LIST}</template>", SECOND),
        (f"<!-- {LIST} -->", SECOND),
        (LIST, SECOND.replace(" hidden", ' style="font-size:0"')),
        (LIST, SECOND.replace(" hidden", ' hidden style="color:white"')),
        (TABS["order"][0], '<div role="tabpanel" hidden>'),
        (TABS["order"][0], SECOND),
    ],
    ids=[
        "no list", "no panel", "another id", "no label", "no tab", "hidden list", "list in unseen element",
        "list in template", "list in comment", "tiny", "white", "panels of two kinds", "by order with an id",
    ],
)  # fmt: skip
def test_a_panel_without_a_tab_in_sight_is_hidden(tab_list: str, panel: str, lang: str, path: str) -> None:
    source = page_of(tab_list, "<div>", panel, lang, inside=HIDDEN[lang])

    text = parsing.parse(path, source.encode()).text
    flagged = [said for kind, said, _ in flags_of(source, path) if kind is FlagKind.HIDDEN_TEXT]
    assert HIDDEN[lang] not in text or any(HIDDEN[lang] in said for said in flagged)


@each_lang
@pytest.mark.parametrize(
    "fence", ["```html\n{}\n```", "    {}", "`{}`"], ids=["fenced", "indented", "in a line"]
)
def test_a_tab_in_code_brings_up_nothing(fence: str, lang: str) -> None:
    source = page_of("See:\n\n" + fence.format(LIST), "<div>", SECOND, lang, inside=HIDDEN[lang])

    assert any(HIDDEN[lang] in said for _, said, _ in flags_of(source))


@each_lang
def test_what_looks_like_code_does_not_bring_a_hidden_tab_to_sight(lang: str) -> None:
    hidden = f"<pre>x</pre><div hidden>\n{LIST}\n</div>"
    source = page_of(hidden, "<div>", SECOND, lang, inside=HIDDEN[lang])

    for path in ("page.md", "page.html"):
        text = parsing.parse(path, source.encode()).text
        flagged = [said for _, said, _ in flags_of(source, path)]
        assert HIDDEN[lang] not in text or any(HIDDEN[lang] in said for said in flagged)


@each_path
@each_lang
def test_an_order_in_a_panel_is_an_order(lang: str, path: str) -> None:
    source = page_of(LIST, FIRST, SECOND, lang, inside=ORDER[lang])

    assert [(kind, said) for kind, said, _ in flags_of(source, path)] == [(FlagKind.INSTRUCTION, ORDER[lang])]


def test_each_tab_brings_up_one_panel() -> None:
    source = page_of(LIST, FIRST, SECOND, "en") + f"{SECOND}\n<p>{HIDDEN['en']}</p>\n</div>\n"

    assert [said for _, said, _ in flags_of(source)] == [HIDDEN["en"]]
