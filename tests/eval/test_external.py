import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from answer.compose import Answerer
from eval.external import EXTERNAL_SETS, ExternalError, only_about, run_external, sample
from eval.gold import Kind
from eval.importers import QuestionSet, SourceDocument, SourceQuestion
from eval.run import read_run
from index.embed import Embedder


def small_set() -> QuestionSet:
    """Ten documents with three questions each, one of them without evidence."""
    documents = tuple(SourceDocument(f"d{number}", "text") for number in range(10))
    questions = []
    for document in documents:
        part = ((), ((document.key, 0, 4),))
        questions += [
            SourceQuestion(f"{document.key}-{place}", Kind.FACT, "What?", (part,))
            for place in range(2)
        ]
        questions.append(
            SourceQuestion(
                f"{document.key}-none", Kind.UNANSWERABLE, "What?", (), about=document.key
            )
        )
    return QuestionSet("tests", documents, tuple(questions))


def test_a_larger_sample_contains_a_smaller_one() -> None:
    few, more = (sample(small_set(), documents=count) for count in (2, 5))
    assert len(few.documents) == 2 and len(few.questions) == 6
    assert {item.id for item in few.questions} < {item.id for item in more.questions}


def test_sampled_questions_bring_their_documents_and_others_fill_up() -> None:
    drawn = sample(small_set(), questions=3, documents=8)
    assert len(drawn.questions) == 3
    assert len(drawn.documents) == 8
    needed = {item.id.split("-")[0] for item in drawn.questions}
    assert needed <= {document.key for document in drawn.documents}
    assert len(sample(small_set(), questions=5, documents=1).questions) == 5


def test_without_sizes_everything_is_taken() -> None:
    assert sample(small_set()) == small_set()
    assert len(sample(small_set(), questions=4).documents) == 10


def test_questions_about_other_documents_go_with_them() -> None:
    kept = only_about(small_set(), ["d3"])
    assert [item.id for item in kept.questions] == ["d3-0", "d3-1", "d3-none"]


def test_missing_data_are_named(tmp_path: Path) -> None:
    unused: Any = None
    with pytest.raises(ExternalError, match=r"conflict/wikicontradict\.jsonl\.gz does not exist"):
        run_external(
            EXTERNAL_SETS["wikicontradict"], tmp_path, tmp_path, embedder=unused, answerer=unused
        )


def test_a_set_goes_the_whole_path_from_its_file_to_a_run(tmp_path: Path) -> None:
    contexts = {
        "Köprü": "Eski köprü 1994 yılının mayıs ayında yıkıldı. Kimse yaralanmadı.",
        "Vapur": "Yeni vapur günde iki kez karşı kıyıya geçer. Bilet on liradır.",
    }
    article = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {
                            "id": number,
                            "question": question,
                            "answers": [{"text": answer, "answer_start": context.index(answer)}],
                        }
                    ],
                }
            ],
        }
        for number, ((title, context), question, answer) in enumerate(
            zip(
                contexts.items(),
                ["Köprü hangi yıl yıkıldı?", "Vapur günde kaç kez geçer?"],
                ["1994", "iki kez"],
                strict=True,
            )
        )
    ]
    place = tmp_path / "data" / EXTERNAL_SETS["tquad"].place
    place.parent.mkdir(parents=True)
    place.write_bytes(gzip.compress(json.dumps({"data": article}).encode()))
    run = run_external(
        EXTERNAL_SETS["tquad"],
        tmp_path / "data",
        tmp_path / "out",
        embedder=Embedder.load("all-MiniLM-L6-v2", threads=1),
        answerer=Answerer.load(threads=1),
        settings={"model": "all-MiniLM-L6-v2"},
    )
    assert run.measures["errors"].value == 0.0
    assert run.measures["evidence-hit@10"].value == 1.0
    assert run.info.quotes_wrong == 0
    assert run.info.system.settings["documents"] == "2"
    assert read_run(tmp_path / "out" / "run").rows == run.rows
