"""Which versions of TLS a process of gRPC speaks."""

from collections.abc import Mapping

ONLY_TLS_1_3: Mapping[str, str] = {"GRPC_SSL_CIPHER_SUITES": "ECDHE-PSK-CHACHA20-POLY1305"}
"""The environment in which gRPC refuses everything below TLS 1.3.

grpcio has no option for the least version. But its list of cipher suites is for TLS 1.2 alone: BoringSSL
takes its own three for TLS 1.3 (RFC 8446 §B.4). This suite needs a pre-shared key (RFC 7905), and gRPC has
none, so that no suite is left for TLS 1.2, and each such handshake fails. gRPC reads it when it is imported:
the parent of the process must set it.
"""

_SUITES_OF_TLS_1_2 = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)
"""What RFC 9325 §4.2 recommends."""
_ALSO_TLS_1_2: Mapping[str, str] = {"GRPC_SSL_CIPHER_SUITES": ":".join(_SUITES_OF_TLS_1_2)}

_ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {"1.3": ONLY_TLS_1_3, "1.2": _ALSO_TLS_1_2}


def environment_of(min_version: str) -> Mapping[str, str]:
    """What the environment of a process must have that speaks no version below "1.2" or "1.3"."""
    return _ENVIRONMENTS[min_version]
