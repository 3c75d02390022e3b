"""Where the audit trail is forwarded to."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_MUST_BE = "must be tcp://host:port, tls://host:port or unix:///path, with a port from 1 to 65535"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver of syslog messages.

    Args:
        kind: `tcp`, `tls` or `unix`.
        host: its name or address; of `unix`, the socket's path.
        port: its port.
        ca: path of the authorities that vouch for it, in PEM; the system's if None.
    """

    kind: str
    host: str
    port: int = 0
    ca: str | None = None

    @classmethod
    def parse(cls, text: str, ca: str | None = None) -> "Receiver":
        """Reads `tcp://host:port`, `tls://host:port` or `unix:///path`.

        Raises:
            ValueError: it is none of them.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ValueError(_MUST_BE) from None
        if not (parts.query or parts.fragment or "@" in parts.netloc):
            if parts.scheme == "unix" and len(parts.path) > 1 and not parts.netloc:
                return cls("unix", parts.path)
            if parts.scheme in {"tcp", "tls"} and parts.hostname and port and not parts.path:
                return cls(parts.scheme, parts.hostname, port, ca)
        raise ValueError(_MUST_BE)
