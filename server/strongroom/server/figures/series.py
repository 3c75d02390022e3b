"""Counting in memory; each thread-safe."""

from bisect import bisect_left
from collections.abc import Iterator
from threading import Lock
from typing import TypeAlias

from strongroom.server.figures.catalogue import Family

Labels: TypeAlias = tuple[str, ...]
Value: TypeAlias = float | list[int]

_NS = 1e9


class Counter:
    """Numbers that only grow."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._lock = Lock()
        self._values: dict[Labels, float] = {}
        self._seen: dict[Labels, float] = {}

    def add(self, labels: Labels, amount: float = 1) -> None:
        """Counts more."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + amount

    def follow(self, labels: Labels, total: float) -> None:
        """Counts what somebody who counts by himself, from 0 on, has counted since the last look."""
        self.add(labels, total - self._seen.get(labels, 0))
        self._seen[labels] = total

    def values(self) -> Iterator[tuple[Labels, Value]]:
        """All numbers now."""
        with self._lock:
            return iter(list(self._values.items()))

    def restore(self, labels: Labels, value: Value) -> None:
        """Goes on from what an earlier process of this name has counted."""
        if isinstance(value, int | float):
            self.add(labels, value)


class Gauge:
    """Numbers as they are now; an earlier process's are nobody's."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._values: dict[Labels, float] = {}

    def set(self, labels: Labels, value: float) -> None:
        """It is so now."""
        self._values[labels] = value

    def values(self) -> Iterator[tuple[Labels, Value]]:
        """All numbers now."""
        return iter(list(self._values.items()))

    def restore(self, labels: Labels, value: Value) -> None:
        """Nothing."""


class Histogram:
    """Durations by how long they were.

    A value is a list: how many were in each bucket and beyond the last, and their sum in nanoseconds.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self._bounds_ns = [round(bound * _NS) for bound in family.buckets]
        self._size = len(self._bounds_ns) + 2
        self._lock = Lock()
        self._values: dict[Labels, list[int]] = {}

    def observe(self, labels: Labels, duration_ns: int) -> None:
        """Counts one."""
        with self._lock:
            value = self._values.get(labels)
            if value is None:
                value = self._values[labels] = [0] * self._size
            value[bisect_left(self._bounds_ns, duration_ns)] += 1
            value[-1] += duration_ns

    def values(self) -> Iterator[tuple[Labels, Value]]:
        """All numbers now."""
        with self._lock:
            return iter([(labels, list(value)) for labels, value in self._values.items()])

    def restore(self, labels: Labels, value: Value) -> None:
        """Goes on from what an earlier process of this name has counted."""
        if isinstance(value, list) and len(value) == self._size:
            with self._lock:
                known = self._values.get(labels, [0] * self._size)
                self._values[labels] = [one + other for one, other in zip(known, value, strict=True)]


Series: TypeAlias = Counter | Gauge | Histogram
