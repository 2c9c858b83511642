"""Sealing: opens with its key, for what it is about, unchanged; and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.sealing import Keyring, SealError, seal, unseal

KEY, OTHER = b"k" * 32, b"o" * 32
OLD = Keyring({1: KEY})
ROTATED = Keyring({1: KEY, 2: OTHER})


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again_and_never_looks_the_same_twice(data: bytes, about: str) -> None:
    first, second = seal(KEY, data, about), seal(KEY, data, about)
    assert unseal(KEY, first, about) == unseal(KEY, second, about) == data
    assert first != second


@given(st.integers(0, 35), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(seal(KEY, b"a secret", "about"))
    sealed[place] ^= change
    with pytest.raises(SealError):
        unseal(KEY, bytes(sealed), "about")


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 20])
def test_a_torn_seal_does_not_open(cut: int) -> None:
    with pytest.raises(SealError):
        unseal(KEY, seal(KEY, b"a secret", "about")[:cut], "about")


def test_a_seal_does_not_open_with_another_key_or_about_something_else() -> None:
    sealed = seal(KEY, b"a secret", "person:1")
    for key, about in ((OTHER, "person:1"), (KEY, "person:2")):
        with pytest.raises(SealError, match="does not open"):
            unseal(key, sealed, about)


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    key, wrapped = OLD.new_data_key("shop")
    assert ROTATED.unwrap(wrapped, "shop") == key
    rewrapped = ROTATED.wrap(key, "shop")
    assert ROTATED.unwrap(rewrapped, "shop") == key
    with pytest.raises(SealError, match="hub key 2 is not given"):
        OLD.unwrap(rewrapped, "shop")


def test_a_wrapped_key_opens_for_its_owner_only() -> None:
    _, wrapped = OLD.new_data_key("shop")
    with pytest.raises(SealError):
        OLD.unwrap(wrapped, "another shop")


def test_a_lost_wrapped_key_is_a_seal_that_does_not_open() -> None:
    with pytest.raises(SealError):
        OLD.unwrap(b"", "shop")


def test_a_keyed_hash_survives_a_rotation_and_cannot_be_made_without_the_key() -> None:
    assert ROTATED.hash("ada@example.com") == OLD.hash("ada@example.com")
    assert Keyring({1: OTHER}).hash("ada@example.com") != OLD.hash("ada@example.com")
    assert OLD.hash("ada@example.com") != OLD.hash("bob@example.com")


def test_a_keyring_never_prints_its_keys() -> None:
    assert "kkk" not in repr(OLD) and KEY.hex() not in repr(OLD)
