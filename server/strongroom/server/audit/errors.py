"""What can go wrong with the audit trail."""


class AuditUnavailable(Exception):
    """Records couldn't be written: what they tell of must not be answered."""
