"""Makes a backup while the service serves."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from strongroom.hsm import HsmError, TokenDescription, TokenObject
from strongroom.server.cli.backups.errors import BackupExists, TokenNeeded
from strongroom.server.cli.backups.manifests import DATABASE, MANIFEST, Manifest, manifest_of
from strongroom.server.cli.drafts import draft_for, ending_tidily, sync
from strongroom.server.cli.records import command_records
from strongroom.server.cli.token_choice import inspection, of_settings
from strongroom.server.config import Settings
from strongroom.server.core.clock import utc_now
from strongroom.server.deployment import require_own
from strongroom.server.process.exit_codes import ExitCode, exit_code_of
from strongroom.server.store import opened_chains
from strongroom.server.store.copies import copy_database, make_single_file
from strongroom.server.store.engine import sqlite_path
from strongroom.server.store.surveys import survey

EVENT = "CreateBackup"


class _TokenSays(NamedTuple):
    description: TokenDescription | None = None
    objects: tuple[TokenObject, ...] | None = None


def make_backup(settings: Settings, final: Path, *, with_token: bool) -> Manifest:
    """Makes a backup in a draft beside its place, then moves it there in one step; gives its manifest.

    Args:
        settings: of the deployment.
        final: the new directory, absolute.
        with_token: whether to ask the token which objects it has.

    Raises:
        BackupExists: there is something at that place.
        TokenNeeded: the token is away.
        StoreError, HsmError, AuditUnavailable, OSError: there is no backup.
    """
    _require_nothing_at(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    with (
        opened_chains(sqlite_path(settings.store.url), settings.store.busy_timeout_s) as chains,
        closing(command_records(settings, "backup", chains)) as records,
        ending_tidily(),
        draft_for(final, first=DATABASE) as draft,
    ):
        records.require(for_change=True)
        manifest = _fill(draft, settings, with_token=with_token)
        for path in (draft / DATABASE, draft / MANIFEST, draft):
            sync(path)
        records.write_service_event(EVENT, _details(final, manifest))
        _require_nothing_at(final)
        draft.rename(final)
    sync(final.parent)
    return manifest


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_nothing_at(final: Path) -> None:
    if os.path.lexists(final):
        raise BackupExists(f"There is something at {final} already; nothing is overwritten.")


def _fill(draft: Path, settings: Settings, *, with_token: bool) -> Manifest:
    created_at, copy, timeout_s = utc_now(), draft / DATABASE, settings.store.busy_timeout_s
    copy_database(sqlite_path(settings.store.url), copy, timeout_s)
    found = survey(copy, timeout_s)
    require_own(settings, found.deployment)
    make_single_file(copy, timeout_s)
    # After the copy: whatever is in it was on the token by then.
    token = _ask_token(settings) if with_token else _TokenSays()
    manifest = manifest_of(found, created_at, sha256_of(copy), token.description, token.objects)
    path = draft / MANIFEST
    path.touch(mode=0o600)
    path.write_text(manifest.model_dump_json(indent=2) + "\n")
    return manifest


def _ask_token(settings: Settings) -> _TokenSays:
    try:
        with inspection(of_settings(settings)) as token:
            return _TokenSays(token.description, token.objects(settings.deployment.name))
    except HsmError as error:
        if exit_code_of(error) is ExitCode.NEVER:
            raise
        raise TokenNeeded(f"{error} --without-token makes a backup that doesn't say what it has.") from None


def _details(final: Path, manifest: Manifest) -> Mapping[str, object]:
    return {
        "backup": str(final),
        "databaseSha256": manifest.database_sha256,
        "changeRevision": manifest.change_revision,
        "materials": len(manifest.materials),
    }
