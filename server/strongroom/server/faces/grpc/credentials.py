"""The server's certificates: read anew on demand, without losing a connection."""

from dataclasses import dataclass
from pathlib import Path

import grpc


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the server's certificates are, in PEM.

    Args:
        certificate: the server's chain.
        private_key: its key.
        client_ca: the authorities whose client certificates are accepted.
    """

    certificate: Path
    private_key: Path
    client_ca: Path


class ServerCertificates:
    """Server credentials whose files can be read again; a broken new file leaves the old ones in use."""

    def __init__(self, files: CertificateFiles) -> None:
        self._files = files
        self._loaded = self._load()
        self._fresh: grpc.ServerCertificateConfiguration | None = None
        self.credentials = grpc.dynamic_ssl_server_credentials(
            self._loaded,
            self._fetch,  # type: ignore[arg-type] # None means: unchanged
            require_client_authentication=True,
        )

    def reload(self) -> None:
        """Reads the files; new connections use what they say.

        Raises:
            OSError: a file can't be read; nothing has changed.
        """
        self._fresh = self._load()

    def _fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Called by gRPC before each handshake; None says that nothing has changed."""
        fresh, self._fresh = self._fresh, None
        return fresh

    def _load(self) -> grpc.ServerCertificateConfiguration:
        files = self._files
        pair = (files.private_key.read_bytes(), files.certificate.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], files.client_ca.read_bytes())
