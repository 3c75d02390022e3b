"""The store: everything that isn't key material, in short transactions."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, text

from strongroom.server.core.clock import utc_now
from strongroom.server.store import (
    aliases,
    deletion,
    keys,
    materials,
    requests,
    rotation,
    schema,
    tables,
    tags,
    upkeep,
    usage,
)
from strongroom.server.store.audit_chains import ChainStore
from strongroom.server.store.census import Censuses
from strongroom.server.store.engine import create_file, open_engine, sqlite_path
from strongroom.server.store.errors import NotInState, SchemaOutdated, StoreUnavailable
from strongroom.server.store.feed import ChangeFeed, SqliteChangeFeed
from strongroom.server.store.forwarding import ForwardingStore
from strongroom.server.store.grants import GrantStore
from strongroom.server.store.import_store import ImportStore
from strongroom.server.store.jobs import JobLog
from strongroom.server.store.leases import LeaseStore
from strongroom.server.store.principals import PrincipalStore
from strongroom.server.store.records import (
    Alias,
    AliasPage,
    Deployment,
    EarlierRequest,
    Intent,
    KeyPage,
    KeyRecord,
    KeyUsage,
    MaterialRecord,
    NewKey,
    NewMaterial,
    Reservation,
    Tag,
    TagPage,
)
from strongroom.server.store.transactions import changing, reading, typed_errors

DEFAULT_BUSY_TIMEOUT_S = 5.0
ENABLED = "Enabled"


class Store(ImportStore):
    """A store of one deployment; thread-safe, and safe to use from several processes.

    Every method may raise StoreUnavailable; what was asked then either happened whole or not at all.
    """

    def __init__(
        self, engine: Engine, url: str, busy_timeout_s: float, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._url = url
        self._busy_timeout_s = busy_timeout_s
        self._clock = clock
        self.jobs = JobLog(engine, clock)
        self.censuses = Censuses(engine, clock)
        self.principals = PrincipalStore(engine, clock)
        self.grants = GrantStore(engine, clock)
        self.leases = LeaseStore(engine, clock)
        self.audit_chains = ChainStore(engine, clock)
        self.forwarding = ForwardingStore(engine, clock)

    @classmethod
    def create(cls, url: str, deployment: Deployment, clock: Callable[[], datetime] = utc_now) -> None:
        """Makes a new database.

        Raises:
            StoreExists: there is one.
            StoreUnavailable: it can't be made there.
        """
        create_file(sqlite_path(url))
        engine = open_engine(url, DEFAULT_BUSY_TIMEOUT_S)
        schema.upgrade(engine)
        with changing(engine) as connection:
            row = {name: getattr(deployment, name) for name in Deployment.__dataclass_fields__}
            connection.execute(insert(tables.deployment).values(**row, created_at=clock()))
        engine.dispose()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S,
        clock: Callable[[], datetime] = utc_now,
        upgrade: bool = False,
    ) -> "Store":
        """Opens a database; with `upgrade` an older one is brought to this program's schema.

        Raises:
            SchemaOutdated: it has an older schema, and isn't to be upgraded.
            SchemaUnknown: it has a newer schema, or isn't a store.
            StoreUnavailable: it isn't there.
        """
        path = sqlite_path(url)
        if not path.is_file():
            raise StoreUnavailable(f"There is no database at {path}. Make one with `strongroomd init`.")
        engine = open_engine(url, busy_timeout_s)
        store = cls(engine, url, busy_timeout_s, clock)
        store._check_schema(upgrade=upgrade)
        return store

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def feed(self) -> ChangeFeed:
        """A new change feed, from now on."""
        return SqliteChangeFeed(sqlite_path(self._url), self._busy_timeout_s)

    def ping(self) -> None:
        """Returns if the database answers."""
        with reading(self._engine) as connection:
            connection.execute(select(tables.deployment.c.name)).first()

    def deployment(self) -> Deployment:
        """What the database belongs to."""
        with reading(self._engine) as connection:
            columns = (tables.deployment.c[name] for name in Deployment.__dataclass_fields__)
            row = connection.execute(select(*columns)).one()
            return Deployment(**row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it

    def damage(self) -> tuple[str, ...]:
        """What SQLite's quick_check finds wrong with the file; empty if nothing."""
        with reading(self._engine) as connection:
            found = connection.execute(text("PRAGMA quick_check")).scalars().all()
        return tuple(line for line in found if line != "ok")

    def begin_create(self, key: NewKey, material: NewMaterial, owner: str) -> None:
        """Writes down the intent to make a key; `owner` is the boot id of the service."""
        with changing(self._engine) as connection:
            materials.begin_create(connection, key, material, owner)

    def complete_create(self, key_id: str, material_id: bytes, check: bytes) -> KeyRecord:
        """The object is made and `check` is its identity: the key exists, Enabled.

        Raises:
            IntentLost: reconciliation has undone it; the object must be destroyed.
        """
        with changing(self._engine) as connection:
            materials.complete_create(connection, key_id, material_id, check, ENABLED, self._clock())
            record = keys.load_key(connection, key_id)
        assert record is not None  # noqa: S101 # this transaction has just made it visible
        return record

    def begin_undo(self, material_id: bytes, owner: str) -> None:
        """Gives up creating: IntentLost if it was completed or undone meanwhile."""
        with changing(self._engine) as connection:
            materials.begin_undo(connection, material_id, owner, self._clock())

    def begin_destroy(self, material_id: bytes, owner: str) -> None:
        """Writes down the intent to destroy a material; IntentLost if it isn't enabled."""
        with changing(self._engine) as connection:
            materials.begin_destroy(connection, material_id, owner, self._clock())

    def complete_destroy(self, material_id: bytes, reason: str) -> None:
        """The object is gone, and so is its key if it never came to be; IntentLost if done already."""
        with changing(self._engine) as connection:
            materials.complete_destroy(connection, material_id, reason, self._clock())

    def pending_intents(self) -> tuple[Intent, ...]:
        """What was begun and not completed."""
        with reading(self._engine) as connection:
            return materials.pending_intents(connection)

    def load_key(self, key_id: str) -> KeyRecord | None:
        """A key with its materials and tags, or None."""
        with reading(self._engine) as connection:
            return keys.load_key(connection, key_id)

    def list_key_ids(self, account_id: str, *, limit: int, after: str | None) -> KeyPage:
        """Up to `limit` keys of an account behind the key id `after`."""
        with reading(self._engine) as connection:
            return keys.list_key_ids(connection, account_id, limit, after)

    def count_keys(self, account_id: str) -> int:
        """How many keys an account has."""
        with reading(self._engine) as connection:
            return keys.count_keys(connection, account_id)

    def find_alias(self, account_id: str, alias_name: str) -> Alias | None:
        """An alias of an account, or None."""
        with reading(self._engine) as connection:
            return aliases.find(connection, account_id, alias_name)

    def create_alias(
        self, account_id: str, alias_name: str, key_id: str, *, allowed_in: frozenset[str], most: int
    ) -> None:
        """Gives a key a name; NoSuchKey, NotInState, AliasExists, and TooManyAliases above `most`."""
        now = self._clock()
        with changing(self._engine) as connection:
            alias = Alias(account_id, alias_name, key_id, now, now)
            aliases.create(connection, alias, allowed_in, most)

    def move_alias(self, alias: Alias, key_id: str, *, allowed_in: frozenset[str], most: int) -> None:
        """Moves an alias to another key; NoSuchKey, NotInState, NoSuchAlias, TooManyAliases."""
        with changing(self._engine) as connection:
            aliases.move(connection, alias, key_id, allowed_in, most, self._clock())

    def delete_alias(self, account_id: str, alias_name: str, key_id: str) -> None:
        """Takes a name of this key away; NoSuchAlias if it has none such."""
        with changing(self._engine) as connection:
            aliases.remove(connection, account_id, alias_name, key_id, self._clock())

    def list_aliases(
        self, account_id: str, key_id: str | None, *, limit: int, after: str | None
    ) -> AliasPage:
        """Up to `limit` aliases of an account, or of one of its keys, behind the name `after`."""
        with reading(self._engine) as connection:
            return aliases.page(connection, account_id, key_id, limit, after)

    def put_tags(self, key_id: str, new: Sequence[Tag], *, allowed_in: frozenset[str], most: int) -> None:
        """Sets tags of a key; NoSuchKey, NotInState, and TooManyTags above `most`."""
        with changing(self._engine) as connection:
            tags.put(connection, key_id, new, allowed_in, most, self._clock())

    def remove_tags(self, key_id: str, tag_keys: Collection[str], *, allowed_in: frozenset[str]) -> None:
        """Removes tags of a key; NoSuchKey, NotInState."""
        with changing(self._engine) as connection:
            tags.remove(connection, key_id, tag_keys, allowed_in, self._clock())

    def list_tags(self, key_id: str, *, limit: int, after: str | None) -> TagPage:
        """Up to `limit` tags of a key behind the place `after`."""
        with reading(self._engine) as connection:
            return tags.page(connection, key_id, limit, after)

    def secret(self, name: str) -> bytes:
        """A secret that all processes of the deployment share."""
        with reading(self._engine) as connection:
            query = select(tables.secrets.c.value).where(tables.secrets.c.name == name)
            return bytes(connection.execute(query).scalar_one())

    def find_material(self, material_id: bytes) -> MaterialRecord | None:
        """A material of a key, or None."""
        with reading(self._engine) as connection:
            return materials.find_material(connection, material_id)

    def was_destroyed(self, material_id: bytes) -> bool:
        """True if there was such a material, of a key that is deleted or of its own."""
        with reading(self._engine) as connection:
            return materials.was_destroyed(connection, material_id)

    def all_materials(self) -> tuple[MaterialRecord, ...]:
        """All materials of keys that the token should have."""
        with reading(self._engine) as connection:
            return materials.all_materials(connection)

    def expected_objects(self) -> frozenset[bytes]:
        """The ids of all objects that may be on the token, of materials and wrapping pairs."""
        with reading(self._engine) as connection:
            return materials.expected_objects(connection)

    def set_state(self, key_id: str, state: str, *, allowed_from: Collection[str]) -> None:
        """Sets a key's state; NotInState if it has none of `allowed_from`, NoSuchKey if there is no key."""
        self._change(key_id, {"state": state}, allowed_from)

    def schedule_deletion(self, key_id: str, at: datetime, *, allowed_from: Collection[str]) -> None:
        """Makes a key PendingDeletion until `at`; NotInState, NoSuchKey."""
        self._change(key_id, {"state": keys.PENDING_DELETION, "deletion_date": at}, allowed_from)

    def due_deletions(self) -> tuple[str, ...]:
        """The keys that are to be deleted by now, and those whose deletion was begun."""
        with reading(self._engine) as connection:
            return deletion.due(connection, self._clock())

    def begin_delete(self, key_id: str, owner: str) -> tuple[Intent, ...]:
        """Begins to delete a key that is due; gives its materials, which are to be destroyed. NotInState."""
        with changing(self._engine) as connection:
            deletion.begin(connection, key_id, owner, self._clock())
            return tuple(i for i in materials.pending_intents(connection) if i.key_id == key_id)

    def count_destroyed(self, key_id: str, reason: str) -> int:
        """How many materials of a key were destroyed for this reason."""
        with reading(self._engine) as connection:
            return deletion.count_destroyed(connection, key_id, reason)

    def complete_delete(self, key_id: str) -> None:
        """Removes a key whose materials are all destroyed; NotInState if some aren't."""
        with changing(self._engine) as connection:
            deletion.complete(connection, key_id, self._clock())

    def set_rotation(self, key_id: str, period_days: int | None, *, allowed_from: Collection[str]) -> None:
        """Has a key rotate every so many days from now on, or not at all; NotInState, NoSuchKey."""
        at = None if period_days is None else self._clock() + timedelta(days=period_days)
        values = {"rotation_period_days": period_days, "next_rotation_at": at}
        self._change(key_id, values, allowed_from)

    def due_rotations(self, most_encryptions: int, key_id: str | None = None) -> tuple[str, ...]:
        """The keys, or this one, that are to rotate by now, or whose material has encrypted so much."""
        with reading(self._engine) as connection:
            return rotation.due(connection, self._clock(), most_encryptions, key_id)

    def begin_due_rotation(
        self, key_id: str, material: NewMaterial, owner: str, *, most_encryptions: int
    ) -> None:
        """Writes down the intent to rotate a key that is still due; NotInState if it isn't, and as below."""
        with changing(self._engine) as connection:
            if not rotation.due(connection, self._clock(), most_encryptions, key_id):
                raise NotInState("not due")
            rotation.begin(connection, key_id, material, owner, rotation.AUTOMATIC, 0)

    def begin_rotate(
        self, key_id: str, material: NewMaterial, owner: str, rotation_type: str, *, most_on_demand: int
    ) -> None:
        """Writes down the intent to give a key another material.

        Raises:
            NoSuchKey, NotInState, RotationUnderWay, RotationLimitReached: it can't have one.
        """
        with changing(self._engine) as connection:
            rotation.begin(connection, key_id, material, owner, rotation_type, most_on_demand)

    def complete_rotate(self, key_id: str, material_id: bytes, check: bytes, rotation_type: str) -> None:
        """The object is made and `check` is its identity: it is the key's current material. IntentLost."""
        with changing(self._engine) as connection:
            rotation.complete(connection, key_id, material_id, check, rotation_type, self._clock())

    def set_description(self, key_id: str, description: str, *, allowed_in: Collection[str]) -> None:
        """Sets a key's description; NotInState and NoSuchKey likewise."""
        self._change(key_id, {"description": description}, allowed_in)

    def set_policy(self, key_id: str, policy: str, *, allowed_in: Collection[str]) -> None:
        """Sets a key's policy; NotInState and NoSuchKey likewise."""
        self._change(key_id, {"policy": policy}, allowed_in)

    def reserve_encryptions(self, material_id: bytes, count: int, *, limit: int) -> Reservation:
        """Reserves up to `count` encryptions of a material that may have `limit` in all.

        Raises:
            EncryptionsExhausted: none is left.
            NoSuchKey: there is no such material, or it isn't enabled.
        """
        with changing(self._engine) as connection:
            return materials.reserve_encryptions(connection, material_id, count, limit)

    def mark_missing(self, material_id: bytes) -> bool:
        """The token is well and hasn't got this material; True if that is news."""
        now = self._clock()
        with changing(self._engine) as connection:
            return materials.set_missing(connection, material_id, now, now)

    def mark_found(self, material_id: bytes) -> bool:
        """The token has this material again; True if that is news."""
        with changing(self._engine) as connection:
            return materials.set_missing(connection, material_id, None, self._clock())

    def note_usage(self, uses: Iterable[KeyUsage]) -> None:
        """Writes down the last uses of keys, where none is known that was later."""
        with changing(self._engine) as connection:
            usage.note(connection, uses)

    def last_usage(self, key_id: str) -> tuple[KeyUsage | None, datetime]:
        """The last use of a key that is known, and from when on uses are."""
        with reading(self._engine) as connection:
            return usage.find(connection, key_id), usage.known_since(connection)

    def find_request(self, caller: str, request_id: str) -> EarlierRequest | None:
        """The request of a caller that bore this id, or None."""
        with reading(self._engine) as connection:
            return requests.find(connection, caller, request_id)

    def trim_requests(self, older_than_s: float) -> int:
        """Forgets the ids of requests older than this; gives their number."""
        with changing(self._engine) as connection:
            return requests.trim(connection, self._clock() - timedelta(seconds=older_than_s))

    def trim_changes(self, older_than_s: float) -> int:
        """Forgets changes older than this; gives their number."""
        with changing(self._engine) as connection:
            return upkeep.trim_changes(connection, self._clock() - timedelta(seconds=older_than_s))

    def _change(self, key_id: str, values: dict[str, Any], allowed_from: Collection[str]) -> None:
        with changing(self._engine) as connection:
            keys.change_key(connection, key_id, values, allowed_from, self._clock())

    def _check_schema(self, *, upgrade: bool) -> None:
        with typed_errors():
            schema.check(self._engine)
            if not schema.is_outdated(self._engine):
                return
            if not upgrade:
                raise SchemaOutdated(self.deployment())
            schema.upgrade(self._engine)
