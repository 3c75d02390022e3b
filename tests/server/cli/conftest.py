import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import strongroomd
from tests.support.deployments import make_copy

STRONGROOMD = (sys.executable, "-c", "from strongroom.server.cli import main; main()")
_NEWER = "from strongroom.server.store import schema; schema.HEAD = '9999'"
NEWER_STRONGROOMD = (sys.executable, "-c", f"{_NEWER}; {STRONGROOMD[2]}")
"""As a later version is, whose schema has changed."""
_VARIABLES = ("STRONGROOM_CERT", "STRONGROOM_KEY", "STRONGROOM_CA", "STRONGROOMD_CONFIG", "SOFTHSM2_CONF")


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment, without what would point the commands at something else."""
    inherited = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    return {**inherited, "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1", **variables}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.out)


def run(
    *arguments: str | Path, env: Mapping[str, str] | None = None, program: tuple[str, ...] = ()
) -> Answer:
    """Runs `strongroomd`."""
    command = [*(program or strongroomd()), *map(str, arguments)]
    done = subprocess.run(
        command, env=clean_environment(**(env or {})), capture_output=True, text=True, check=False, timeout=60
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A development deployment."""

    directory: Path
    port: int

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.directory / "strongroom.toml"

    @property
    def client(self) -> Mapping[str, str]:
        """The environment of a client."""
        pki = self.directory / "pki"
        return {
            "STRONGROOM_CA": str(pki / "ca.pem"),
            "STRONGROOM_CERT": str(pki / "client.pem"),
            "STRONGROOM_KEY": str(pki / "client.key"),
        }

    def replace_url(self, database: Path) -> None:
        """Configures another place for the database."""
        text = self.config.read_text()
        assert "sqlite:///strongroom.db" in text
        self.config.write_text(text.replace("sqlite:///strongroom.db", f"sqlite:///{database}"))

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, program: tuple[str, ...] = ()
    ) -> Answer:
        """Runs a `strongroomd` command that takes the configuration."""
        return run(*arguments, "--config", self.config, env=env, program=program)

    def make_key(self, *flags: str) -> str:
        """Makes a key, or a part of one; gives its id."""
        command = [*strongroomd("tests.server.cli.make_key:main"), str(self.config), *flags]
        done = subprocess.run(
            command, env=clean_environment(), capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    def pkcs11_tool(self, *arguments: str) -> str:
        """Runs OpenSC's pkcs11-tool on the token; its PIN goes by the environment."""
        module = subprocess.run(
            [
                sys.executable,
                "-c",
                "from strongroom.hsm import load_profile; print(load_profile('softhsm2').module_path())",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        login = ("--token-label", "dev", "--login", "--pin", "env:PIN")
        variables = {
            "SOFTHSM2_CONF": str(self.directory / "softhsm.conf"),
            "PIN": (self.directory / "pin").read_text().strip(),
        }
        command = ["pkcs11-tool", "--module", module, *login, *arguments]
        return subprocess.run(
            command,
            env=clean_environment(**variables),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A fresh development deployment."""
    directory = tmp_path / "dev"
    return Deployment(directory, make_copy(directory))


@pytest.fixture
def backup(deployment: Deployment) -> Path:
    """A backup of the deployment with one key."""
    deployment.make_key()
    out = deployment.directory.parent / "backup"
    answer = deployment.run("backup", "--out", str(out))
    assert answer.code == 0, answer.err
    return out


@pytest.fixture
def serve(deployment: Deployment) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the deployment's service, and stops it afterwards."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [*STRONGROOMD, "serve", "--config", str(deployment.config), "--workers", "1"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean_environment())
        started.append(process)
        assert process.stderr
        for line in process.stderr:
            if '"event":"ready"' in line:
                return process
        pytest.fail(f"the service ended with {process.wait()}")

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=60)
