"""The manifest of a backup: what the copy of the database has, and which objects the token had."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from strongroom.hsm import TokenDescription, TokenObject
from strongroom.server.cli.backups.errors import BackupUnusable
from strongroom.server.store import Deployment
from strongroom.server.store.surveys import Survey

DATABASE = "store.sqlite"
MANIFEST = "manifest.json"
FORMAT: Final = 1


class _Part(BaseModel):
    """A part of the file: immutable, and refusing what it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BackedUpMaterial(_Part):
    """A material in the copy.

    Args:
        material_id: 32 hex digits.
        state: of its row, as the store names it.
        on_token: whether the token had its object; None if the token wasn't asked.
    """

    material_id: str
    key_id: str
    key_spec: str
    state: str
    label: str
    on_token: bool | None


class AskedToken(_Part):
    """The token that was asked."""

    label: str
    serial: str


class _Format(BaseModel):
    format: int


class Manifest(_Part):
    """What is known of a backup.

    Args:
        created_at: before the copying began, in UTC: what isn't in the copy happened later.
        change_revision: the newest of the change feed.
        database_sha256: of the file, in hex.
        token: None if it wasn't asked.
        seal: SHA-256 of all the rest, in hex: it tells damage, and no forger.
    """

    format: Literal[1] = FORMAT
    created_at: AwareDatetime
    deployment: Deployment
    schema_revision: str
    change_revision: int
    database_sha256: str
    token: AskedToken | None
    materials: tuple[BackedUpMaterial, ...]
    seal: str = ""

    def sealed(self) -> "Manifest":
        """The same with its seal."""
        rest = self.model_dump_json(exclude={"seal"}).encode()
        return self.model_copy(update={"seal": hashlib.sha256(rest).hexdigest()})

    def keys(self) -> int:
        """How many keys have a material."""
        return len({material.key_id for material in self.materials})


def manifest_of(
    survey: Survey,
    created_at: datetime,
    database_sha256: str,
    token: TokenDescription | None,
    objects: Iterable[TokenObject] | None,
) -> Manifest:
    """The manifest of a copy; `token` and `objects`, what the token says, are None if it wasn't asked."""
    return Manifest(
        created_at=created_at,
        deployment=survey.deployment,
        schema_revision=survey.schema_revision,
        change_revision=survey.change_revision,
        database_sha256=database_sha256,
        token=None if token is None else AskedToken(label=token.label, serial=token.serial),
        materials=_materials(survey, objects),
    ).sealed()


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        BackupUnusable: there is none, or not a whole one of a format that is known.
    """
    path = backup / MANIFEST
    try:
        require_file(path)
        text = path.read_bytes()
        _require_known_format(_Format.model_validate_json(text).format)
        manifest = Manifest.model_validate_json(text)
    except OSError as error:
        raise BackupUnusable(f"{path} can't be read: {error.strerror}. Is {backup} a backup?") from None
    except ValidationError:
        raise BackupUnusable(f"{path} isn't the manifest of a backup, or is damaged.") from None
    if manifest != manifest.sealed():
        raise BackupUnusable(f"{path} was altered or damaged. Use another backup.")
    return manifest


def require_file(path: Path) -> None:
    """Returns if a part of a backup is a file, which a FIFO isn't: to read from one could take for ever.

    Raises:
        BackupUnusable: it isn't there, or something else.
    """
    if not path.is_file():
        raise BackupUnusable(f"There is no file {path}. Is {path.parent} a backup?")


def require_agreement(manifest: Manifest, survey: Survey) -> None:
    """Returns if a manifest tells of this copy.

    Raises:
        BackupUnusable: it tells something else.
    """
    told = tuple(material.model_copy(update={"on_token": None}) for material in manifest.materials)
    found = manifest_of(survey, manifest.created_at, manifest.database_sha256, None, None)
    if manifest.model_copy(update={"token": None, "materials": told}).sealed() != found:
        raise BackupUnusable(f"{MANIFEST} and {DATABASE} don't agree: they aren't of one backup.")


def _require_known_format(found: int) -> None:
    if found != FORMAT:
        raise BackupUnusable(
            f"The backup has format {found}, and this strongroomd reads format {FORMAT}: use its own version."
        )


def _materials(survey: Survey, objects: Iterable[TokenObject] | None) -> tuple[BackedUpMaterial, ...]:
    there = None if objects is None else frozenset(objects)
    return tuple(
        BackedUpMaterial(
            material_id=material.material_id.hex(),
            key_id=material.key_id,
            key_spec=survey.keys[material.key_id].key_spec,
            state=material.state,
            label=material.label,
            on_token=None if there is None else TokenObject(material.material_id, material.label) in there,
        )
        for material in survey.materials.values()
    )
