"""The invariant of secrecy: what names a person or opens a door is nowhere in clear."""

from collections.abc import Iterator

from hub.testing.invariants.facts import Facts, Invariant


def _nothing_in_clear(facts: Facts) -> Iterator[str]:
    canaries = {text: text.encode() for text in facts.scene.canaries}
    for testimony in facts.testimonies.values():
        canaries |= {text: text.encode() for text in testimony.personal}
    for file in sorted(facts.scene.home.rglob("*")):
        if not file.is_file() or file.name == "key":  # the key file's mode is its protection
            continue
        held = file.read_bytes()
        yield from (
            f"{_hint(text)} stands in {file.name}"
            for text, encoded in canaries.items()
            if encoded in held
        )
    yield from (f"{_hint(text)} was logged" for text in canaries if text in facts.scene.said)


def _hint(text: str) -> str:
    return f"{text[:3]}… ({len(text)} characters)"


SECRECY = (
    Invariant(
        "nothing-in-clear",
        "No secret and nothing that names a person stands in clear in a file or a log.",
        _nothing_in_clear,
    ),
)
