"""What is kept: what was used last, as far as there is room, and the same value for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from kb_server.remembering import Recent, forget_all


def test_the_oldest_make_room_by_size() -> None:
    kept: Recent[str, str] = Recent(10, size_of=len)
    for word in ("설정", "sync", "vault"):
        kept.keep(word, word)
    assert kept.find("설정") is None  # 2 + 4 + 5 are more than 10
    assert kept.find("sync") == "sync"

    kept.get("next", lambda: "next")

    assert kept.find("vault") is None  # "sync" was used after it
    assert len(kept) == 2


def test_what_is_larger_than_the_room_is_given_but_not_kept() -> None:
    kept: Recent[int, str] = Recent(3, size_of=len)

    assert kept.get(1, lambda: "long") == "long"

    assert len(kept) == 0
    assert kept.get(1, lambda: "new") == "new"


def test_threads_may_share_it() -> None:
    kept: Recent[int, int] = Recent(50)

    def doubled(number: int) -> int:
        return kept.get(number, lambda: 2 * number)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(doubled, [at * 7 % 120 for at in range(4000)]))

    assert found == [at * 7 % 120 * 2 for at in range(4000)]
    assert len(kept) == 50


def test_all_of_it_is_forgotten_on_demand() -> None:
    kept: Recent[str, str] = Recent(3)
    kept.keep("질문", "question")

    forget_all()

    assert kept.find("질문") is None
    for number in range(4):
        kept.keep(str(number), "again")
    assert len(kept) == 3
