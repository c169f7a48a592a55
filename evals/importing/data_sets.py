"""SQuAD, BEIR, MT-RAG and RAGAS as cases: their passages become pages, their answers expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.failures import BadSuiteError
from evals.importing.entries import REMEDY, Entry, entries, entry_of, json_of, read
from evals.importing.imported import Imported, answers_outside

ANSWERS = ["answered", "partial"]
_MAX_GRADE = 10
_STATUS = {
    "ANSWERABLE": ANSWERS,
    "PARTIAL": ANSWERS,
    "UNANSWERABLE": ["abstained"],
    "UNDERSPECIFIED": ["clarify"],
}
_COLUMNS = ("query", "passage", "grade")


def squad(file: Path) -> Imported:
    """Read SQuAD 1.1 or 2.0, or KorQuAD 1.0: a page for each paragraph, and the answer in its text."""
    content = json_of(read(file), file)
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        raise BadSuiteError(f"{file} has no list `data`.", remedy="Name a file in the layout of SQuAD.")
    found = Imported()
    for article in entry_of(content, str(file)).objects("data"):
        title = article.text_or("title")
        for number, paragraph in enumerate(article.objects("paragraphs", required=True)):
            path = found.page(f"{title}-{number}", title.replace("_", " "), paragraph.text("context"))
            for item in paragraph.objects("qas", required=True):
                found.cases.append(_squad_case(item, path, title, found))
                found.leave(item.fields, ("id", "question", "answers", "is_impossible"))
                for answer in item.objects("answers"):
                    found.leave(answer.fields, ("text",), "answers.")
    return found


def _squad_case(item: Entry, path: str, title: str, found: Imported) -> dict[str, Any]:
    question = item.text("question")
    case = {"id": item.text("id"), "question": question, "source": {"kind": "squad", "title": title}}
    if item.fields.get("is_impossible"):
        return case | {"expect": {"status": ["abstained"]}}
    given = [each.text_or("text") for each in item.objects("answers", required=True)]
    answers = answers_outside(question, given, found)
    words = {"contains_any": answers} if answers else {}
    return case | {"expect": {"status": ANSWERS, "cite": {"any": [path]}} | words}


def beir(folder: Path) -> Imported:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels``: which pages a search must find."""
    found = Imported()
    paths = _corpus(folder / "corpus.jsonl", found)
    judged = _qrels(folder)
    for query in entries(folder / "queries.jsonl"):
        found.leave(query.fields, ("_id", "text", "lang", "answers", "answerable"), "queries.")
        relevant = [
            {"path": paths[passage], "grade": min(grade, _MAX_GRADE)}
            for passage, grade in judged.get(query.text("_id"), {}).items()
            if passage in paths
        ]
        question = query.text("text")
        case = {"id": query.text("_id"), "question": question, "source": {"kind": "beir"}}
        case |= _reference(question, query.texts("answers"), found)
        right = [place["path"] for place in relevant if place["grade"]]
        if query.fields.get("answerable") is False:
            case = {key: value for key, value in case.items() if key != "reference"}
            found.cases.append(case | {"expect": {"status": ["abstained"]}})
        elif right:
            expect = {"retrieve": {"any": right, "k": 10}}
            found.cases.append(case | {"relevant": relevant, "expect": expect})
        else:
            found.left_behind["questions without a judged passage"] += 1
    return found


def _corpus(file: Path, found: Imported) -> dict[str, str]:
    paths = {}
    for passage in entries(file):
        key = passage.text("_id")
        paths[key] = found.page(key, passage.text_or("title"), passage.text_or("text"))
        found.leave(passage.fields, ("_id", "title", "text"), "corpus.")
    return paths


def _qrels(folder: Path) -> dict[str, dict[str, int]]:
    files = [folder / "qrels.tsv", folder / "qrels" / "test.tsv", folder / "qrels" / "dev.tsv"]
    file = next((each for each in files if each.is_file()), None)
    if file is None:
        raise BadSuiteError(f"{folder} has no qrels.tsv, nor qrels/test.tsv.", remedy="Name a BEIR folder.")
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read(file).splitlines()[1:], start=2):
        cells = line.split("\t")
        if not line.strip():
            continue
        if len(cells) != len(_COLUMNS):
            raise BadSuiteError(
                f"{file}:{number} must be query, passage and grade with tabs between them, not {line!r}.",
                remedy=REMEDY,
            )
        row = Entry(dict(zip(_COLUMNS, cells, strict=True)), f"{file}:{number}")
        judged.setdefault(row.text("query"), {})[row.text("passage")] = max(0, row.number("grade"))
    return judged


def mtrag(file: Path) -> Imported:
    """Read the tasks of MT-RAG: conversations, with passages where the file or ``corpus.jsonl`` has them."""
    found = Imported()
    corpus = file.parent / "corpus.jsonl"
    paths = _corpus(corpus, found) if corpus.is_file() else {}
    known = {
        "task_id", "_id", "input", "text", "history", "targets", "answers", "contexts", "reference_ids",
        "Answerability", "answerability", "conversation_id", "lang", "answerable",
    }  # fmt: skip
    for task in entries(file):
        found.leave(task.fields, known)
        case = _mtrag_case(task, paths, found)
        if case is not None:
            found.cases.append(case)
    return found


def _mtrag_case(task: Entry, paths: Mapping[str, str], found: Imported) -> dict[str, Any] | None:
    kinds = task.texts("Answerability") or task.texts("answerability") or ["ANSWERABLE"]
    if kinds[0] not in _STATUS:
        found.left_behind[f"tasks that are {kinds[0]}"] += 1
        return None
    turns = _turns(task.objects("input")) or [
        *_turns(task.objects("history")),
        {"role": "user", "content": task.text("text")},
    ]
    case: dict[str, Any] = {
        "id": task.text("task_id", "_id"),
        "conversation": task.text_or("conversation_id"),
        "tags": [kinds[0].lower()],
        "source": {"kind": "mtrag"},
        "expect": {"status": _STATUS[kinds[0]]},
    }
    case |= {"turns": turns} if len(turns) > 1 else {"question": turns[0]["content"]}
    if _STATUS[kinds[0]] == ANSWERS:
        case |= _mtrag_answer(task, turns[-1]["content"], paths, found)
    return case


def _mtrag_answer(task: Entry, question: str, paths: Mapping[str, str], found: Imported) -> dict[str, Any]:
    texts = [each.text("text") for each in task.objects("targets")] or task.texts("answers")
    places = [
        found.page(each.text("document_id"), each.text_or("title"), each.text("text"))
        for each in task.objects("contexts")
        if each.has("text")
    ]
    places += [paths[key] for key in task.texts("reference_ids") if key in paths]
    relevant = {"relevant": [{"path": path} for path in dict.fromkeys(places)]} if places else {}
    return _reference(question, texts, found) | relevant


_ASKING = frozenset({"user", "human"})


def _turns(said: Sequence[Entry]) -> list[dict[str, str]]:
    """Give what was said, whatever a data set calls the sides and the words."""
    return [
        {
            "role": "user" if turn.text("speaker", "role", "type") in _ASKING else "assistant",
            "content": turn.text("text", "content"),
        }
        for turn in said
    ]


def ragas(file: Path) -> Imported:
    """Read samples of RAGAS; what a system answered and retrieved is no expectation and is left behind."""
    found = Imported()
    known = {"user_input", "question", "reference", "ground_truth", "ground_truths", "reference_contexts"}
    for number, sample in enumerate(entries(file), start=1):
        found.leave(sample.fields, known)
        turns = _ragas_turns(sample)
        if not turns:
            found.left_behind["samples without a question"] += 1
            continue
        name = f"{file.stem}-{number}"
        case: dict[str, Any] = {"id": name, "source": {"kind": "ragas"}}
        case |= {"turns": turns} if len(turns) > 1 else {"question": turns[0]["content"]}
        names = ("reference", "ground_truth", "ground_truths")
        good = next((sample.texts(each) for each in names if sample.has(each)), [])
        case |= _reference(turns[-1]["content"], good, found)
        paths = [
            found.page(f"{name}-{at}", "", text)
            for at, text in enumerate(sample.texts("reference_contexts"), start=1)
        ]
        if paths:
            case["relevant"] = [{"path": path} for path in paths]
        found.cases.append(case | {"expect": {"status": ANSWERS}})
    return found


def _ragas_turns(sample: Entry) -> list[dict[str, str]]:
    """Give the turns up to the last question; none where nothing is asked."""
    name = next((each for each in ("user_input", "question") if sample.has(each)), "")
    if not name:
        return []
    if isinstance(sample.fields[name], str):
        return [{"role": "user", "content": sample.text(name)}]
    turns = _turns(sample.objects(name))
    while turns and turns[-1]["role"] != "user":
        turns.pop()
    return turns


def _reference(question: str, answers: Sequence[str], found: Imported) -> dict[str, Any]:
    kept = answers_outside(question, answers, found)
    return {"reference": kept} if kept else {}
