"""SQuAD, BEIR, MT-RAG and RAGAS as cases: their passages become pages, their answers expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.failures import BadSuiteError
from evals.importing.imported import Imported, answers_outside, json_of, read, records

ANSWERS = ["answered", "partial"]
_MAX_GRADE = 10
_STATUS = {
    "ANSWERABLE": ANSWERS,
    "PARTIAL": ANSWERS,
    "UNANSWERABLE": ["abstained"],
    "UNDERSPECIFIED": ["clarify"],
}


def squad(file: Path) -> Imported:
    """Read SQuAD 1.1 or 2.0, or KorQuAD 1.0: a page for each paragraph, and the answer in its text."""
    content = json_of(read(file), file)
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        raise BadSuiteError(f"{file} has no list `data`.", remedy="Name a file in the layout of SQuAD.")
    found = Imported()
    for article in content["data"]:
        title = str(article.get("title", ""))
        for number, paragraph in enumerate(article["paragraphs"]):
            path = found.page(f"{title}-{number}", title.replace("_", " "), paragraph["context"])
            for item in paragraph["qas"]:
                found.cases.append(_squad_case(item, path, title, found))
                found.leave(item, ("id", "question", "answers", "is_impossible"))
                for answer in item.get("answers", ()):
                    found.leave(answer, ("text",), "answers.")
    return found


def _squad_case(item: Mapping[str, Any], path: str, title: str, found: Imported) -> dict[str, Any]:
    case = {"id": str(item["id"]), "question": item["question"], "source": {"kind": "squad", "title": title}}
    if item.get("is_impossible"):
        return case | {"expect": {"status": ["abstained"]}}
    answers = answers_outside(item["question"], [each["text"] for each in item["answers"]], found)
    words = {"contains_any": answers} if answers else {}
    return case | {"expect": {"status": ANSWERS, "cite": {"any": [path]}} | words}


def beir(folder: Path) -> Imported:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels``: which pages a search must find."""
    found = Imported()
    paths = _corpus(folder / "corpus.jsonl", found)
    judged = _qrels(folder)
    for query in records(folder / "queries.jsonl"):
        found.leave(query, ("_id", "text", "lang", "answers", "answerable"), "queries.")
        relevant = [
            {"path": paths[passage], "grade": min(grade, _MAX_GRADE)}
            for passage, grade in judged.get(str(query["_id"]), {}).items()
            if passage in paths
        ]
        case = {"id": str(query["_id"]), "question": query["text"], "source": {"kind": "beir"}}
        case |= _reference(query["text"], query.get("answers", ()), found)
        right = [place["path"] for place in relevant if place["grade"]]
        if query.get("answerable") is False:
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
    for passage in records(file):
        key = str(passage["_id"])
        paths[key] = found.page(key, str(passage.get("title", "")), str(passage["text"]))
        found.leave(passage, ("_id", "title", "text"), "corpus.")
    return paths


def _qrels(folder: Path) -> dict[str, dict[str, int]]:
    files = [folder / "qrels.tsv", folder / "qrels" / "test.tsv", folder / "qrels" / "dev.tsv"]
    file = next((each for each in files if each.is_file()), None)
    if file is None:
        raise BadSuiteError(f"{folder} has no qrels.tsv, nor qrels/test.tsv.", remedy="Name a BEIR folder.")
    judged: dict[str, dict[str, int]] = {}
    for line in read(file).splitlines()[1:]:
        if line.strip():
            query, passage, grade = line.split("\t")
            judged.setdefault(query, {})[passage] = max(0, int(grade))
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
    for task in records(file):
        found.leave(task, known)
        case = _mtrag_case(task, paths, found)
        if case is not None:
            found.cases.append(case)
    return found


def _mtrag_case(task: Mapping[str, Any], paths: Mapping[str, str], found: Imported) -> dict[str, Any] | None:
    kinds = task.get("Answerability") or task.get("answerability") or ["ANSWERABLE"]
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind not in _STATUS:
        found.left_behind[f"tasks that are {kind}"] += 1
        return None
    turns = _mtrag_turns(task)
    case: dict[str, Any] = {
        "id": str(task.get("task_id") or task["_id"]),
        "conversation": str(task.get("conversation_id", "")),
        "tags": [kind.lower()],
        "source": {"kind": "mtrag"},
        "expect": {"status": _STATUS[kind]},
    }
    case |= {"turns": turns} if len(turns) > 1 else {"question": turns[0]["content"]}
    if _STATUS[kind] == ANSWERS:
        texts = [each["text"] for each in task.get("targets", ())] or task.get("answers", ())
        case |= _reference(turns[-1]["content"], texts, found)
        places = [found.page(str(each["document_id"]), str(each.get("title", "")), each["text"])
                  for each in task.get("contexts", ()) if each.get("text")]  # fmt: skip
        places += [paths[key] for key in task.get("reference_ids", ()) if key in paths]
        if places:
            case["relevant"] = [{"path": path} for path in dict.fromkeys(places)]
    return case


def _mtrag_turns(task: Mapping[str, Any]) -> list[dict[str, str]]:
    said: Sequence[Any] = task.get("input") or [
        *task.get("history", ()),
        {"role": "user", "text": task["text"]},
    ]
    return [
        {
            "role": "user"
            if str(turn.get("speaker") or turn.get("role")) in {"user", "human"}
            else "assistant",
            "content": str(turn.get("text") or turn.get("content")),
        }
        for turn in said
    ]


def ragas(file: Path) -> Imported:
    """Read samples of RAGAS; what a system answered and retrieved is no expectation and is left behind."""
    found = Imported()
    known = {"user_input", "question", "reference", "ground_truth", "ground_truths", "reference_contexts"}
    for number, sample in enumerate(records(file), start=1):
        found.leave(sample, known)
        asked = sample.get("user_input") or sample.get("question")
        if not asked:
            found.left_behind["samples without a question"] += 1
            continue
        turns = _ragas_turns(asked)
        case: dict[str, Any] = {"id": f"{file.stem}-{number}", "source": {"kind": "ragas"}}
        case |= {"turns": turns} if len(turns) > 1 else {"question": turns[0]["content"]}
        good = sample.get("reference") or sample.get("ground_truth") or sample.get("ground_truths") or []
        case |= _reference(turns[-1]["content"], [good] if isinstance(good, str) else good, found)
        contexts = sample.get("reference_contexts") or []
        paths = [found.page(f"{file.stem}-{number}-{at}", "", text) for at, text in enumerate(contexts, 1)]
        if paths:
            case["relevant"] = [{"path": path} for path in paths]
        found.cases.append(case | {"expect": {"status": ANSWERS}})
    return found


def _ragas_turns(asked: Any) -> list[dict[str, str]]:
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    turns = [
        {"role": "user" if each.get("type", each.get("role")) in {"human", "user"} else "assistant",
         "content": each["content"]}
        for each in asked
    ]  # fmt: skip
    while turns and turns[-1]["role"] != "user":
        turns.pop()
    return turns


def _reference(question: str, answers: Sequence[str], found: Imported) -> dict[str, Any]:
    kept = answers_outside(question, answers, found)
    return {"reference": kept} if kept else {}
