"""What must hold after every story, whatever went wrong in it; the vendors are the witnesses.

`check(scene)` gives what is broken, empty when all is well; `INVARIANTS` names what was asked.
"""

from hub.testing.invariants.facts import Broken, Facts, Invariant, Scene
from hub.testing.invariants.ledgers import LEDGERS
from hub.testing.invariants.money import MONEY
from hub.testing.invariants.secrecy import SECRECY
from hub.testing.invariants.service import SERVICE
from hub.testing.invariants.vendors import VENDORS
from hub.testing.invariants.work import WORK

INVARIANTS: tuple[Invariant, ...] = (*VENDORS, *MONEY, *LEDGERS, *WORK, *SERVICE, *SECRECY)


def check(scene: Scene) -> list[Broken]:
    """Ask every invariant of a hub that has come to rest; gives one line for each offence."""
    return judge(Facts(scene))


def judge(facts: Facts) -> list[Broken]:
    """Ask every invariant of facts read before."""
    return [
        Broken(invariant.name, invariant.sentence, offence)
        for invariant in INVARIANTS
        for offence in invariant.offences(facts)
    ]


__all__ = ["INVARIANTS", "Broken", "Facts", "Invariant", "Scene", "check", "judge"]
