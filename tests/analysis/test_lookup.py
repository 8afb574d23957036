"""What somebody types is matched to the record that it means, with the reason."""

from collections.abc import Mapping

import pytest

from analysis.collection import Actor, Evidence, Join, NameUse, Records
from analysis.lookup import Lookup, NotMeant
from analysis.names import Name, NameEntry, NameKind, NameRegister
from analysis.records import ActorKind, Reason
from analysis.terms import words


def entry(canonical: str, *others: str, used_for: tuple[str, ...] = ()) -> NameEntry:
    names = tuple(
        Name(
            text,
            forms := tuple(word.form for word in words(text)),
            False,
            (False,) * (len(forms) - 1),
        )
        for text in (canonical, *others)
    )
    return NameEntry(canonical, NameKind.GROUP, names, also_used_for=used_for)


REGISTER = NameRegister(
    [
        entry("Heron Front", "HF", "Heronists"),
        entry("Bird Army", "Aviaries", used_for=("Heron Front",)),
    ]
)


def actor(key: str, name: str, uses: Mapping[str, int], *joins: Join) -> Actor:
    places = {text: tuple(Evidence("d", n, n + 1) for n in range(n)) for text, n in uses.items()}
    names = tuple(NameUse(text, found) for text, found in places.items())
    return Actor(key, name, ActorKind.GROUP, names, joins)


LOOKUP = Lookup(
    Records(
        [
            actor(
                "heron-front",
                "Heron Front",
                {"Heron Front": 4, "the Waders": 9, "Marsh Unit": 2},
                Join("the Waders", "Heron Front", Reason.ALSO_KNOWN_AS),
            ),
            actor("otters", "Otter League", {"Otter League": 2, "the Waders": 1, "Marsh Unit": 2}),
            actor("dawood", "Mohammad Dawood Muzammil", {"Mohammad Dawood Muzammil": 3}),
            actor("yusuf", "Mohammad Yusuf", {"Mohammad Yusuf": 1}),
        ],
        [],
        [],
        notes={},
        register=REGISTER,
    )
)


@pytest.mark.parametrize(
    ("typed", "meant", "because"),
    [
        ("heron-front", "heron-front", ""),
        ("HERON FRONT", "heron-front", "it is the actor’s name"),
        ("the Heron Front", "heron-front", "it is the actor’s name"),
        ("HF", "heron-front", "the register of names lists it as a name of Heron Front"),
        ("Heronnists", "heron-front", "sounds like"),
        ("Aviaries", "heron-front", "says that reports use it for Heron Front"),
        ("the waders", "heron-front", "9 of the 10 places that say it mean that"),
        ("Muhammed Davud Muzamil", "dawood", "sounds like ‘Mohammad Dawood Muzammil’"),
        ("Muzammil", "dawood", "part of the name ‘Mohammad Dawood Muzammil’"),
    ],
)
def test_an_actor_is_found_by_id_use_register_sound_and_part(
    typed: str, meant: str, because: str
) -> None:
    found = LOOKUP.actor(typed)
    assert found.ids == (meant,)
    assert because in found.because
    assert bool(found.because) == bool(because)


@pytest.mark.parametrize("typed", ["Marsh Unit", "Mohammad"])
def test_a_name_that_two_actors_bear_is_refused_with_both(typed: str) -> None:
    with pytest.raises(NotMeant, match="may mean 2 actors") as refused:
        LOOKUP.actor(typed)
    assert len(refused.value.choices) == 2


@pytest.mark.parametrize("typed", ["Badger", "???", ""])
def test_what_nothing_is_called_is_refused_with_the_nearest_first(typed: str) -> None:
    with pytest.raises(NotMeant, match="unknown actor") as refused:
        LOOKUP.actor(typed)
    assert len(refused.value.choices) + refused.value.unlisted == 4


def test_in_an_empty_collection_nothing_is_meant() -> None:
    empty = Lookup(Records([], [], [], notes={}, register=REGISTER))
    for find in (empty.actor, empty.attack, empty.strategy):
        with pytest.raises(NotMeant) as refused:
            find("Heron Front")
        assert refused.value.choices == ()
