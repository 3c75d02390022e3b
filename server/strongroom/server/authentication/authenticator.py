"""The one place that says who calls, whatever the credential."""

from collections.abc import Sequence

from strongroom.server.authentication.certificates import CertificateAuthenticator
from strongroom.server.authentication.tokens import TokenAuthenticator
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import CredentialsInvalid


class Authenticator:
    """Turns credentials into callers; thread-safe.

    Args:
        certificates: for clients that show one.
        tokens: for clients that send one.
    """

    def __init__(self, certificates: CertificateAuthenticator, tokens: TokenAuthenticator) -> None:
        self._certificates = certificates
        self._tokens = tokens

    def authenticate(
        self, certificate: bytes | None, intermediates: bytes = b"", authorization: Sequence[str] = ()
    ) -> Caller:
        """The caller behind a client certificate or a bearer token.

        Args:
            certificate: the peer's, in PEM, None if it showed none; TLS proved that the peer has its key.
            intermediates: what the peer showed besides, in PEM.
            authorization: every `authorization` entry of the request.

        Raises:
            CredentialsInvalid: neither, both, or one that stands for nobody.
            DependencyUnavailable: the token's issuer can't be asked for its keys now.
        """
        if certificate is None:
            return self._tokens.authenticate(authorization)
        if authorization:
            raise CredentialsInvalid(
                "The request has two credentials, a client certificate and a token: who asks must be clear."
            )
        return self._certificates.authenticate(certificate, intermediates)
