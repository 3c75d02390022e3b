"""Who remembers how far chains go."""

from collections.abc import Collection
from dataclasses import astuple

import structlog

from strongroom.server.audit import Head
from strongroom.server.audit.forwarding import Position
from strongroom.server.store import ChainRecord, ChainStore, ForwardedRecord, ForwardingStore, StoreError

_log = structlog.get_logger("strongroom.audit")


class StoreLedger:
    """The store; what it can't tell or write down now is left out, and said in the log."""

    def __init__(self, store: ChainStore) -> None:
        self._store = store

    def save(self, head: Head) -> None:
        """Writes down how far a chain goes."""
        try:
            self._store.save(ChainRecord(*head))
        except StoreError as error:
            _log.warning("chain not written down", chain=head.name, reason=str(error))

    def find(self, name: str) -> Head | None:
        """How far a chain went: number 0 of one that was never written; None if it can't be told."""
        try:
            found = self._store.find(name)
        except StoreError as error:
            _log.warning("chain not looked up", chain=name, reason=str(error))
            return None
        return Head(name, 0, "") if found is None else Head(*astuple(found))

    def others(self, name: str) -> tuple[Head, ...]:
        """How far the other chains went; nothing if it can't be told."""
        try:
            found = self._store.all()
        except StoreError as error:
            _log.warning("chains not looked up", reason=str(error))
            return ()
        return tuple(Head(*astuple(one)) for one in found if one.name != name)

    def all(self) -> tuple[Head, ...]:
        """How far every chain went; StoreError if it can't be told."""
        return tuple(Head(*astuple(one)) for one in self._store.all())


class StorePositions:
    """Remembers in the store how far segments were forwarded; what it can't do now is said in the log."""

    def __init__(self, store: ForwardingStore) -> None:
        self._store = store

    def all(self) -> tuple[Position, ...]:
        """How far each was; none if that can't be told."""
        try:
            return tuple(Position(*astuple(found)) for found in self._store.all())
        except StoreError as error:
            _log.warning("forwarding not looked up", reason=str(error))
            return ()

    def save(self, position: Position) -> None:
        """Writes it down."""
        try:
            self._store.save(ForwardedRecord(*astuple(position)))
        except StoreError as error:
            _log.warning("forwarding not written down", segment=position.name, reason=str(error))

    def forget(self, names: Collection[str]) -> None:
        """Forgets segments."""
        try:
            self._store.forget(names)
        except StoreError as error:
            _log.warning("forwarding not forgotten", reason=str(error))


class NoLedger:
    """Nobody: for what runs while there is no store."""

    def save(self, head: Head) -> None:
        """Forgets it."""

    def find(self, name: str) -> Head | None:  # noqa: ARG002 # a Ledger's
        """Can't tell."""
        return None
