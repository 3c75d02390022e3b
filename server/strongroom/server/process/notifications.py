"""Telling systemd how the service is: sd_notify(3), for Type=notify and Type=notify-reload."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG_US, _WATCHDOG_PID = "WATCHDOG_USEC", "WATCHDOG_PID"
_PER_WATCHDOG_INTERVAL = 3  # sd_watchdog_enabled(3) recommends two
_US_PER_S = 1_000_000
_NS_PER_US = 1000


class ServiceManager:
    """What started the service, if it wants to be told; saying something to nobody does nothing.

    Args:
        environment: of the process that it started.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get(_SOCKET, "")
        is_ours = environment.get(_WATCHDOG_PID, str(os.getpid())) == str(os.getpid())
        interval_us = int(environment.get(_WATCHDOG_US, "0")) if is_ours else 0
        self.watchdog_s = interval_us / _US_PER_S / _PER_WATCHDOG_INTERVAL
        """Seconds between two signs of life; 0 if none are wanted."""

    def say_ready(self, status: str) -> None:
        """It serves; the status is what `systemctl status` shows."""
        self._say("READY=1", f"STATUS={status}")

    def say_reloading(self) -> None:
        """It reads something anew; `say_ready` follows."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // _NS_PER_US}")

    def say_stopping(self) -> None:
        """It drains."""
        self._say("STOPPING=1", "STATUS=Draining")

    async def keep_alive(self) -> None:
        """Gives signs of life until cancelled, if they are wanted."""
        while self.watchdog_s:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_s)

    def _say(self, *assignments: str) -> None:
        if not self._address:
            return
        # "@" is the first byte of a name that isn't in the file system: unix(7).
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0)
            sock.sendto("\n".join(assignments).encode(), address)
