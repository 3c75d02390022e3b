import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strongroom.server.cli.development_pki import issue_client, issue_server, make_authority

LOADER = Path(__file__).resolve().parents[2] / "scripts" / "bench_parts" / "h2_load.py"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pki")
    authority = make_authority("bench tests")
    issued = {
        "ca": authority,
        "server": issue_server(authority, ("localhost", "127.0.0.1")),
        "client": issue_client(authority, "spiffe://tests/bench"),
        "stranger": issue_client(make_authority("somebody else"), "spiffe://tests/stranger"),
    }
    for name, one in issued.items():
        (directory / f"{name}.pem").write_bytes(one.certificate_pem)
        (directory / f"{name}.key").write_bytes(one.key_pem)
    return directory


@pytest.fixture(scope="session")
def server_context(pki: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki / "ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    context.set_alpn_protocols(["h2"])
    return context


@pytest.fixture
def run_load(pki: Path) -> Run:
    def run(port: int, *, name: str = "client", body: bytes = b"\0\0\0\0\0", **changes: Any) -> Any:
        document = {
            "port": port,
            "ca": str(pki / "ca.pem"),
            "certificate": str(pki / f"{name}.pem"),
            "key": str(pki / f"{name}.key"),
            "path": "/bench.Service/Call",
            "headers": {"content-type": "application/grpc", "te": "trailers"},
            "bodies": [base64.b64encode(body).decode()],
            "status_header": "grpc-status",
            "success": "0",
            "connections": 2,
            "streams": 4,
            "seconds": 0.3,
            **changes,
        }
        return subprocess.run(
            [sys.executable, str(LOADER)],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def load(run_load: Run) -> Callable[..., dict[str, Any]]:
    def load(port: int, **changes: Any) -> dict[str, Any]:
        done = run_load(port, **changes)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return load
