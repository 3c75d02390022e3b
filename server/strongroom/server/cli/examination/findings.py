"""What an examination finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # nothing is wrong yet
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs has failed


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Args:
        verdict: how bad it is.
        text: what was found.
        remedy: what to do, or nothing.
        figures: what programs may want to know of it, for JSON.
    """

    verdict: Verdict
    text: str
    remedy: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)

    def with_figures(self, figures: Mapping[str, object]) -> "Finding":
        """The same, with figures."""
        return replace(self, figures=figures)


def ok(text: str) -> Finding:
    """Something is as it should be."""
    return Finding(Verdict.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """Something will be wrong, or may be meant so."""
    return Finding(Verdict.WARNING, text, remedy)


def failed(text: str, remedy: str = "") -> Finding:
    """Something is wrong."""
    return Finding(Verdict.FAILED, text, remedy)


def named(names: list[str], limit: int = 5) -> str:
    """Some of many names, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
