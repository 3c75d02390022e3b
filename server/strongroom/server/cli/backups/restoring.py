"""Puts a backup in the database's place. A crash leaves the old database or the new one, and never a half."""

import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from strongroom.server.cli.backups.checking import Report, examine
from strongroom.server.cli.backups.manifests import DATABASE
from strongroom.server.cli.drafts import draft_for, ending_tidily, sync
from strongroom.server.cli.records import command_records
from strongroom.server.config import Settings
from strongroom.server.core.clock import utc_now
from strongroom.server.deployment import runtime_directory
from strongroom.server.process.supervisor import only_one
from strongroom.server.store import StoreDamaged
from strongroom.server.store.copies import make_single_file
from strongroom.server.store.engine import sqlite_path
from strongroom.server.trail import adopt_chains, chains_told_by

EVENT = "RestoreBackup"
_CHAIN = "restore"
_ASIDE = ".replaced-"
_FILES = ("-wal", "-shm", "")
"""What SQLite keeps beside a database's file, and the file."""


def restore(
    backup: Path, settings: Settings, confirm: Callable[[Report], None]
) -> tuple[Report, Path | None]:
    """Restores a backup; gives what was done, and where the database that was there is now.

    Args:
        backup: the directory.
        settings: of the deployment, which isn't served meanwhile.
        confirm: raises if it isn't to be done.

    Raises:
        AlreadyRunning: the deployment is being served.
        BackupUnusable, AuditUnavailable, HsmError, StoreError, OSError: nothing was changed.
    """
    database = sqlite_path(settings.store.url).resolve()  # a link stays, and its file is replaced
    with (
        ending_tidily(),
        only_one(runtime_directory(settings)),
        draft_for(database, first=DATABASE) as draft,
    ):
        now = utc_now()
        report, opened = examine(backup, settings, draft, now)
        confirm(report)
        make_single_file(opened.database, 0)
        sync(opened.database)
        aside = database.with_name(f"{database.name}{_ASIDE}{now:%Y%m%dT%H%M%S.%fZ}")
        with closing(command_records(settings, _CHAIN)) as records:
            records.require(for_change=True)
            before = chains_told_by(database)
            had_one = _close(database, settings.store.busy_timeout_s)
            replaced = aside if had_one else None
            records.write_service_event(EVENT, _details(backup, report, replaced))
            _exchange(opened.database, database, aside)
        adopt_chains(settings.audit.directory, database, before, _CHAIN)
    return report, replaced


def _close(database: Path, busy_timeout_s: float) -> bool:
    """Makes one file of the database that is there, unless it is damaged; False if there is none.

    Workers of a killed supervisor live on for a while: StoreUnavailable while they have it open.
    """
    if not database.exists():
        return False
    with suppress(StoreDamaged):
        make_single_file(database, busy_timeout_s)
    return True


def _exchange(fresh: Path, database: Path, aside: Path) -> None:
    """Puts `fresh` in the database's place, and what is there aside.

    By a second name for it, and then by replacing the first: there is a whole database at any moment. A
    stranger's -wal would be played into the fresh file: it goes before.
    """
    _drop_second_names(database)
    try:
        for suffix in _FILES:
            with suppress(FileNotFoundError):
                os.link(_beside(database, suffix), _beside(aside, suffix))
        sync(database.parent)
        for suffix in filter(None, _FILES):
            _beside(database, suffix).unlink(missing_ok=True)
        fresh.replace(database)
    finally:
        _drop_second_names(database)
    sync(database.parent)


def _drop_second_names(database: Path) -> None:
    """SQLite mustn't meet one file under two names: those that a crash left are removed, and no file is."""
    for path in database.parent.iterdir() if database.exists() else ():
        if path.name.startswith(f"{database.name}{_ASIDE}") and path.samefile(database):
            path.unlink()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")


def _details(backup: Path, report: Report, aside: Path | None) -> Mapping[str, object]:
    return {
        "backup": str(backup),
        "createdAt": report.manifest.created_at,
        "databaseSha256": report.manifest.database_sha256,
        "keysLacking": len(report.on_token.lacking),
        "objectsUnknown": len(report.on_token.unknown),
        "encryptionsAssumed": report.encryptions,
        "databaseSetAside": None if aside is None else str(aside),
    }
