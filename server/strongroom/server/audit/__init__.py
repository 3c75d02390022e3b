"""The audit trail: one record for every answered request."""

from strongroom.server.audit.records import RecordWriter
from strongroom.server.audit.sinks import AuditSink, AuditUnavailable, JsonLinesSink

__all__ = ["AuditSink", "AuditUnavailable", "JsonLinesSink", "RecordWriter"]
