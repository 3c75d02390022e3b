"""Times in answers."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp


def time_if_given(message: Message, field: str) -> datetime | None:
    """The time in a field, or None."""
    return time_of(getattr(message, field)) if message.HasField(field) else None


def time_of(message: Timestamp) -> datetime:
    """A time in UTC."""
    return message.ToDatetime(tzinfo=UTC)
