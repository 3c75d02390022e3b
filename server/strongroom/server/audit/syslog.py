"""Audit records as syslog messages (RFC 5424), over TCP, TLS (RFC 5425) or a local socket.

Over TCP and TLS each message is preceded by its length (RFC 6587 §3.4.1); a datagram is one message.
"""

import errno
import socket
import ssl
from collections.abc import Callable

import orjson

from strongroom.server.audit.chain import digest_of
from strongroom.server.audit.reading import Record, time_of
from strongroom.server.core.receivers import Receiver

_LOG_AUDIT = 13  # the facility, RFC 5424 §6.2.1
_WARNING, _INFORMATIONAL = 4, 6
_TIMEOUT_S = 10.0
_KEPT = ("eventID", "requestID", "eventTime", "eventType", "eventSource", "eventName", "errorCode")
_LINK = ("segment", "sequence", "previous")
_MOST_KEPT_CHARACTERS = 256
_APPLICATION = "strongroom"


class TooLong(Exception):
    """A message has more bytes than a datagram may; the connection is as it was."""


class Connection:
    """A connection to a receiver.

    Raises:
        OSError: it can't be had.
    """

    def __init__(self, receiver: Receiver) -> None:
        self._framed: Callable[[bytes], bytes] = bytes if receiver.kind == "unix" else _with_length
        self._socket = _local(receiver) if receiver.kind == "unix" else _remote(receiver)

    def send(self, message: bytes) -> None:
        """Sends a message.

        Raises:
            TooLong: this message can't be sent.
            OSError: none can.
        """
        try:
            self._socket.sendall(self._framed(message))
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                raise TooLong from None
            raise

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


def shortened(record: Record, line: bytes) -> bytes:
    """What is sent instead of a line that is too long: what it is, and by what the whole one is known again.

    `chain` is in it, and the next line's `previous` is the digest, so that the receiver can verify the chain.
    """
    said = {name: record[name] for name in _KEPT if _is_short(record.get(name))}
    omitted = {"bytes": len(line), "sha256": digest_of(line)}
    return orjson.dumps({**said, "omitted": omitted, "chain": _link_of(record)})


def _link_of(record: Record) -> object:
    link = record.get("chain")
    if not isinstance(link, dict):
        return None
    return {
        name: link[name] for name in _LINK if isinstance(link.get(name), int) or _is_short(link.get(name))
    }


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_KEPT_CHARACTERS


def _token(value: object) -> str:
    """PROCID or MSGID: up to 32 printable ASCII characters without blanks, or -."""
    return "".join(c for c in str(value or "") if "!" <= c <= "~")[:32] or "-"


def _with_length(message: bytes) -> bytes:
    return b"%d %b" % (len(message), message)
