"""What tests do to backups."""

from datetime import timedelta
from pathlib import Path

from strongroom.server.cli.backups.manifests import MANIFEST, read_manifest


def age(backup: Path, by: timedelta) -> Path:
    """Makes a backup older than it is."""
    manifest = read_manifest(backup)
    aged = manifest.model_copy(update={"created_at": manifest.created_at - by}).sealed()
    (backup / MANIFEST).write_text(aged.model_dump_json())
    return backup
