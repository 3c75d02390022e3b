"""The service's own keys: made on the token when they are missing."""

import uuid

from strongroom.server.audit import RecordWriter
from strongroom.server.core.clock import utc_now
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.operations import MaterialMaker
from strongroom.server.store import NewKey, Store
from strongroom.server.trail import AUDIT_KEY, NOBODY, SYSTEM_ACCOUNT, find_audit_key

_SPEC, _USAGE, _ORIGIN = "ECC_NIST_P256", "SIGN_VERIFY", "AWS_KMS"


class SystemKeys:
    """Makes the audit key of a deployment that hasn't one."""

    def __init__(self, store: Store, maker: MaterialMaker, records: RecordWriter) -> None:
        self._store = store
        self._maker = maker
        self._records = records

    def run(self, _progress: Progress) -> int:
        """Makes what is missing; gives how many keys that were.

        Raises:
            AuditUnavailable, HsmError, StoreError: not now.
        """
        if find_audit_key(self._store) is not None:
            return 0
        self._records.require(for_change=True)
        key = NewKey(
            key_id=str(uuid.uuid4()),
            account_id=SYSTEM_ACCOUNT,
            description=AUDIT_KEY,
            key_spec=_SPEC,
            key_usage=_USAGE,
            origin=_ORIGIN,
            multi_region=False,
            created_at=utc_now(),
            policy=NOBODY,
            created_by="strongroom",
            tags=(),
        )
        self._maker.create_for_service(key)
        self._records.write_service_event("CreateAuditKey", {"keyId": key.key_id})
        return 1
