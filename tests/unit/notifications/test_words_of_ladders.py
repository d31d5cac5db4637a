"""What a rung says that is taken early, because the one before it reached nobody."""

from notifications.words import LOCALES, words
from tests.unit.notifications.facts import FACTS, PROGRAMME
from tests.unit.notifications.test_words import parcel


def test_a_rung_after_one_that_reached_nobody_says_so_and_does_not_claim_that_it_is_late() -> None:
    early = PROGRAMME | FACTS["obligation-chase"] | {"unheard": True, "days": -3}
    zh, en = (words(parcel("obligation-chase", locale, early)).body for locale in LOCALES)
    assert "尚未办理。此前的提醒、催办无人接收，故不等以后，现在就告知您。\n期限：" in zh
    assert "请在期限内办理或报送" in zh
    assert "is still open. What was said on it before reached nobody, so you are told now and not later.\nDue: " in en
    above = words(parcel("obligation-escalate", facts=early)).body
    assert "尚未办理，此前的提醒、催办有的无人接收，故不等以后，现在就上报。\n期限：" in above
    assert "经提醒" not in above
