"""A rule as data: checked, tried on the orders there were, applied; it holds a large order."""

from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.customers import buy
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import order, until, until_labelled

NOTE = "the demo: five units at once"
MANY = 5
RULES = f"""\
[[rules]]
name = "look-at-bulk"
when = 'units >= {MANY}'
then = "hold"
value = "five units or more: somebody looks at it first"

[[rules]]
name = "bulk"
when = 'units >= {MANY}'
then = "tag"
value = "bulk"
"""


def play(stage: Stage) -> None:
    """Apply two rules; a large order meets them, and a person releases it."""
    sku = choose_goods(stage).popular
    file = stage.folder / "order-rules.toml"
    file.write_text(RULES)
    if not in_force("order_rules"):
        tell(f"Rules are a file, here {file.name}. What would they have done so far?")
        run("rules", "try", "order_rules", str(file), "--since", "90d", "--limit", "5")
        run("rules", "apply", "order_rules", str(file), "--dry-run")
        run("rules", "apply", "order_rules", str(file))
    number = buy(stage, NOTE, **{sku: MANY})
    until(f"{number} met the rules", lambda: "bulk" in ask("orders", "show", number)["tags"])
    if "policy" in order(number)["holds"]:
        tell("The next large order is held and tagged, and says by which rule:")
        run("orders", "why", number)
        run("orders", "release", number, "--yes")
    until_labelled(number)


def in_force(name: str) -> bool:
    """Say whether a rulebook was applied."""
    return any(one["name"] == name and one["version"] for one in ask("rules", "show"))
