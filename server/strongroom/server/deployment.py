"""What every process and command of a deployment begins with: its store, and where its files are."""

from pathlib import Path

from strongroom.server.config import Settings
from strongroom.server.store import Deployment, Store, StoreForeign


def open_store(settings: Settings, *, upgrade: bool = False) -> Store:
    """Opens the deployment's store.

    Raises:
        StoreError: it can't be opened.
    """
    store = settings.store
    return Store.open(store.url, busy_timeout_s=store.busy_timeout_s, upgrade=upgrade)


def require_own(settings: Settings, made_for: Deployment) -> None:
    """Returns if a database that was made for `made_for` belongs to this deployment.

    Raises:
        StoreForeign: it belongs to another, whose keys' objects bear other labels.
    """
    deployment = settings.deployment
    if made_for != Deployment(deployment.name, deployment.account_id, deployment.region):
        raise StoreForeign(
            f"The database belongs to deployment {made_for.name!r}, account {made_for.account_id}, "
            f"Region {made_for.region}; the configuration says otherwise. `strongroomd check-config` tells."
        )


def runtime_directory(settings: Settings) -> Path:
    """Where the processes of the deployment keep their locks: beside the database."""
    return Path(settings.store.url.removeprefix("sqlite:///")).parent / "run"


def figures_directory(settings: Settings) -> Path:
    """Where each process writes its figures."""
    return runtime_directory(settings) / "figures"
