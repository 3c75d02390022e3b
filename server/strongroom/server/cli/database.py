"""Whether a database is the one that a configuration means."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from strongroom.server.app import open_store
from strongroom.server.config import Problem, Settings, problem_at
from strongroom.server.store import Deployment, Store, StoreError


def database_problems(config: Path, settings: Settings) -> Iterator[Problem]:
    """What is wrong with the database, at the options that are about it."""
    try:
        store = open_store(settings)
    except StoreError as error:
        yield problem_at(config, "store.url", str(error))
        return
    try:
        for option, text in foreign(store, settings).items():
            yield problem_at(config, f"deployment.{option}", text)
    except StoreError as error:
        yield problem_at(config, "store.url", str(error))
    finally:
        store.close()


def foreign(store: Store, settings: Settings) -> Mapping[str, str]:
    """What the database says otherwise than the configuration about whose it is, by option."""
    made_for, wanted = store.deployment(), settings.deployment
    return {
        option: f"The database was made for {getattr(made_for, option)!r}: correct this, or store.url."
        for option in Deployment.__dataclass_fields__
        if getattr(made_for, option) != getattr(wanted, option)
    }
