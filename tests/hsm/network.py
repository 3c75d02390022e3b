"""A network HSM: a SoftHSM2 token in a process of its own, reached by p11-kit's client."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from strongroom.hsm import load_profile
from tests.hsm.backends import Backend, softhsm
from tests.support.deployments import is_alive, wait_until


def has_p11_kit() -> bool:
    """True if p11-kit's server and its client are there."""
    return shutil.which("p11-kit") is not None and any(
        Path(m).exists() for m in load_profile("p11-kit").modules
    )


class NetworkHsm:
    """An HSM that can be killed and started again.

    Args:
        directory: of the SoftHSM2 token.
        address: path of the server's socket.
    """

    def __init__(self, directory: Path, address: Path) -> None:
        self._soft = softhsm(directory)
        self._address = address
        self._server: subprocess.Popen[bytes] | None = None
        profile = load_profile("p11-kit").with_overrides(
            label="test", environment={"P11_KIT_SERVER_ADDRESS": f"unix:path={address}"}
        )
        self.backend = Backend("p11-kit", profile, directory)

    def start(self) -> None:
        """Starts the server, and waits until it takes connections."""
        provider = self._soft.profile.module_path()
        self._server = subprocess.Popen(
            [
                "p11-kit",
                "server",
                "-f",
                "-n",
                str(self._address),
                "--provider",
                provider,
                "pkcs11:token=test",
            ],
            env={**os.environ, "SOFTHSM2_CONF": str(self._soft.conf)},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._takes_connections)

    @property
    def runs(self) -> bool:
        """True from `start` until `kill` is done."""
        return self._server is not None

    def kill(self) -> None:
        """kill -9 of the server and of its processes, one for each connection; waits until they are gone."""
        server = self._server
        if server is None:
            return
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        wait_until(lambda: not any(is_alive(int(child)) for child in children))
        self._server = None

    def _takes_connections(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.connect(str(self._address))
            return True
        return False
