"""A queue in which accounts take turns, however much each has waiting."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class FairQueue(Generic[_Item]):
    """Gives the accounts' items in turn, and each account's in order. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[_Item]] = {}  # in the order of the accounts' turns

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[_Item]:
        return (item for items in self._waiting.values() for item in items)

    def put(self, account_id: str, item: _Item) -> None:
        """Has an item of an account wait."""
        self._waiting.setdefault(account_id, deque()).append(item)

    def take(self) -> _Item:
        """The item whose turn it is; there is one."""
        account_id = next(iter(self._waiting))
        items = self._waiting.pop(account_id)
        item = items.popleft()
        if items:
            self._waiting[account_id] = items  # its next turn comes after everybody else's
        return item

    def ahead_of(self, account_id: str) -> int:
        """How many items would have their turns before one that this account put now."""
        own = len(self._waiting.get(account_id, ()))
        others = (items for other, items in self._waiting.items() if other != account_id)
        return own + sum(min(len(items), own + 1) for items in others)
