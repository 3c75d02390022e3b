"""The `strongroom` command: a client."""

import os

# gRPC reads it when it is imported; its own log lines would be mixed with the answers of a command line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from strongroom.cli.entry import main

__all__ = ["main"]
