"""Audit records as syslog messages (RFC 5424), over TCP, TLS (RFC 5425) or a local socket.

Over TCP and TLS each message is preceded by its length (RFC 6587 §3.4.1); a datagram is one message.
"""

import socket
import ssl
from collections.abc import Callable

from strongroom.server.audit.reading import Record, time_of
from strongroom.server.core.receivers import Receiver

_LOG_AUDIT = 13  # the facility, RFC 5424 §6.2.1
_WARNING, _INFORMATIONAL = 4, 6
_TIMEOUT_S = 10.0
_APPLICATION = "strongroom"


class Connection:
    """A connection to a receiver.

    Raises:
        OSError: it can't be had.
    """

    def __init__(self, receiver: Receiver) -> None:
        self._framed: Callable[[bytes], bytes] = bytes if receiver.kind == "unix" else _with_length
        self._socket = _local(receiver) if receiver.kind == "unix" else _remote(receiver)

    def send(self, message: bytes) -> None:
        """Sends a message; OSError if it can't be."""
        self._socket.sendall(self._framed(message))

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()


def _local(receiver: Receiver) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        found.settimeout(_TIMEOUT_S)
        found.connect(receiver.host)
    except OSError:
        found.close()
        raise
    return found


def _remote(receiver: Receiver) -> socket.socket:
    found = socket.create_connection((receiver.host, receiver.port), _TIMEOUT_S)
    if receiver.kind == "tcp":
        return found
    context = ssl.create_default_context(cafile=receiver.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # 1.3 if both have it
    try:
        return context.wrap_socket(found, server_hostname=receiver.host)
    except OSError:
        found.close()
        raise


def message_of(record: Record, line: bytes, process: str) -> bytes:
    """The message of a record.

    Args:
        record: what the line says.
        line: as it is in its segment, without line feed: the receiver can verify it.
        process: the chain's name.
    """
    severity = _WARNING if record.get("errorCode") else _INFORMATIONAL
    head = (
        f"<{8 * _LOG_AUDIT + severity}>1 {time_of(record)} {socket.gethostname()[:255]} {_APPLICATION} "
        f"{_token(process)} {_token(record.get('eventName'))} - "
    )
    return head.encode("ascii", "replace") + b"\xef\xbb\xbf" + line  # the mark says that it is UTF-8, §6.4


def _token(value: object) -> str:
    """PROCID or MSGID: up to 32 printable ASCII characters without blanks, or -."""
    return "".join(c for c in str(value or "") if "!" <= c <= "~")[:32] or "-"


def _with_length(message: bytes) -> bytes:
    return b"%d %b" % (len(message), message)
