"""An order that no single place has whole ships from two, with the proof that none is cheaper."""

from hub.cli.demo.commands import run, tell
from hub.cli.demo.customers import buy
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import until_labelled

NOTE = "the demo: two goods that lie apart"
POLICY = """\
abroad = 0
[locations.EAST]
parcel = 400
"""


def play(stage: Stage) -> None:
    """Split an order, explain it, make every decision again, try another policy."""
    goods = choose_goods(stage)
    tell(f"{goods.kept} lies in one place, {goods.moved} in the other. A customer buys both:")
    number = buy(stage, NOTE, **{goods.kept: 1, goods.moved: 2})
    until_labelled(number)
    run("routing", "explain", number)
    tell("Decisions are kept with all that decided them: made again, they come out the same.")
    run("routing", "replay", "--since", "1d")
    tell("And another policy can be tried on them before it holds:")
    file = stage.folder / "routing-policy.toml"
    file.write_text(POLICY)
    run("routing", "try", str(file), "--last", "100")
