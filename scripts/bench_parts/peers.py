"""OpenBao's transit engine with software keys, by the same load in the same run."""

import base64
import json
import os
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench_parts.rows import Row
from bench_parts.running import Server, strongroom
from bench_parts.unary import SERVICE, calls_for

from tests.support.deployments import Deployment, free_port

_PATH = "/v1/transit/encrypt/bench"


def measure(deployment: Deployment, directory: Path, seconds: float, rounds: int) -> Iterator[Row]:
    """Encryptions a second of OpenBao without and with its audit device, and of Strongroom beside it."""
    with strongroom(deployment, 2) as mine, openbao(deployment, directory) as (bao, api):
        with deployment.client() as client:
            call = calls_for(deployment, [client.create_key().key_id])[0]
        body = json.dumps({"plaintext": base64.b64encode(b"x" * 64).decode()}).encode()
        rates: dict[str, list[float]] = {"off": [], "on": [], "mine": []}
        for audit in ("off", "on"):
            if audit == "on":
                api(
                    "PUT",
                    "sys/audit/file",
                    {"type": "file", "options": {"file_path": str(directory / "audit.log")}},
                )
            for _ in range(rounds):
                rates[audit].append(bao.load(_PATH, [body], seconds=seconds).rate)
                rates["mine"].append(mine.load(SERVICE + call.name, call.bodies, seconds=seconds).rate)
    own = median(rates["mine"])
    yield Row("Strongroom Encrypt beside it, 2 workers", own, "calls/s")
    for audit in ("off", "on"):
        rate = median(rates[audit])
        yield Row(f"OpenBao transit encrypt, software key, audit {audit}", rate, "calls/s", own / rate, 1.0)


@contextmanager
def openbao(deployment: Deployment, directory: Path) -> Iterator[tuple[Server, Any]]:
    """A development server of OpenBao over TLS, with a transit key."""
    port, token = free_port(), secrets.token_hex(16)
    pki = deployment.directory / "pki"
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "bao.hcl"
    config.write_text(
        f'listener "tcp" {{ address = "127.0.0.1:{port}" tls_cert_file = "{pki / "server.pem"}" '
        f'tls_key_file = "{pki / "server.key"}" }}\n'
        "disable_mlock = true\nunsafe_allow_api_audit_creation = true\n"
    )
    environment = {**os.environ, "BAO_DEV_ROOT_TOKEN_ID": token, "HOME": str(directory)}
    dev_port = free_port()
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("bao")), "server", "-dev", "-dev-no-store-token",
            f"-dev-listen-address=127.0.0.1:{dev_port}", f"-config={config}",
        ],
        env=environment,
        stdout=(directory / "bao.log").open("wb"),
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        api = _api(port, pki / "ca.pem", token)
        _wait(api)
        api("POST", "sys/mounts/transit", {"type": "transit"})
        api("POST", "transit/keys/bench", {"type": "aes256-gcm96"})
        request = {
            "ca": str(pki / "ca.pem"),
            "certificate": None,
            "key": None,
            "headers": {"x-vault-token": token, "content-type": "application/json"},
            "status_header": ":status",
            "success": "200",
        }
        yield Server(port, (process.pid,), request), api
    finally:
        process.terminate()
        process.wait(20)


def _api(port: int, ca: Path, token: str) -> Any:
    context = ssl.create_default_context(cafile=ca)

    def call(method: str, path: str, body: dict[str, object] | None = None) -> None:
        request = urllib.request.Request(
            f"https://localhost:{port}/v1/{path}",
            method=method,
            data=json.dumps(body or {}).encode(),
            headers={"X-Vault-Token": token},
        )
        urllib.request.urlopen(request, context=context, timeout=10).close()

    return call


def _wait(api: Any) -> None:
    for _ in range(100):
        try:
            return api("GET", "sys/mounts")
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("OpenBao doesn't answer")
