"""Golden pages: the words of a sentence that are images, and the images that only stand beside it."""

from __future__ import annotations

import pytest

from ingest.parsing import parse


def text_of(source: str, path: str = "page.md") -> str:
    return parse(path, source.encode()).text


@pytest.mark.parametrize(
    "image",
    [
        "![Add an address](a.png)",
        '<img alt="주소 추가 화면" src="a.png" />',
        '<div class="browser">\n<img alt="Add an address" src={useBaseUrl("a.png")} />\n</div>',
        '<p><a href="a.png"><img src="a.png" alt="주소 추가"></a></p>',
        '<Zoom src="/a.png" alt="Add an address" />',
        "{% image a.png Add an address %}",
        '{% include image.html file="a.png" alt="주소 추가" %}',
        "![[a.png|Add an address]]",
        "[![Build](badge.svg)](https://ci.example) ![Version](v.svg)",
    ],
)
def test_an_image_on_its_own_neither_speaks_nor_cuts_the_steps(image: str) -> None:
    steps = f"Do this:\n\n1. Open it.\n\n{image}\n\n2. 저장합니다.\n   {image}\n3. Close it.\n"
    points = f"* One\n{image}\n\n* 둘\n"

    assert text_of(steps) == "Do this:\n\n1. Open it.\n2. 저장합니다.\n3. Close it."
    assert text_of(points) == "- One\n- 둘"


def test_an_image_behind_a_sentence_is_left_out() -> None:
    source = (
        "Choose **Add**. ![The dialog](a.png)\n\n저장을 누릅니다 ![저장 화면](b.png)\n\n"
        "첫 줄<br>![화면](c.png)<br>둘째 줄\n\nClick it.\n![Dialog](d.png)\nThen close it.\n"
    )

    assert text_of(source) == ("Choose Add.\n\n저장을 누릅니다\n\n첫 줄\n둘째 줄\n\nClick it. Then close it.")


def test_an_image_that_stands_for_a_word_stays() -> None:
    source = (
        "Click ![Save](save.png) to save, or the\n![Bin](bin.png)\nbutton.\n\n![저장](s.png) 누르세요.\n\n"
        "| Icon | 뜻 |\n| --- | --- |\n| ![별](star.png) | 즐겨찾기 |\n\n## ![Kiosk](k.png) 안내\n\n"
        "1. Open it.\n2. ![Press the lever](l.png)\n3. Done.\n"
    )

    assert text_of(source) == (
        "Click Save to save, or the Bin button.\n\n저장 누르세요.\n\n"
        "| Icon | 뜻 |\n| --- | --- |\n| 별 | 즐겨찾기 |\n\n## Kiosk 안내\n\n"
        "1. Open it.\n2. Press the lever\n3. Done."
    )


@pytest.mark.parametrize(
    "image",
    [
        "![email_202312_01.png](email_202312_01.png)",
        "![sms_32_20230818](https://cdn.example/SMS_33_20230818.png)",
        "![그림1](x/y.png)",
        "![스크린샷 2024-01-02 오전 9.10.11](x.png)",
        "![image](x.png)",
        '<img src="step3.png" alt="step3">',
    ],
)
def test_the_name_of_a_file_is_no_text(image: str) -> None:
    assert text_of(f"Open {image} now\n\n| a | 나 |\n| --- | --- |\n| {image} | 값 |") == (
        "Open now\n\n| a | 나 |\n| --- | --- |\n|  | 값 |"
    )


def test_html_pages_leave_out_the_same_images() -> None:
    source = (
        "<ol><li>Open it.<img src=a.png alt='The door'></li>"
        "<li>문을 닫습니다.<br><img src=b.png alt='문'></li></ol>"
        "<figure><img src=c.png alt='The house'><figcaption>The house from above</figcaption></figure>"
        "<p>Press <img src=d.png alt=Save> twice</p>"
    )

    assert text_of(source, "a.html") == ("1. Open it.\n2. 문을 닫습니다.\n\nPress Save twice")


@pytest.mark.parametrize("name", ["a.md", "a.mdx", "a.html"])
@pytest.mark.parametrize(
    ("caption", "stays"),
    [
        ("Settings &gt; Users", False),
        ("사용자 비밀번호 초기화 화면", False),
        ("Forgot your password?", False),
        ("The pump runs at night.", True),
        ("펌프는 밤에 작동합니다", True),
    ],
)
def test_the_caption_of_a_picture_stays_where_it_is_a_sentence(
    name: str, caption: str, *, stays: bool
) -> None:
    on_one_line = f"<figure><img src='a.png'><figcaption>{caption}</figcaption></figure>"
    on_several = f"<figure>\n  <img src='a.png' />\n  <figcaption>\n  {caption}\n  </figcaption>\n</figure>"

    for figure in (on_one_line.replace("'>", "' />"), on_several):
        said = text_of(f"<p>One.</p>\n\n{figure}\n\n<p>Two.</p>", name)
        assert said.split("\n\n") == ["One.", *([caption] if stays else []), "Two."]


def test_the_caption_of_code_stays() -> None:
    html = "<figure><pre><code>ls</code></pre><figcaption>Listing 1</figcaption></figure>"
    markdown = "<figure>\n\n```sh\nls\n```\n\n<figcaption>Listing 1</figcaption>\n</figure>"

    assert text_of(html, "a.html").endswith("```\n\nListing 1")
    assert text_of(markdown).endswith("```\n\nListing 1")


def test_steps_are_one_list_where_labelled_pictures_stand_between() -> None:
    figure = "  <figure>\n  <img src='a.png' />\n  <figcaption>\n  화면\n  </figcaption>\n  </figure>\n"

    assert (
        text_of(f"1. 로그인합니다.<br/>\n{figure}2. 저장합니다.\n", "a.mdx")
        == "1. 로그인합니다.\n2. 저장합니다."
    )


def test_a_link_in_brackets_of_its_own_is_left_out_behind_what_it_leads_on_from() -> None:
    source = (
        "- 통신사 차단 서비스 [[해지 바로 가기](https://a.example)]\n- SKT [[바로 가기]](https://b.example)\n\n"
        "Mail is limited. [[Read the notice](/n)] Ask us for more.\n\n"
        "안내를 확인하세요.\n[[공지 바로 가기](/g)]\n\n"
        "Choose [[Plan B](/b)] if you can, see [[1](/one)]\n\nGo to [Console > Mail].\n"
    )

    assert text_of(source) == (
        "- 통신사 차단 서비스\n- SKT\n\nMail is limited. Ask us for more.\n\n안내를 확인하세요.\n\n"
        "Choose [Plan B] if you can, see [1]\n\nGo to [Console > Mail]."
    )


def test_a_paragraph_that_is_a_link_in_brackets_is_marked_as_nothing_but_a_link() -> None:
    assert text_of("[[가이드 바로 가기](https://a.example)]\n\n[[Read more]](https://b.example)\n") == (
        "+ [가이드 바로 가기]\n\n+ [Read more]"
    )
