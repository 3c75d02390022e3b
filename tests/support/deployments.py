"""Real deployments for tests: made by the command line, served by real processes, called over mTLS."""

import atexit
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from strongroom.client import Client, Endpoint, errors
from strongroom.server.cli.development_pki import Issued, issue_client
from strongroom.server.core.quota_families import Family
from tests.support.audit import told
from tests.support.commands import strongroomd
from tests.support.hooking import Hooks

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
ROUND_TIMEOUT_S = 60.0

AMPLE_RATE = 1_000_000
AMPLE_QUOTAS = "\n".join(["[quotas.rates]", *(f"{family} = {AMPLE_RATE}.0" for family in Family)])
"""What is charged as in production and never refused."""
AMPLE_QUEUE_S = 600.0


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Waits until a condition holds; fails if it doesn't in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@dataclass(frozen=True)
class Deployment:
    """A development deployment on disk."""

    directory: Path
    port: int

    @classmethod
    def make(cls, directory: Path, *options: str) -> "Deployment":
        """One made by the command line; those without options are copies of one, with the same secrets."""
        made = cls(directory, _init(directory, *options) if options else make_copy(directory))
        made.add_config(AMPLE_QUOTAS)
        made.replace_config("[server]\n", f"[server]\nmax_queue_s = {AMPLE_QUEUE_S}\n")
        return made

    @property
    def config(self) -> Path:
        return self.directory / "strongroom.toml"

    @property
    def pin(self) -> str:
        return (self.directory / "pin").read_text().strip()

    @property
    def softhsm_conf(self) -> Path:
        return self.directory / "softhsm.conf"

    def add_config(self, text: str) -> None:
        """Appends sections to the configuration."""
        with self.config.open("a") as file:
            file.write(f"\n{text}\n")

    def replace_config(self, old: str, new: str) -> None:
        """Changes what the configuration says."""
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def endpoint(self, name: str = "client") -> Endpoint:
        pki = self.directory / "pki"
        return Endpoint.from_files(
            f"127.0.0.1:{self.port}",
            ca=pki / "ca.pem",
            certificate=pki / f"{name}.pem",
            key=pki / f"{name}.key",
        )

    def issue_client(self, spiffe_id: str) -> Endpoint:
        """Another client: a certificate of the deployment's own authority with this SPIFFE id."""
        authority = self.authority()
        issued = issue_client(authority, spiffe_id)
        return Endpoint(
            f"127.0.0.1:{self.port}", authority.certificate_pem, issued.certificate_pem, issued.key_pem
        )

    def appoint(self, spiffe_id: str) -> Endpoint:
        """Another client that is an administrator."""
        self.make_administrator(spiffe_id)
        return self.issue_client(spiffe_id)

    def make_administrator(self, principal: str) -> None:
        """Lets a principal, by SPIFFE id or ARN, do everything."""
        answer = subprocess.run(
            [*strongroomd(), "appoint", principal, "--config", str(self.config)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stderr

    def authority(self) -> Issued:
        """The deployment's development authority."""
        pki = self.directory / "pki"
        key = load_pem_private_key((pki / "ca.key").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return Issued(load_pem_x509_certificate((pki / "ca.pem").read_bytes()), key)

    def client(self, timeout_s: float = 20.0) -> Client:
        return Client(self.endpoint(), timeout_s=timeout_s)

    def audit_records(self) -> list[dict[str, Any]]:
        """All but those that the trail has about itself."""
        return told(self.directory)

    def told(self, chain: str) -> list[dict[str, Any]]:
        """What a chain of the trail tells."""
        return told(self.directory, chain)

    def segment(self, name: str) -> Path:
        """The newest file of a chain."""
        return max((self.directory / "audit").glob(f"{name}-*.jsonl"))

    @contextmanager
    def served(
        self,
        workers: int = 1,
        hooks: Hooks | None = None,
        *,
        prefix: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> Iterator["Service"]:
        service = Service.start(self, workers, hooks=hooks, prefix=prefix, variables=variables)
        try:
            yield service
        finally:
            service.stop()


class Service:
    """A running `strongroomd serve`."""

    def __init__(self, deployment: Deployment, process: subprocess.Popen[bytes], log: Path) -> None:
        self.deployment = deployment
        self.process = process
        self.log = log

    @classmethod
    def start(
        cls,
        deployment: Deployment,
        workers: int,
        *,
        hooks: Hooks | None = None,
        wait: bool = True,
        prefix: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> "Service":
        """Starts it.

        Args:
            deployment: what is served.
            workers: how many.
            hooks: what to change in its processes.
            wait: False to return before it is ready.
            prefix: a command that runs it, such as `setpriv` with options; it must exec.
            variables: added to its environment.
        """
        log = deployment.directory / f"serve-{time.time_ns()}.log"
        program = [*prefix, sys.executable, "-m", "strongroom.server", "serve"]
        arguments = ["--config", str(deployment.config), "--workers", str(workers)]
        with log.open("wb") as file:
            environment = {**(hooks.environment() if hooks else os.environ), **(variables or {})}
            process = subprocess.Popen([*program, *arguments], env=environment, stderr=file, stdout=file)
        service = cls(deployment, process, log)
        if wait:
            try:
                service.wait_ready()
            except BaseException:
                service.stop()
                raise
        return service

    def lines(self) -> list[dict[str, object]]:
        """The log so far."""
        found = []
        for line in self.log.read_text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append({"event": line})
        return found

    def events(self) -> list[object]:
        return [line.get("event") for line in self.lines()]

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while "ready" not in self.events():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def children(self) -> dict[str, int]:
        """Pids by name: worker-0, …, housekeeper."""
        found = {}
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            try:
                arguments = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--name" in arguments:
                found[arguments[arguments.index(b"--name") + 1].decode()] = int(child)
        return found

    def do_round(self) -> None:
        """Has the housekeeper do a round now; returns when one that began after the call has ended."""
        for _ in range(2):  # the first to end may have begun before
            before = self._rounds()
            self.wake_housekeeper()
            wait_until(lambda: self._rounds() > before, ROUND_TIMEOUT_S)

    def _rounds(self) -> int:
        """How often all jobs have come to an end."""
        with closing(sqlite3.connect(self.deployment.directory / "strongroom.db", timeout=10)) as connection:
            (runs,) = connection.execute("SELECT coalesce(min(runs), 0) FROM jobs").fetchone()
        return int(runs)

    def wake_housekeeper(self) -> None:
        """Has the housekeeper do a round now, or after the one that it does."""
        os.kill(self.wait_started("housekeeper"), signal.SIGHUP)

    def wait_started(self, name: str) -> int:
        """Waits until a child has done with its start, after a crash too; gives its pid."""
        found: list[int] = []

        def is_started() -> bool:
            found[:] = [pid for child, pid in self.children().items() if child == name]
            return any(_catches(pid, signal.SIGHUP) for pid in found)

        wait_until(is_started, START_TIMEOUT_S)
        return found[0]

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        children = self.children() if self.process.poll() is None else {}
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            for pid in (*children.values(), self.process.pid):
                _kill(pid)
            code = self.process.wait(STOP_TIMEOUT_S)
        return code

    def kill(self) -> None:
        """kill -9 of the supervisor; waits until its children have ended too."""
        children = self.children()
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(map(is_alive, children.values())), STOP_TIMEOUT_S)


def make_copy(directory: Path) -> int:
    """A development deployment as the command line makes it, with the same secrets as others; gives its port."""
    original, old_port = _original()
    port = free_port()
    shutil.copytree(original, directory)
    for name in ("strongroom.toml", "softhsm.conf", "env.sh"):
        text = (directory / name).read_text().replace(str(original), str(directory))
        (directory / name).write_text(text.replace(f"127.0.0.1:{old_port}", f"127.0.0.1:{port}"))
    return port


@cache
def _original() -> tuple[Path, int]:
    """A deployment that nobody serves, and its port; it is removed when the tests end."""
    directory = Path(tempfile.mkdtemp(prefix="strongroom-original-"))
    atexit.register(shutil.rmtree, directory)
    return directory / "dev", _init(directory / "dev")


def _init(directory: Path, *options: str) -> int:
    """Makes one; gives its port."""
    port = free_port()
    arguments = ["--dir", str(directory), "--listen", f"127.0.0.1:{port}", *options]
    subprocess.run([*strongroomd(), "init", *arguments], check=True, capture_output=True)
    return port


def wait_answered(client: Client) -> None:
    """Waits until the service answers, as one does whose processes have just been killed."""

    def is_answered() -> bool:
        try:
            return bool(client.generate_random(1))
        except errors.ServiceUnavailable:
            return False

    wait_until(is_answered, START_TIMEOUT_S)


def is_alive(pid: int) -> bool:
    """True for a process that runs: neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _catches(pid: int, number: signal.Signals) -> bool:
    """True for a process that has a handler of its own for a signal, as one that still starts hasn't."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> (number - 1) & 1)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
