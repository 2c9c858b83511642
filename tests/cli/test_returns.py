"""`hub returns`: a whole return from the command line; each step explained, rehearsed first."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.services.context import Hub
from hub.store.unit_of_work import Store
from tests.cli.conftest import Cli
from tests.services.returning import Returning
from tests.store.conftest import SettableClock, clock, sqlite_store

__all__ = ["clock", "sqlite_store"]


class _System:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def __enter__(self) -> "_System":
        return self

    def __exit__(self, *_given: Any) -> None:
        """Nothing to close."""


@pytest.fixture
def merchant(
    sqlite_store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Returning]:
    made = Returning(sqlite_store, clock, refund_limit_minor=0)
    for room in ("returns", "return_acts", "return_changes", "return_goods"):
        monkeypatch.setattr(f"hub.cli.{room}.opened", lambda: _System(made.hub))
    return made


class Desk:
    """Types `hub returns …` and lets what follows be done."""

    def __init__(self, cli: Cli, merchant: Returning) -> None:
        self.cli, self.merchant = cli, merchant

    def __call__(self, line: str, code: int = 0) -> Any:
        said = self.cli("returns", *line.split(), "--json", code=code)
        self.merchant.run()
        return json.loads(said.out) if code == 0 else said.err


@pytest.fixture
def desk(merchant: Returning, tmp_path: Path) -> Desk:
    return Desk(Cli(tmp_path), merchant)


def test_a_return_is_told_step_by_step_and_why(
    desk: Desk, merchant: Returning, tmp_path: Path
) -> None:
    assert desk("request NYC-7 TEE=2 --dry-run")["answer"] == "approve"
    assert desk("list") == []
    assert desk("request NYC-7 TEE=2 --reason does_not_fit")["return"] == "RMA-1001"
    assert desk(f"label RMA-1001 --out {tmp_path / 'label.pdf'}")["format"] == "pdf"
    rehearsed = desk("receive 1001 TEE=2 --dry-run")
    assert rehearsed["done"] == ["2 of TEE: as expected"] and rehearsed["state"] == "receiving"
    assert merchant.buckets() == {}
    desk("receive 1001 TEE=2 --command-id scan-1")
    assert desk("receive 1001 TEE=2 --command-id scan-1")["done"] == []
    desk("grade 1001 TEE=1 --grade A")
    done = desk("grade 1001 TEE=1 --grade B")
    assert done["done"][-1] == "18.00 USD is to be given back once somebody agrees"
    assert "Add --yes" in desk.cli("returns", "refund", "1001", code=2).err
    desk("refund 1001 --yes")
    shown = desk("show 1001")
    (line,) = shown["lines"]
    assert (line["goods"], line["money"], shown["state"]) == ("disposed", "refunded", "resolved")
    assert shown["payments"][0]["amount"] == {"amount": "18.00", "currency": "USD"}
    reasons = {one["kind"]: one["because"] for one in desk("why 1001")}
    assert "1 of TEE, grade B, does_not_fit: 80 % of 1000" in reasons["return_refund"]
    assert "window: yes, TEE: 0 days after the customer got it, 30 are allowed" in reasons["return"]
    assert [row["number"] for row in desk("list --state resolved --order 7")] == ["RMA-1001"]
    for verb, word in (("list", "resolved"), ("show 1001", "graded B"), ("why 1001", "80 %")):
        assert word in desk.cli("returns", *verb.split()).out


def test_a_policy_is_tried_on_past_returns_before_it_holds(
    desk: Desk, merchant: Returning, tmp_path: Path
) -> None:
    desk("request NYC-7 TEE=2")
    desk("receive 1001 TEE=2")
    desk("grade 1001 TEE=2 --grade B")
    harder = tmp_path / "harder.toml"
    harder.write_text(
        "exclusions = [{ skus = ['T*'], why = 'final' }]\n"
        "grades = [{ grades = ['B'], percent = 10 }]\n"
        "dispositions = [{ disposition = 'scrap' }]\n"
    )
    tried = desk(f"simulate {harder}")
    assert tried["now"]["given_back"] == {"USD": 1600}
    assert tried["then"] == {
        "answers": {"decline": 1}, "given_back": {"USD": 200}, "dispositions": {"scrap": 2},
        "for_people": 0,
    }  # fmt: skip
    assert tried["changed"] == [{"return": "RMA-1001", "now": "approve", "then": "decline"}]
    assert "→" in desk.cli("returns", "simulate", str(harder)).out
    harder.write_text("grades = [{ percent = 120 }]\n")
    assert "grades" in desk(f"simulate {harder}", code=2)


def test_an_orphan_is_kept_matched_and_put_away(desk: Desk, merchant: Returning) -> None:
    assert desk("orphan TEE=1 --dry-run")["dry_run"] is True and desk("list") == []
    number = desk("orphan TEE=1 --note found_at_the_door")["return"]
    desk(f"grade {number} TEE=1 --grade A")
    assert "match or approve" in desk(f"dispose {number} TEE=1", code=5)
    desk(f"match {number} NYC-7")
    desk(f"dispose {number} TEE=1 --to scrap --why smells")
    desk(f"deny {number} TEE=1 --why abuse", code=5)
    desk(f"refund {number} --yes")
    assert desk(f"close {number}")["state"] == "closed"
    assert merchant.refunds() == [("made", 1000)] and merchant.free() == 3


def test_what_cannot_be_is_refused_with_its_code(desk: Desk, merchant: Returning) -> None:
    assert "there is no return 9" in desk("show 9", code=3)
    assert "nothing of MUG" in desk("request NYC-7 MUG=1", code=5)
    assert "SKU=UNITS" in desk("request NYC-7 TEE", code=2)
    merchant.decide(auto_approve=False)
    desk("request NYC-7 TEE=1")
    assert desk("cancel 1001 --why no --dry-run")["state"] == "cancelled"
    assert desk("show 1001")["state"] == "requested"
    assert desk("decline 1001 --why no")["state"] == "declined"
    assert "is declined" in desk("approve 1001", code=5)
    assert "nothing waits" in desk("exchange 1001", code=5)
    assert "waits for no parcel" in desk("sent 1001", code=5)
