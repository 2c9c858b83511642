"""Patterns that merchants write for SKUs and codes: a star fits anything, and none is slow."""

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def pattern(text: str, one_letter: str = "") -> re.Pattern[str]:
    """Compile a pattern for `fullmatch`; `one_letter` is the sign that fits any single one.

    Where a part between two stars was found first it stays: so a match takes no longer than the
    text is long, times the length of the pattern.
    """
    first, *rest = (_part(part, one_letter) for part in text.split("*"))
    if not rest:
        return re.compile(first, re.DOTALL)
    found = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{first}{found}.*{rest[-1]}", re.DOTALL)


def _part(text: str, one_letter: str) -> str:
    return "".join("." if sign == one_letter else re.escape(sign) for sign in text)
