"""The schema's version, and how a database gets to it."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from strongroom.server.store.engine import writing
from strongroom.server.store.errors import SchemaUnknown

_SCRIPTS = "strongroom.server.store:migrations"


def upgrade(engine: Engine) -> None:
    """Brings a database to this program's schema, in one transaction."""
    config = _config()
    with writing(engine.connect()) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(engine: Engine) -> None:
    """Returns if a database has this program's schema, or an older one.

    Raises:
        SchemaUnknown: it is newer, or not a store.
    """
    found = _revision(engine)
    if found is None:
        raise SchemaUnknown("The database isn't a Strongroom store. Make one with `strongroomd init`.")
    if found not in _known(_scripts()):
        raise SchemaUnknown("The database was made by a newer Strongroom. Install that version.")


def is_outdated(engine: Engine) -> bool:
    """True if a database has an older schema of ours."""
    scripts = _scripts()
    return _revision(engine) in _known(scripts) - {scripts.get_current_head()}


def _known(scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    return config
