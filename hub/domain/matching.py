"""Proposals: which variant a listing may sell when no key says so. They are never applied alone.

A proposal counts what speaks for it, in points of a hundred. A name is weak: two shirts differ in
one letter of their size, so words that name a size or a number weigh as much as all the others.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

MOST = 3
"""Proposals for one listing."""
LEAST = 35
"""Below so many points nothing is proposed."""
COMMON = 200
"""A word that more variants have than this finds nobody."""
WORTH_JUDGING = 12
"""Variants whose titles are compared in full: those that share the most of the rarer words."""

SAME_GTIN, SAME_LETTERS, TITLE, SIBLINGS = 95, 85, 60, 20
_WORD = re.compile(r"\w+")
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Known:
    """A variant that a listing may turn out to sell."""

    sku: str
    title: str
    gtin: str = ""


@dataclass(frozen=True)
class Shown:
    """A listing that nobody has mapped; `siblings`: the SKUs that its parent's others sell."""

    sku: str
    title: str
    gtin: str = ""
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A variant with the points and sentences that speak for it."""

    sku: str
    title: str
    score: int
    reasons: tuple[str, ...]


def gtin_key(text: str) -> str:
    """Give a GTIN without spaces and leading zeros, or nothing where it is none (8 to 14 digits).

    GTIN-8, -12, -13 and -14 are one number with different padding (GS1 General Specifications);
    its last digit is a check digit, and a number that fails it is no key.
    """
    digits = text.replace(" ", "").replace("-", "")
    if not digits.isascii() or not digits.isdigit() or not 8 <= len(digits) <= 14:
        return ""
    padded = digits.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(padded))
    return digits.lstrip("0") if total % 10 == 0 else ""


class Shelf:
    """Variants, found by what they have in common with a listing."""

    def __init__(self, variants: Iterable[Known]) -> None:
        self._by_letters: dict[str, list[Known]] = defaultdict(list)
        self._by_gtin: dict[str, list[Known]] = defaultdict(list)
        self._by_word: dict[str, list[Known]] = defaultdict(list)
        for one in variants:
            self._by_letters[_letters(one.sku)].append(one)
            if key := gtin_key(one.gtin):
                self._by_gtin[key].append(one)
            for word in _words(one.title):
                self._by_word[word].append(one)

    def proposals(self, listing: Shown, taken: Collection[str] = ()) -> tuple[Proposal, ...]:
        """Give the variants that most speaks for, the best first; `taken` SKUs are left out."""
        found = {one.sku: one for one in self._near(listing) if one.sku not in taken}
        judged = [_judge(listing, one) for one in found.values()]
        good = [one for one in judged if one.score >= LEAST]
        return tuple(sorted(good, key=lambda one: (-one.score, one.sku))[:MOST])

    def _near(self, listing: Shown) -> Iterable[Known]:
        if key := gtin_key(listing.gtin):
            yield from self._by_gtin.get(key, ())
        if letters := _letters(listing.sku):
            yield from self._by_letters.get(letters, ())
        shared: Counter[Known] = Counter()
        for word in _words(listing.title):
            if len(alike := self._by_word.get(word, ())) <= COMMON:
                shared.update(alike)
        ranked = sorted(shared, key=lambda one: (-shared[one], one.sku))
        yield from ranked[:WORTH_JUDGING]


def _judge(listing: Shown, variant: Known) -> Proposal:
    points: list[tuple[int, str]] = []
    if (key := gtin_key(listing.gtin)) and key == gtin_key(variant.gtin):
        points.append((SAME_GTIN, f"the GTIN is the same: {key}"))
    if (letters := _letters(listing.sku)) and letters == _letters(variant.sku):
        points.append((SAME_LETTERS, f"the SKU {listing.sku} differs in signs and case only"))
    if told := _titles(listing.title, variant.title):
        points.append(told)
    best = max((score for score, _ in points), default=0)
    if any(_stem(sibling) == _stem(variant.sku) for sibling in listing.siblings):
        points.append((SIBLINGS, f"its siblings sell {_stem(variant.sku)}…"))
        best += SIBLINGS if best else 0
    more = 3 * max(0, len(points) - 1)
    return Proposal(
        variant.sku, variant.title, min(99, best + more), tuple(reason for _, reason in points)
    )


def _titles(shown: str, known: str) -> tuple[int, str] | None:
    """Compare two titles by the words they share; words with a digit or of one letter decide."""
    ours, theirs = _words(shown), _words(known)
    shared = ours & theirs
    if not shared:
        return None
    alike = len(shared) / len(ours | theirs)
    if {word for word in ours ^ theirs if _decides(word)}:
        alike /= 2
    return round(TITLE * alike), f"the titles share {len(shared)} of {len(ours | theirs)} words"


def _decides(word: str) -> bool:
    sizes = {"xs", "xl", "xxl", "small", "medium", "large"}
    return len(word) == 1 or word in sizes or any(letter.isdigit() for letter in word)


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def _letters(sku: str) -> str:
    return _SIGNS.sub("", sku).casefold()


def _stem(sku: str) -> str:
    """Give what the SKUs of one product have in common: TEE-M → TEE."""
    return re.split(r"[-_./ ]", sku)[0]
