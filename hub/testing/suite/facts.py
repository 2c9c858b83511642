"""What the files of a connector show, beside the results of its checks."""

import inspect
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from hub.testing.suite.arguments import is_borrowed
from hub.testing.suite.level import Facts, tells_limits, youngest
from hub.testing.suite.subject import Subject, subject_of


@cache
def facts_of(suite: Any) -> dict[str, Any]:
    """Read a suite's folder, once."""
    subject = subject_of(suite)
    return asdict(_facts(suite, subject))


def _facts(suite: Any, subject: Subject) -> Facts:
    version = subject.plugin.version if subject.plugin else ""
    if subject.descriptor is None:
        return Facts(subject.name, version)
    samples, says_itself = subject.samples, "given" in vars(suite)
    borrowed = [] if says_itself else [v for v in subject.verbs() if is_borrowed(samples, v)]
    return Facts(
        connector=subject.name,
        version=version,
        network=subject.declared.twin is not None,
        borrowed=tuple(verb.method for verb in borrowed),
        errors=len(samples.of("errors")),
        recorded=youngest(samples.of("recordings"), subject.name),
        limits=tells_limits(Path(inspect.getfile(suite))),
    )
