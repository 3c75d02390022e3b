"""Patterns with wildcards, and what they fit.

No pattern takes long: whoever writes a policy and sends a request chooses both pattern and text, and every
request that comes meanwhile would wait. Literal text is looked for by `str.find`, which is linear; a stretch
with `?` by the Shift-And algorithm (Baeza-Yates, Gonnet: A New Approach to Text Searching, 1992).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, TypeAlias

MANY: Final = "\ud800"
"""`*`: any run of characters. Half of a surrogate pair, which no text of a policy or a request has."""
ONE: Final = "\ud801"
"""`?`: any one character."""

Matches: TypeAlias = Callable[[str], bool]
Fits: TypeAlias = Callable[[str], bool | None]
"""Tells whether a value fits; None if it can't be compared."""

_ARN_PARTS = 6
_WILDCARDS = str.maketrans("*?", MANY + ONE)


def with_wildcards(text: str) -> str:
    """The pattern whose `*` and `?` are wildcards."""
    return text.translate(_WILDCARDS)


def matcher(glob: str) -> Matches:
    """Tells whether a whole text fits a pattern."""
    if glob == MANY:
        return lambda _text: True
    if ONE in glob:
        return _matcher_of_stretches([_Stretch(stretch) for stretch in glob.split(MANY)])
    if MANY in glob:
        return _matcher_of_texts(glob.split(MANY))
    return glob.__eq__


def _matcher_of_texts(texts: Sequence[str]) -> Matches:
    """For what has `*` alone between these texts: each is where it first can be."""
    head, *others, tail = texts
    if not others and not tail:
        return lambda text: text.startswith(head)
    middle = tuple(text for text in others if text)
    least = sum(map(len, texts))

    def matches(text: str) -> bool:
        if len(text) < least or not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for wanted in middle:
            found = text.find(wanted, at, end)
            if found < 0:
                return False
            at = found + len(wanted)
        return True

    return matches


class _Stretch:
    """A stretch of a pattern between `*` and `*`, with `?`."""

    def __init__(self, glob: str) -> None:
        self._glob = glob

    def __len__(self) -> int:
        return len(self._glob)

    def fits(self, text: str) -> bool:
        """True for a text that is all of it."""
        return len(text) == len(self) and all(
            wanted in {ONE, found} for wanted, found in zip(self._glob, text, strict=True)
        )

    def end_in(self, text: str, start: int, end: int) -> int:
        """Where its first occurrence within these bounds ends; -1 if there is none."""
        if not self._glob:
            return start
        places, last = self._places, 1 << (len(self) - 1)
        begun = 0  # bit i: the first i + 1 characters fit what ends here
        for index in range(start, end):
            begun = (begun << 1 | 1) & places.get(text[index], places[ONE])
            if begun & last:
                return index + 1
        return -1

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where a character fits, as bits; under ONE, where every character does."""
        places = {ONE: 0}
        for index, character in enumerate(self._glob):
            places[character] = places.get(character, 0) | 1 << index
        return {character: bits | places[ONE] for character, bits in places.items()}


def _matcher_of_stretches(stretches: Sequence[_Stretch]) -> Matches:
    """Likewise for stretches of a pattern."""
    head, *others = stretches
    if not others:
        return head.fits
    *middle, tail = others
    least = sum(map(len, stretches))

    def matches(text: str) -> bool:
        at, end = len(head), len(text) - len(tail)
        if len(text) < least or not head.fits(text[:at]) or not tail.fits(text[end:]):
            return False
        for stretch in middle:
            at = stretch.end_in(text, at, end)
            if at < 0:
                return False
        return True

    return matches


def arn_matcher(globs: Sequence[str]) -> Fits:
    """Likewise for ARNs and several patterns, of which one must fit.

    ARNs have six parts that are compared one by one; `*` crosses no colon but in the last.
    """
    patterns = [[matcher(part) for part in glob.split(":", 5)] for glob in globs]
    whole = [parts for parts in patterns if len(parts) == _ARN_PARTS]

    def matches(text: str) -> bool | None:
        found = text.split(":", 5)
        if len(found) != _ARN_PARTS:
            return None
        return any(all(fits(one) for fits, one in zip(parts, found, strict=True)) for parts in whole)

    return matches
