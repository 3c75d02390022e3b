"""The names of records that are of no request."""

OPENED = "AuditSegmentOpened"
CLOSED = "AuditSegmentClosed"
CHECKPOINT = "AuditCheckpoint"

ABOUT_ITSELF = frozenset({OPENED, CLOSED, CHECKPOINT})
"""What the trail has about itself."""

SERVICE_EVENTS = frozenset(
    {
        "AppointAdministrator",
        "AuditTrailRestored",
        "CreateAuditKey",
        "CreateBackup",
        "DeleteExpiredKeyMaterial",
        "DeleteKey",
        "FinishInterruptedIntent",
        "KeyMaterialFound",
        "KeyMaterialMissing",
        "RestoreBackup",
        "RotateKey",
    }
)
"""What the service or a command does by itself."""
