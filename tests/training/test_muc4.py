import numpy as np
from scipy.sparse import csr_matrix

from eval.muc4 import ROLES, Muc4Document
from training.muc4 import Softmax, learn, read_report

BOMBED = "guerrillas of the fmln bombed the embassy of france in lima yesterday. two guards died."
QUIET = "the price of coffee rose in bogota yesterday. growers of the valley were glad."


def document(number: int, text: str, org: str | None) -> Muc4Document:
    roles: dict[str, tuple[tuple[str, ...], ...]] = dict.fromkeys(ROLES, ())
    if org is not None:
        roles["PerpOrg"] = ((org,),)
    return Muc4Document(str(number), text, roles)


def test_phrases_are_taken_with_and_without_what_stands_around_them() -> None:
    found = {phrase.text for phrase in read_report(BOMBED).phrases}
    assert {"guerrillas", "guerrillas of the fmln", "fmln", "two guards", "guards"} <= found


def test_every_phrase_stands_where_it_says() -> None:
    for phrase in read_report(BOMBED).phrases:
        assert BOMBED[phrase.start : phrase.start + len(phrase.text)] == phrase.text


def test_a_separable_problem_is_learnt() -> None:
    rows = csr_matrix(np.array([[1.0, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]] * 5))
    labels = np.array([0, 0, 1, 1] * 5)
    likely = Softmax.fit(rows, labels, 2).likely(rows)
    assert likely.shape == (20, 2)
    assert (likely.argmax(axis=1) == labels).all()
    assert np.allclose(likely.sum(axis=1), 1)


def test_a_filler_of_the_training_part_is_found_in_a_report_like_it() -> None:
    documents = [
        document(n, BOMBED if n % 2 else QUIET, "fmln" if n % 2 else None) for n in range(16)
    ]
    finder = learn(documents, [read_report(each.text) for each in documents])
    assert finder.find(read_report(BOMBED))["PerpOrg"] == [("fmln",)]
    assert finder.find(read_report(QUIET))["PerpOrg"] == []
