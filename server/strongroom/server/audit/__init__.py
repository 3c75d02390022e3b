"""The audit trail: one record for every answered request, in chains that show any change."""

from strongroom.server.audit.chain import ChainBroken, Head
from strongroom.server.audit.checkpoints import ChainLedger, Checkpoints, Signature, Signer
from strongroom.server.audit.errors import AuditUnavailable
from strongroom.server.audit.records import Answered, RecordMaker
from strongroom.server.audit.segments import Fsync, Ledger, SegmentRules, SegmentSink
from strongroom.server.audit.writer import RecordWriter

__all__ = [
    "Answered",
    "AuditUnavailable",
    "ChainBroken",
    "ChainLedger",
    "Checkpoints",
    "Fsync",
    "Head",
    "Ledger",
    "RecordMaker",
    "RecordWriter",
    "SegmentRules",
    "SegmentSink",
    "Signature",
    "Signer",
]
