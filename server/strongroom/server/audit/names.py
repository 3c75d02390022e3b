"""The names of the records that the trail has about itself."""

OPENED = "AuditSegmentOpened"
CLOSED = "AuditSegmentClosed"
CHECKPOINT = "AuditCheckpoint"

ABOUT_ITSELF = frozenset({OPENED, CLOSED, CHECKPOINT})
