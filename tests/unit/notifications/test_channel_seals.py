"""Channel addresses at rest: only the office's own server key opens them."""

import pytest

from office.runtime.secrets import SealBroken, seal, unseal

KEY, ADDRESS = b"server-key-of-the-test", "wecombot://示例-KEY"


def test_what_is_sealed_is_opened_by_the_same_key() -> None:
    sealed = seal(ADDRESS, KEY)
    assert unseal(sealed, KEY) == ADDRESS
    assert "KEY" not in sealed


def test_two_seals_of_one_text_differ() -> None:
    assert seal(ADDRESS, KEY) != seal(ADDRESS, KEY)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken, match="restore the key or enter it again"):
        unseal(seal(ADDRESS, KEY), b"another key")


@pytest.mark.parametrize("broken", ["", "wecombot://KEY", "sealed:", "sealed:abc", "sealed:示例"])
def test_what_was_never_sealed_is_named(broken: str) -> None:
    with pytest.raises(SealBroken):
        unseal(broken, KEY)


def test_a_changed_seal_is_broken() -> None:
    sealed = seal(ADDRESS, KEY)
    with pytest.raises(SealBroken):
        unseal(sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:], KEY)
