"""Housekeeping of a running deployment, in this process and at another time."""

from datetime import timedelta

from strongroom.hsm import Token
from strongroom.server.config import load_settings
from strongroom.server.core.clock import utc_now
from strongroom.server.housekeeping.deletion import Deletion
from strongroom.server.housekeeping.expiry import Expiry
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.housekeeping.reconciliation import Reconciliation
from strongroom.server.housekeeping.rotation import Rotation
from strongroom.server.materials import material_importer, material_maker
from strongroom.server.operations import MaterialImporter, MaterialMaker
from strongroom.server.recording import record_writer
from strongroom.server.store import Store
from strongroom.server.token_opening import open_token
from tests.support.deployments import Deployment


class Housekeeping:
    """What the housekeeper does in a round, each by itself."""

    def __init__(self, deployment: Deployment) -> None:
        self.settings = load_settings(deployment.config)
        self.token = open_token(self.settings)
        self.now = utc_now()
        self.store = Store.open(self.settings.store.url, clock=lambda: self.now)
        self.records = record_writer(self.settings, "test")

    def pass_by(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def delete(self, token: Token | None = None) -> int:
        return Deletion(self.store, token or self.token, self.records, "boot").run(Progress())

    def maker(self) -> MaterialMaker:
        return material_maker(self.settings, self.token, self.store, "boot")

    def rotate(self) -> int:
        return Rotation(self.store, self.token, self.maker(), self.records).run(Progress())

    def importer(self) -> MaterialImporter:
        return material_importer(self.maker(), self.token, self.store)

    def expire(self) -> int:
        return Expiry(self.store, self.importer(), self.records).run(Progress())

    def reconcile(self, boot_id: str = "other boot") -> None:
        Reconciliation(self.store, self.token, self.records, boot_id, 60).run(Progress())

    def close(self) -> None:
        self.records.close()
        self.token.close()
        self.store.close()
