"""The server's certificates: replaced on demand, without losing a connection."""

import grpc

from strongroom.server.config.tls_files import ClientAuthorities, ServerPair


class _Listener:
    """Credentials of one listener, which can be replaced for connections to come."""

    def __init__(self, configuration: grpc.ServerCertificateConfiguration, *, asks_clients: bool) -> None:
        self._newest = self._given = configuration
        self.credentials = grpc.dynamic_ssl_server_credentials(
            configuration,
            self._fetch,  # type: ignore[arg-type] # None means: unchanged
            require_client_authentication=asks_clients,
        )

    def use(self, configuration: grpc.ServerCertificateConfiguration) -> None:
        self._newest = configuration

    def _fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Called by gRPC before each handshake, from several threads; None says that nothing has changed."""
        newest = self._newest
        if newest is self._given:
            return None
        self._given = newest
        return newest


class ServerCertificates:
    """Server credentials for both kinds of listeners.

    Args:
        pair: the server's certificate and key.
        authorities: who may vouch for clients.
    """

    def __init__(self, pair: ServerPair, authorities: ClientAuthorities) -> None:
        self._pair = pair
        self._authorities = authorities
        self._mutual = _Listener(self._for_mutual(), asks_clients=True)
        self._plain = _Listener(self._for_plain(), asks_clients=False)

    @property
    def mutual(self) -> grpc.ServerCredentials:
        """For clients that show a certificate: others get no connection."""
        return self._mutual.credentials

    @property
    def plain(self) -> grpc.ServerCredentials:
        """For clients that send a token: no certificate is asked for."""
        return self._plain.credentials

    def use_pair(self, pair: ServerPair) -> None:
        """Shows another certificate to connections to come."""
        self._pair = pair
        self._mutual.use(self._for_mutual())
        self._plain.use(self._for_plain())

    def use_authorities(self, authorities: ClientAuthorities) -> None:
        """Has others vouch for clients of connections to come."""
        self._authorities = authorities
        self._mutual.use(self._for_mutual())

    def _for_mutual(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(self._pairs, self._authorities.pem)

    def _for_plain(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(self._pairs)

    @property
    def _pairs(self) -> list[tuple[bytes, bytes]]:
        return [(self._pair.private_key, self._pair.chain)]
