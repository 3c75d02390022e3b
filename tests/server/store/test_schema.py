"""The schema: the migrations make exactly the tables, and no other database is taken for ours."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert

from strongroom.server.core.clock import utc_now
from strongroom.server.store import (
    SchemaOutdated,
    SchemaUnknown,
    Store,
    StoreError,
    StoreExists,
    StoreUnavailable,
    schema,
    tables,
)
from strongroom.server.store.engine import create_file, open_engine, writing
from strongroom.server.store.tables import metadata
from tests.server.store.conftest import DEPLOYMENT
from tests.server.store.samples import create


def _set_revision(path: Path, revision: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_a_new_store_is_whole_and_knows_its_deployment(store: Store) -> None:
    assert store.deployment() == DEPLOYMENT
    assert store.damage() == ()
    store.ping()


def test_a_store_is_not_made_twice(url: str) -> None:
    with pytest.raises(StoreExists):
        Store.create(url, DEPLOYMENT)


def test_a_store_that_is_not_there_is_not_made_by_opening(path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="strongroomd init"):
        Store.open(f"sqlite:///{path}")
    assert not path.exists()


def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    engine = open_engine(url, 1)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_migrations_are_one_line() -> None:
    scripts: ScriptDirectory = schema._scripts()
    assert scripts.get_heads() == [schema.HEAD]


def test_a_database_that_is_as_it_should_be_needs_no_alembic(url: str) -> None:
    code = f"import sys; from strongroom.server.store import Store; Store.open({url!r}); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_older_store_is_refused_until_it_is_upgraded(path: Path) -> None:
    url = f"sqlite:///{path}"
    create_file(path)
    engine = open_engine(url, 1.0)
    config = schema._config()
    with writing(engine.connect()) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {name: getattr(DEPLOYMENT, name) for name in DEPLOYMENT.__dataclass_fields__}
        connection.execute(insert(tables.deployment).values(**row, created_at=utc_now()))
    engine.dispose()
    with pytest.raises(SchemaOutdated, match="older") as caught:
        Store.open(url)
    assert caught.value.deployment == DEPLOYMENT
    upgraded = Store.open(url, upgrade=True)
    assert len(upgraded.secret("markers")) == 32
    record = create(upgraded)
    assert upgraded.load_key(record.key_id) == record
    upgraded.close()


def test_a_newer_store_is_refused_even_with_upgrade(url: str, path: Path) -> None:
    _set_revision(path, "future")
    for upgrade in (False, True):
        with pytest.raises(SchemaUnknown, match="newer"):
            Store.open(url, upgrade=upgrade)


def test_upgrading_a_current_store_changes_nothing(url: str) -> None:
    store = Store.open(url)
    record = create(store)
    store.close()
    again = Store.open(url, upgrade=True)
    assert again.load_key(record.key_id) == record
    again.close()


def test_a_database_of_something_else_is_no_store(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE albums (title TEXT)")
    connection.close()
    for upgrade in (False, True):
        with pytest.raises(SchemaUnknown, match="isn't a Strongroom store"):
            Store.open(f"sqlite:///{tmp_path}/other.db", upgrade=upgrade)


def test_an_empty_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaUnknown):
        Store.open(f"sqlite:///{tmp_path}/empty.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database at all, but long enough to have a header" * 20)
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path}/text.db")


@pytest.mark.parametrize("url", ["sqlite://", "postgresql://localhost/x", "nonsense", "", "sqlite:///"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailable):
        Store.create(url, DEPLOYMENT)
    with pytest.raises(StoreUnavailable):
        Store.open(url)


def test_a_store_in_no_directory_can_not_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store.create(f"sqlite:///{tmp_path}/none/store.db", DEPLOYMENT)


def test_only_its_owner_can_read_a_store(store: Store, path: Path) -> None:
    create(store)
    for file in path.parent.glob("store.db*"):
        assert file.stat().st_mode & 0o777 == 0o600, file
