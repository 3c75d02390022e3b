"""What keys and materials a database has, whatever version of ours made it.

Only columns that the first schema had are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text

from strongroom.server.store import schema
from strongroom.server.store.engine import file_url, open_engine
from strongroom.server.store.errors import StoreDamaged, StoreUnavailable
from strongroom.server.store.keys import CREATING
from strongroom.server.store.records import Deployment
from strongroom.server.store.tables import changes, deployment, import_parameters, keys, materials, tombstones
from strongroom.server.store.transactions import reading, typed_errors


@dataclass(frozen=True, slots=True)
class SurveyedKey:
    """A key that exists: names are AWS KMS's."""

    key_id: str
    key_spec: str
    state: str


@dataclass(frozen=True, slots=True)
class SurveyedMaterial:
    """A material of a key that exists.

    Args:
        state: of its row.
        encryptions: how many the workers have reserved.
        is_current: True if the key encrypts or signs with it.
    """

    material_id: bytes
    key_id: str
    state: str
    label: str
    encryptions: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What a database has.

    Args:
        deployment: whose it is.
        schema_revision: of the program that made or upgraded it.
        change_revision: the newest of its change feed, 0 before the first.
        keys: by key id.
        materials: by material id.
        destroyed: ids of materials that were destroyed.
    """

    deployment: Deployment
    schema_revision: str
    change_revision: int
    keys: Mapping[str, SurveyedKey]
    materials: Mapping[bytes, SurveyedMaterial]
    destroyed: frozenset[bytes]


def should_be_on_token(material: SurveyedMaterial) -> bool:
    """Whether a material's object is to be on the token: not while it is made or destroyed, or absent."""
    return material.state == "enabled"


def survey(path: Path, busy_timeout_s: float) -> Survey:
    """Reads what a database has, at one moment.

    Raises:
        SchemaUnknown: it is newer than this program, or isn't a store.
        StoreDamaged: it isn't whole.
        StoreUnavailable: it isn't there, or can't be read now.
    """
    if not path.is_file():
        raise StoreUnavailable(f"There is no database at {path}.")
    engine = open_engine(file_url(path), busy_timeout_s)
    try:
        with typed_errors():
            schema.check(engine)
            return _survey(engine)
    finally:
        engine.dispose()


def _survey(engine: Engine) -> Survey:
    revision = schema.revision(engine) or ""
    with reading(engine) as connection:
        _require_whole(connection)
        columns = (deployment.c[name] for name in Deployment.__dataclass_fields__)
        row = connection.execute(select(*columns)).one()
        newest = connection.execute(select(func.coalesce(func.max(changes.c.revision), 0))).scalar_one()
        return Survey(
            deployment=Deployment(**row._mapping),  # noqa: SLF001 # SQLAlchemy's public name for it
            schema_revision=revision,
            change_revision=int(newest),
            keys=_keys(connection),
            materials=_materials(connection),
            destroyed=frozenset(connection.execute(select(tombstones.c.material_id)).scalars()),
        )


def _require_whole(connection: Connection) -> None:
    found = connection.execute(text("PRAGMA quick_check(1)")).scalars().all()
    if found != ["ok"]:
        raise StoreDamaged(f"The database is damaged ({found[0]}): restore it from a backup.")


def _keys(connection: Connection) -> Mapping[str, SurveyedKey]:
    query = select(keys.c.key_id, keys.c.key_spec, keys.c.state).where(keys.c.state != CREATING)
    return {row.key_id: SurveyedKey(row.key_id, row.key_spec, row.state) for row in connection.execute(query)}


def _wrapping_pairs(connection: Connection) -> tuple[bytes, ...]:
    """The pairs that key material is imported under: they come and go within a day, and are no materials."""
    if not inspect(connection).has_table(import_parameters.name):  # before revision 0007
        return ()
    return tuple(connection.execute(select(import_parameters.c.material_id)).scalars())


def _materials(connection: Connection) -> Mapping[bytes, SurveyedMaterial]:
    query = (
        select(
            materials.c.material_id,
            materials.c.key_id,
            materials.c.state,
            materials.c.label,
            materials.c.encryptions_reserved,
            keys.c.current_material_id,
        )
        .join_from(materials, keys)
        .where(keys.c.state != CREATING, materials.c.material_id.not_in(_wrapping_pairs(connection)))
        .order_by(keys.c.key_id, materials.c.created_at, materials.c.material_id)
    )
    return {
        row.material_id: SurveyedMaterial(
            row.material_id,
            row.key_id,
            row.state,
            row.label,
            row.encryptions_reserved,
            is_current=row.material_id == row.current_material_id,
        )
        for row in connection.execute(query)
    }
