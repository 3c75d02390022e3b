"""Builds the audit trail of a process from the configuration."""

import os
from dataclasses import dataclass

from strongroom.hsm import Token
from strongroom.server.audit import (
    Checkpoints,
    Fsync,
    Ledger,
    RecordMaker,
    RecordWriter,
    SegmentRules,
    SegmentSink,
)
from strongroom.server.audit.forwarding import Forwarder
from strongroom.server.config import Settings
from strongroom.server.core.arns import Realm
from strongroom.server.core.clock import utc_now
from strongroom.server.core.event_ids import EventIds
from strongroom.server.core.receivers import Receiver
from strongroom.server.store import ChainStore, Store
from strongroom.server.trail import NoLedger, StoreLedger, StorePositions, TokenSigner

_SEED_BYTES = 10


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The audit trail of one process, which signs how far it goes."""

    sink: SegmentSink
    records: RecordWriter
    checkpoints: Checkpoints

    def close(self) -> None:
        """Says how far it went, and ends it; the token must still be open."""
        self.records.end()
        self.checkpoints.make()
        self.sink.close()


def audit_trail(settings: Settings, name: str, store: Store, token: Token) -> AuditTrail:
    """The audit trail of a process that has store and token.

    Raises:
        AuditUnavailable: it can't be written.
    """
    maker, ledger = _record_maker(settings), StoreLedger(store.audit_chains)
    sink = _sink(settings, name, maker, ledger)
    interval_s = settings.audit.checkpoint_interval_s
    checkpoints = Checkpoints(sink, TokenSigner(token, store), ledger, maker.of_service, interval_s)
    return AuditTrail(sink, RecordWriter(sink, maker), checkpoints)


def audit_forwarder(settings: Settings, store: Store) -> Forwarder | None:
    """What forwards the audit trail of all processes, if it is wanted."""
    audit = settings.audit
    if not audit.syslog:
        return None
    ca = None if audit.syslog_ca is None else str(audit.syslog_ca)
    receiver = Receiver.parse(audit.syslog, ca)
    return Forwarder(audit.directory, receiver, StorePositions(store.forwarding))


def record_writer(settings: Settings, name: str, chains: ChainStore | None = None) -> RecordWriter:
    """The audit trail of a command, which has perhaps no database; end it by `close`.

    Raises:
        AuditUnavailable: it can't be written.
    """
    maker = _record_maker(settings)
    ledger = NoLedger() if chains is None else StoreLedger(chains)
    return RecordWriter(_sink(settings, name, maker, ledger), maker)


def _record_maker(settings: Settings) -> RecordMaker:
    return RecordMaker(realm_of(settings), utc_now, EventIds(os.urandom(_SEED_BYTES)))


def _sink(settings: Settings, name: str, maker: RecordMaker, ledger: Ledger) -> SegmentSink:
    audit = settings.audit
    rules = SegmentRules(Fsync(audit.fsync), audit.segment_bytes, audit.segment_s)
    return SegmentSink(audit.directory, name, rules, maker.of_service, ledger)


def realm_of(settings: Settings) -> Realm:
    """Where the deployment's resources live."""
    deployment = settings.deployment
    return Realm(deployment.partition, deployment.region, deployment.account_id)
