"""Patterns with wildcards, compared with Python's own."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.policies.globs import arn_matcher, matcher, with_wildcards

_FEW = st.text("ab*?", max_size=12)


@given(_FEW, st.text("ab", max_size=20))
def test_patterns_fit_what_fnmatch_says(pattern: str, text: str) -> None:
    assert matcher(with_wildcards(pattern))(text) is fnmatchcase(text, pattern)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*?"), max_size=8))
def test_a_pattern_without_wildcards_fits_itself_alone(text: str) -> None:
    assert matcher(with_wildcards(text))(text)
    assert not matcher(with_wildcards(text))(text + "x")


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 16_000 + "*b", "*" + "a" * 4_000 + "b*", "*" + "a?" * 2_000 + "b*", "?*" * 8_000 + "b"],
    ids=["many *", "a long text", "many ?", "both"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """With backtracking, or a comparison at every place, this takes minutes."""
    fits = matcher(with_wildcards(pattern))
    assert not any(fits("a" * 8_192) for _ in range(100))


def test_parts_of_an_arn_are_compared_one_by_one() -> None:
    fits = arn_matcher([with_wildcards("arn:aws:iam::1111*:role/*")])
    assert fits("arn:aws:iam::111122223333:role/a:b")
    assert not fits("arn:aws:iam::1111:x:role/a")
    assert not fits("arn:aws:iam::1111")
