"""The `strongroom` command: a client."""

import os

# gRPC reads both when it is imported. Its own log lines would be mixed with the answers of a command line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Only TLS 1.3: the list is for TLS 1.2, and this suite (RFC 7905) needs a pre-shared key that nobody has.
os.environ.setdefault("GRPC_SSL_CIPHER_SUITES", "ECDHE-PSK-CHACHA20-POLY1305")

from strongroom.cli.entry import main

__all__ = ["main"]
