"""The schema's version, and how a database gets to it.

Alembic is imported by what migrates: a database that is as it should be needs none of its 11 MiB.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, inspect, text

from strongroom.server.store.engine import writing
from strongroom.server.store.errors import SchemaUnknown

if TYPE_CHECKING:  # heavy
    from alembic.script import ScriptDirectory

HEAD = "0013"
"""The revision of this program's schema, that of the newest migration."""

_SCRIPTS = "strongroom.server.store:migrations"
_VERSIONS = "alembic_version"


def upgrade(engine: Engine) -> None:
    """Brings a database to this program's schema, in one transaction."""
    from alembic import command

    config = _config()
    with writing(engine.connect()) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(engine: Engine) -> None:
    """Returns if a database has this program's schema, or an older one.

    Raises:
        SchemaUnknown: it is newer, or not a store.
    """
    found = revision(engine)
    if found is None:
        raise SchemaUnknown("The database isn't a Strongroom store. Make one with `strongroomd init`.")
    if found != HEAD and found not in _known():
        raise SchemaUnknown("The database was made by a newer Strongroom. Install that version.")


def is_outdated(engine: Engine) -> bool:
    """True if a database has an older schema of ours."""
    found = revision(engine)
    return found != HEAD and found in _known()


def _known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def revision(engine: Engine) -> str | None:
    """The schema's revision that a database says it has; None if it isn't a store."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_VERSIONS):
            return None
        found = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalars().all()  # noqa: S608 # our own name
    return found[0] if len(found) == 1 else None


def _config() -> Any:  # noqa: ANN401 # Alembic's
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    return config
