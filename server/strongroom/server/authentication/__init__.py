"""Who calls: client certificates and bearer tokens become principals.

What maps to none, or to several, is nobody: default closed.
"""

from strongroom.server.authentication.authenticator import Authenticator
from strongroom.server.authentication.certificates import CertificateAuthenticator
from strongroom.server.authentication.chains import ClientTrust
from strongroom.server.authentication.principals import PrincipalMap
from strongroom.server.authentication.tokens import TokenAuthenticator, TokenIssuer

__all__ = [
    "Authenticator",
    "CertificateAuthenticator",
    "ClientTrust",
    "PrincipalMap",
    "TokenAuthenticator",
    "TokenIssuer",
]
