"""Routing on the command line: explained, made again, tried otherwise."""

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_routed_order_shows_every_place_its_price_and_the_proof(lived: Cli) -> None:
    told = lived("routing", "explain", "NYC-123").out
    for part in ("NYC-123: routed", "MAIN", "parcel 1000", "no other set is cheaper", "cheapest/1"):
        assert part in told
    told = lived.json("routing", "explain", "123")
    assert told["document"]["plan"]["proof"]["complete"] is True and told["earlier"] == []
    assert "was not routed yet" in lived("routing", "explain", "NYC-128", code=3).err


def test_every_decision_comes_out_the_same_again_unless_somebody_changed_it(lived: Cli) -> None:
    assert lived.json("routing", "replay")["counts"]["same"] == 2
    assert lived.json("routing", "replay", "--since", "2999-01-01")["counts"]["same"] == 0
    lived.sql(
        "UPDATE decision SET document = json_set(document, '$.plan.cost', 1) "
        "WHERE kind = 'routing' AND subject_id = "
        "(SELECT id FROM sales_order WHERE number = 'NYC-123')"
    )
    said = lived("routing", "replay", code=1).out
    assert "NYC-123" in said and "NYC-127" not in said


def test_a_decision_of_older_rules_is_compared_and_not_called_wrong(lived: Cli) -> None:
    lived.sql(
        "UPDATE decision SET document = json_remove(json_set(document, '$.plan.rule_version', "
        "'priority/1', '$.lines', json_extract(document, '$.request.lines')), '$.request') "
        "WHERE kind = 'routing'"
    )
    assert lived.json("routing", "replay")["counts"]["same_places"] == 2
    lived.sql(
        "UPDATE decision SET document = json_set(document, '$.plan.allocations', json('[]')) "
        "WHERE kind = 'routing'"
    )
    assert lived.json("routing", "replay")["counts"]["other_rules"] == 2


def test_a_policy_is_tried_before_it_holds(lived: Cli, tmp_path: Path) -> None:
    file = tmp_path / "routing.toml"
    file.write_text('[locations.MAIN]\ncountries = ["NZ"]\n')
    told = lived.json("routing", "try", str(file))
    assert (told["orders"], told["parcels_before"], told["parcels_after"]) == (2, 2, 0)
    assert "NYC-123" in lived("routing", "try", str(file)).out
    file.write_text("parcel = 900\n")
    assert "would ship from where it does" in lived("routing", "try", str(file)).err
    file.write_text('stages = ["by_moon"]\n')
    assert "by_moon" in lived("routing", "try", str(file), code=2).err
    file.write_text("parcel = -1\n")
    lived("routing", "try", str(file), code=2)
    lived("routing", "try", str(tmp_path / "none.toml"), code=3)
