"""Data classes that are made quickly are what they were."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from wyckoff.model.quick import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    value: float | None
    unit: str = "bars"


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    value: float | None
    unit: str = "bars"


def test_fields_defaults_and_text_are_those_of_the_data_class() -> None:
    assert [(item.name, item.default) for item in fields(Quick)] == [
        (item.name, item.default) for item in fields(Plain)
    ]
    for one, other in ((Quick("a", 1.0), Plain("a", 1.0)), (Quick("a", value=None, unit="x"), Plain("a", None, "x"))):
        assert repr(one) == repr(other).replace("Plain", "Quick")
        assert type(one) is Quick
    assert (Quick("a", 1.0).unit, Quick("a", 1.0, "x").unit) == ("bars", "x")


def test_equal_contents_are_equal_and_hash_alike() -> None:
    assert Quick("a", 1.0) == Quick("a", 1.0, "bars")
    assert Quick("a", 1.0) != Quick("a", 2.0)
    assert len({Quick("a", 1.0), Quick("a", 1.0), Quick("b", 1.0)}) == 2


def test_what_is_made_cannot_be_changed() -> None:
    made = Quick("a", 1.0)
    with pytest.raises(FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.name
    assert not hasattr(made, "__dict__")


def test_copies_are_made_in_every_way() -> None:
    made = Quick("a", 1.0)
    assert replace(made, value=2.0) == Quick("a", 2.0)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def test_missing_and_unknown_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="value"):
        Quick("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="weight"):
        Quick("a", 1.0, weight=2)  # type: ignore[call-arg]


def test_other_classes_are_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Factory:
        values: list[int] = field(default_factory=list)

    @dataclass(frozen=True)
    class WithoutSlots:
        value: int

    with pytest.raises(TypeError, match=r"Factory\.values"):
        quickly_made(Factory)
    with pytest.raises(TypeError, match="WithoutSlots"):
        quickly_made(WithoutSlots)
