"""Whether a database is the one that a configuration means."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.config import Problem, Settings, problem_at
from strongroom.server.deployment import open_store
from strongroom.server.store import Deployment, SchemaOutdated, StoreError

WILL_BE_UPGRADED = "the database was made by an older Strongroom; it will be upgraded at the next start"


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What a look at the database found.

    Args:
        problems: what is wrong with it, at the options that are about it.
        notes: what else is worth knowing.
    """

    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def check_database(config: Path, settings: Settings) -> DatabaseCheck:
    """Looks at the database, and changes nothing."""
    try:
        made_for, notes = _look(settings)
    except StoreError as error:
        return DatabaseCheck((problem_at(config, "store.url", str(error)),))
    texts = foreign(made_for, settings)
    problems = (problem_at(config, f"deployment.{option}", text) for option, text in texts.items())
    return DatabaseCheck(tuple(problems), notes)


def foreign(made_for: Deployment, settings: Settings) -> Mapping[str, str]:
    """What a database says otherwise than the configuration about whose it is, by option."""
    wanted = settings.deployment
    return {
        option: f"The database was made for {getattr(made_for, option)!r}: correct this, or store.url."
        for option in Deployment.__dataclass_fields__
        if getattr(made_for, option) != getattr(wanted, option)
    }


def _look(settings: Settings) -> tuple[Deployment, tuple[str, ...]]:
    try:
        with closing(open_store(settings)) as store:
            return store.deployment(), ()
    except SchemaOutdated as outdated:
        return outdated.deployment, (WILL_BE_UPGRADED,)
