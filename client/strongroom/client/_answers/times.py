"""Times in answers."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def time_of(message: Timestamp) -> datetime:
    """A time in UTC."""
    return message.ToDatetime(tzinfo=UTC)
