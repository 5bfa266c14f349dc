"""Records: quick to make, and otherwise the frozen dataclasses that they look like."""

from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from fulfillment_lib.frozen import record, unchecked


@record
class Parcel:
    """A record with a default, and a check that rounds its weight."""

    name: str
    weight_kg: float
    fragile: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight_kg", round(self.weight_kg, 1))


class Gift(Parcel):
    """A subclass, whose objects have a dict and therefore another layout."""


def test_a_record_is_made_by_place_and_by_name_and_with_its_defaults() -> None:
    assert asdict(Parcel("a", weight_kg=2.04)) == {"name": "a", "weight_kg": 2.0, "fragile": False}


def test_a_record_is_frozen_once_its_check_is_through() -> None:
    parcel = Parcel("a", 1.0)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        parcel.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del parcel.name


def test_replacing_a_field_of_a_record_checks_the_copy() -> None:
    assert replace(Parcel("a", 1.0), weight_kg=2.04) == Parcel("a", 2.0)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(TypeError, match=r"^Parcel\.__init__\(\) missing 1 .*: 'weight_kg'$"):
        Parcel("a")  # type: ignore[call-arg]


def test_a_subclass_of_a_record_makes_objects_of_its_own() -> None:
    gift = Gift("a", 2.04, fragile=True)
    assert type(gift) is Gift
    assert (gift.weight_kg, gift.fragile) == (2.0, True)


def test_an_unchecked_object_is_as_frozen_as_any_but_skips_the_check() -> None:
    parcel = unchecked(Parcel)("a", 2.04)
    assert (type(parcel), parcel.weight_kg, parcel.fragile) == (Parcel, 2.04, False)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        parcel.name = "b"  # type: ignore[misc]
