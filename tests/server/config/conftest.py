from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.server.cli.development_pki import issue_server, make_authority

VALID = """\
[deployment]
name = "test"
account_id = "111122223333"

[tls]
certificate = "server.pem"
private_key = "server.key"
client_ca = "ca.pem"

[token]
label = "test"
pin = "file:pin"
module = "module.so"

[store]
url = "sqlite:///strongroom.db"

[audit]
directory = "audit"
"""


@pytest.fixture
def valid() -> str:
    """The shortest configuration."""
    return VALID


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a configuration file."""

    def write(text: str) -> Path:
        path = tmp_path / "strongroom.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with all files that the shortest configuration names."""
    authority = make_authority("test")
    server = issue_server(authority, ("localhost",))
    contents = {
        "ca.pem": authority.certificate_pem,
        "server.pem": server.certificate_pem,
        "server.key": server.key_pem,
        "pin": b"1234\n",
        "module.so": b"",
        "strongroom.db": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    return tmp_path
