import pytest

from evals.docs_sets import SETS
from evals.scale_corpus import PREFIX, real_pages, synthetic_pages, with_product, write_pages
from evals.server import EvalError
from ingest.parsing import parse

ENGLISH = "Open the settings page and choose the language that you want to read, then confirm it.\n"
KOREAN = (
    "설정 페이지를 열고 읽고 싶은 언어를 고른 다음 확인 단추를 눌러 주십시오. "
    "그러면 화면이 새로 고쳐지고 언어가 바뀝니다.\n"
)


@pytest.fixture
def docs(tmp_path):
    for name in SETS:
        corpus = tmp_path / "docs" / name / "corpus"
        corpus.mkdir(parents=True)
        (corpus / "a.md").write_text(f"# A\n\n{ENGLISH}\n{KOREAN}", encoding="utf-8")
    return tmp_path / "docs"


def test_every_tenth_page_names_the_product_and_all_others_stay_as_they_were(tmp_path):
    pages = [(f"{number}.md", f"# Page {number}\n\ntext\n") for number in range(1, 31)]

    assert write_pages(pages, tmp_path) == 30
    sources = {path: (tmp_path / path).read_bytes() for path, _ in pages}
    tagged = [path for path in sources if parse(path, sources[path]).metadata.get("product") == "tenth"]

    assert tagged == ["10.md", "20.md", "30.md"]
    assert sources["9.md"] == b"# Page 9\n\ntext\n"


@pytest.mark.parametrize(
    "source",
    [
        "---\ntitle: 열쇠\nproduct: other\n---\n\ntext",
        "---\nproduct: other\n---\nproduct: stays\n",
        "no front matter",
    ],
)
def test_the_product_replaces_the_one_in_the_front_matter_only(source):
    document = parse("a.md", with_product(source).encode())

    assert document.metadata["product"] == "tenth"
    assert ("title" in document.metadata) == ("title" in source)
    assert ("product: stays" in document.text) == ("product: stays" in source)


def test_real_pages_stand_in_a_folder_of_their_set(docs):
    assert [path for path, _ in real_pages(docs)] == [f"{name}/a.md" for name in SETS]
    with pytest.raises(EvalError, match="corpus"):
        list(real_pages(docs / "nowhere"))


def test_synthetic_pages_repeat_and_hold_both_languages_and_the_prefix(docs):
    pages = list(synthetic_pages(docs, 300))
    korean = [path for path, source in pages if parse(path, source.encode()).lang == "ko"]

    assert pages == list(synthetic_pages(docs, 300))
    assert len({path for path, _ in pages}) == 30
    assert len(korean) == 10
    assert sum(path.startswith(PREFIX) for path, _ in pages) == 6
