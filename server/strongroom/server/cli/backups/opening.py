"""Opens a backup to be looked at or restored: a private copy of its database, verified and upgraded."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.cli.backups.errors import BackupUnusable
from strongroom.server.cli.backups.making import sha256_of
from strongroom.server.cli.backups.manifests import (
    DATABASE,
    Manifest,
    read_manifest,
    require_agreement,
    require_file,
)
from strongroom.server.config import Settings
from strongroom.server.deployment import require_own
from strongroom.server.store import SchemaUnknown, Store, StoreDamaged, StoreForeign
from strongroom.server.store.engine import create_file
from strongroom.server.store.surveys import Survey, survey


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup whose every part agrees with the others.

    Args:
        manifest: of the backup.
        database: the private copy, of this program's schema.
        survey: what is in it.
    """

    manifest: Manifest
    database: Path
    survey: Survey


def open_backup(backup: Path, settings: Settings, draft: Path) -> OpenedBackup:
    """Copies a backup's database into `draft`, a directory of its own, and verifies it there.

    Raises:
        BackupUnusable: it isn't a backup, not a whole one, or not one of this deployment.
        StoreError, OSError: it can't be copied or read now.
    """
    manifest = read_manifest(backup)
    copy = draft / DATABASE
    _copy(backup / DATABASE, copy)
    if sha256_of(copy) != manifest.database_sha256:
        raise BackupUnusable(f"{backup / DATABASE} was altered or damaged. Use another backup.")
    try:
        found = survey(copy, settings.store.busy_timeout_s)
        require_own(settings, found.deployment)
    except (SchemaUnknown, StoreDamaged, StoreForeign) as error:
        raise BackupUnusable(f"{backup / DATABASE} can't be restored: {error}") from None
    require_agreement(manifest, found)
    Store.open(f"sqlite:///{copy}", upgrade=True).close()
    return OpenedBackup(manifest, copy, found)


def _copy(source: Path, target: Path) -> None:
    require_file(source)
    create_file(target)
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing)
