"""A connection that is changed between the look at it and the call: no write begins any more."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.services.context import Hub
from hub.services.effects import push
from hub.services.orders.refunding import ask_refund, plan_refund
from hub.services.vendors import connect as connecting
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.journeys.story import Story
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock


@pytest.fixture
def story(tmp_path: Path, database_url: str) -> Iterator[Story]:
    with ExitStack() as ending:
        yield Story(tmp_path, ending, database_url=database_url)


def carrier(story: Story) -> str:
    (row,) = story.world.rows(tables.connection, family="carrier")
    return str(row.code)


CHANGES: dict[str, tuple[Callable[[Hub, str], object], Callable[[Hub, str], object]]] = {
    "writes": (lambda hub, code: connecting.switch_writes(hub, code, False),
               lambda hub, code: connecting.switch_writes(hub, code, True)),
    "pause": (lambda hub, code: connecting.pause(hub, code, "by hand"), connecting.resume),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_no_label_is_bought_after_the_switch_and_one_when_it_is_turned_back(
    story: Story, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    away, back = CHANGES[change]
    hashed, changed = push._digest, []

    def at_the_last_moment(request: Any) -> bytes:
        if not changed:
            changed.append(away(story.world.hub, carrier(story)))
        return hashed(request)

    monkeypatch.setattr(push, "_digest", at_the_last_moment)
    story.buy("HB-250")
    story.sync()
    story.pass_time(minutes=10)
    assert changed and story.labels() == []
    (effect,) = story.world.rows(tables.effect, kind="label")
    assert (effect.state, effect.sends) == ("prepared", 0)
    back(story.world.hub, carrier(story))
    story.pass_time(minutes=10)
    assert len(story.labels()) == 1


def test_writes_switched_on_as_an_effect_goes_to_wait_for_them_are_not_missed(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = Merchant(store, clock)
    merchant.says(state="finished", fulfilled={"1": 2})
    connecting.switch_writes(merchant.hub, "NYC", False)
    ask_refund(merchant.hub, plan_refund(merchant.hub, "NYC-7", "10.00"), "", "q1")
    given = push._traits

    def switch_first(hub: Hub, connection: Any, kind: Any) -> Any:
        if not connection.writes:  # it was read before
            connecting.switch_writes(hub, "NYC", True)
        return given(hub, connection, kind)

    monkeypatch.setattr(push, "_traits", switch_first)
    merchant.run()
    merchant.later(minutes=1)
    assert merchant.effects("refund") == ["succeeded"]
