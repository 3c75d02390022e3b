"""What restoring a backup would do, found out on a private copy."""

import math
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from strongroom.hsm import TokenDescription
from strongroom.server.cli.backups.comparing import (
    DatabaseComparison,
    TokenComparison,
    compare_with_database,
    compare_with_token,
)
from strongroom.server.cli.backups.manifests import Manifest
from strongroom.server.cli.backups.opening import OpenedBackup, open_backup
from strongroom.server.cli.token_choice import inspection, of_settings
from strongroom.server.config import Settings
from strongroom.server.core.clock import utc_now
from strongroom.server.deployment import require_own
from strongroom.server.housekeeping.rotation import MOST_ENCRYPTIONS
from strongroom.server.store import SchemaUnknown, StoreDamaged
from strongroom.server.store.engine import sqlite_path
from strongroom.server.store.restoration import Restoration, Restored, prepare
from strongroom.server.store.surveys import Survey, survey

ENCRYPTIONS_PER_S = 100_000
"""The most messages that one material is thought to encrypt in a second: three times what a bare loop over
PKCS#11 makes in one process. Were it more, the bound would still hold: a material is replaced at 2^31 before
the loss and again after it, and twice that is 2^32."""

DELETION_WAITS = timedelta(days=7)
"""The shortest waiting period of ScheduleKeyDeletion."""


@dataclass(frozen=True, slots=True)
class Report:
    """What restoring would do.

    Args:
        manifest: of the backup.
        token: that was looked at.
        on_token: what it lacks.
        has_database: True if there is one now.
        uncompared: why it can't be compared with the backup; empty if it was, or if there is none.
        against: what would be lost of it.
        encryptions: how many each symmetric material may have encrypted since.
        restored: how the restored database would be changed.
    """

    manifest: Manifest
    token: TokenDescription
    on_token: TokenComparison
    has_database: bool
    uncompared: str
    against: DatabaseComparison
    encryptions: int
    restored: Restored

    @property
    def is_well(self) -> bool:
        """True if nothing would be lacking, lost, unknown or untold."""
        token, database = self.on_token, self.against
        found = (token.lacking, token.unknown, database.lost, database.destroyed, database.changed)
        return not any(found) and not self.uncompared


def check(backup: Path, settings: Settings) -> Report:
    """Finds out what restoring would do; changes nothing.

    Raises:
        BackupUnusable, HsmError, StoreError, OSError: it can't be found out.
    """
    with tempfile.TemporaryDirectory() as draft:
        return examine(backup, settings, Path(draft), utc_now())[0]


def examine(backup: Path, settings: Settings, draft: Path, now: datetime) -> tuple[Report, OpenedBackup]:
    """The same in a directory where the database is made ready to be put in place.

    Raises:
        BackupUnusable, HsmError, StoreError, OSError: it can't be made ready.
    """
    opened = open_backup(backup, settings, draft)
    found, uncompared = _database_now(settings)
    restoration = _restoration(opened.manifest, found, now)
    restored = prepare(opened.database, restoration)
    with inspection(of_settings(settings)) as token:
        on_token = compare_with_token(opened, token, settings.deployment.name)
    report = Report(
        manifest=opened.manifest,
        token=token.description,
        on_token=on_token,
        has_database=sqlite_path(settings.store.url).exists(),
        uncompared=uncompared,
        against=DatabaseComparison() if found is None else compare_with_database(opened.survey, found),
        encryptions=restoration.encryptions,
        restored=restored,
    )
    return report, opened


def _restoration(manifest: Manifest, found: Survey | None, now: datetime) -> Restoration:
    known = found.materials.values() if found else ()
    return Restoration(
        at=now,
        encryptions=_encryptions_since(manifest.created_at, now),
        most_encryptions=MOST_ENCRYPTIONS,
        known_encryptions={material.material_id: material.encryptions for material in known},
        earliest_deletion=now + DELETION_WAITS,
    )


def _encryptions_since(created_at: datetime, now: datetime) -> int:
    """At most what brings every count to the bound; so much, too, if a clock was wrong."""
    elapsed_s = (now - created_at).total_seconds()
    if elapsed_s < 0:
        return MOST_ENCRYPTIONS
    return min(math.ceil(elapsed_s * ENCRYPTIONS_PER_S), MOST_ENCRYPTIONS)


def _database_now(settings: Settings) -> tuple[Survey | None, str]:
    """What the database has that is there now; or why that can't be told, empty if there is none.

    Raises:
        StoreForeign: it is another deployment's, and not to be replaced.
        StoreUnavailable: it can't be read now.
    """
    path = sqlite_path(settings.store.url)
    if not path.exists():
        return None, ""
    try:
        found = survey(path, settings.store.busy_timeout_s)
    except (SchemaUnknown, StoreDamaged) as error:
        return None, str(error)
    require_own(settings, found.deployment)
    return found, ""
