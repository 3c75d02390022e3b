"""A database that was restored is told how far the chains went: it knows them as they were at the backup."""

from collections.abc import Mapping
from pathlib import Path

import structlog

from strongroom.server.audit import Head
from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.resuming import resumed
from strongroom.server.store import StoreError, opened_chains
from strongroom.server.trail.ledgers import StoreLedger

_log = structlog.get_logger("strongroom.audit")


def adopt_chains(directory: Path, restored: Path, before: Mapping[str, Head] | None, unknown: str) -> None:
    """Writes down how far the chains went, by the database that was replaced, or else by the files.

    Args:
        directory: of the trail.
        restored: the database.
        before: what the one told that was there; None if it couldn't.
        unknown: the chain that no database knows of: that of the restoration.
    """
    try:
        with opened_chains(restored) as chains:
            ledger = StoreLedger(chains)
            known = {head.name: head for head in ledger.all()}
            for name in sorted({*_names(directory), *(before or ())}):
                end = _end(directory, name, None if name == unknown else before)
                at = known.get(name, Head(name, 0, ""))
                if (end.number, end.sequence) > (at.number, at.sequence):
                    ledger.save(end)
    except StoreError as error:
        _log.warning("chains not written down", reason=str(error))


def chains_told_by(database: Path) -> Mapping[str, Head] | None:
    """How far the chains went by a database; None if it can't be told."""
    try:
        with opened_chains(database) as chains:
            return {head.name: head for head in StoreLedger(chains).all()}
    except StoreError:
        return None


def _end(directory: Path, name: str, before: Mapping[str, Head] | None) -> Head:
    known = None if before is None else before.get(name, Head(name, 0, ""))
    return resumed(directory, name, known).head


def _names(directory: Path) -> set[str]:
    return {found[0] for path in directory.glob("*.jsonl") if (found := chain_of(path)) is not None}
