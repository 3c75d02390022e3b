"""The `strongroomd` command."""

import sys
from importlib.util import find_spec

from strongroom.server.process import limits

_NEEDED = (
    "alembic",
    "cryptography",
    "grpc_health",
    "grpc_reflection",
    "orjson",
    "pkcs11",
    "pydantic",
    "sqlalchemy",
    "structlog",
    "uvloop",
)
"""What the extra `server` installs. Looked for, not imported: the command must answer at once."""


def main() -> None:
    """The command's entry point."""
    limits.claim()  # before anything large is imported, whatever the command is: several read the PIN
    limits.set_traceable(is_traceable=False)
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"strongroomd needs {', '.join(missing)}. Install the service:\n\n"
            "    pip install 'strongroom[server]'\n"
        )
        sys.exit(2)
    from strongroom.server.cli.commands import app

    app()
