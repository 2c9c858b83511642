"""What the carrier's own log says: which labels must be paid for."""

from collections import defaultdict

from hub.testing.twins import Performed, RunningTwin, Testimony, TwinLog


def live_labels(log: TwinLog) -> dict[str, tuple[str, ...]]:
    """Give the ids of the labels bought and not voided, by the caller's reference."""
    live: defaultdict[str, list[str]] = defaultdict(list)
    for line in log.effects():
        if line.kind == "label_bought":
            live[line.reference].append(line.subject)
        elif line.kind == "label_voided":
            live[line.reference].remove(line.subject)
    return {reference: tuple(labels) for reference, labels in live.items() if labels}


def bought_twice(log: TwinLog) -> dict[str, tuple[str, ...]]:
    """Give the references under which more than one label was ever bought; none is right."""
    bought: defaultdict[str, list[str]] = defaultdict(list)
    for line in log.effects("label_bought"):
        bought[line.reference].append(line.subject)
    return {name: tuple(labels) for name, labels in bought.items() if len(labels) > 1}


def testify(twin: RunningTwin) -> Testimony:
    """Give every label ever sold, those given back marked as such, and every return."""
    returns = twin.log.effects("label_voided")
    voided = {line.subject for line in returns}
    sold = [
        Performed(
            kind="label", key=line.reference, subject=line.subject, undone=line.subject in voided
        )
        for line in twin.log.effects("label_bought")
    ]
    back = [
        Performed(kind="void", key=f"void:{line.reference}", subject=line.subject)
        for line in returns
    ]
    return Testimony(performed=(*sold, *back))
