"""What tests change in the processes of a service: by files that these look at, since the service has no way in."""

import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_HOOKS = Path(__file__).resolve().parent / "hooks"


class MovableClock:
    """The clock of a served deployment: runs like the machine's, ahead of it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ahead = timedelta()
        file.write_bytes(struct.pack("d", 0.0))

    def now(self) -> datetime:
        """What time it is there."""
        return datetime.now(UTC) + self._ahead

    def pass_by(self, **duration: float) -> None:
        """Lets time pass, at once, in all processes that have this clock."""
        self._ahead += timedelta(**duration)
        with self.file.open("r+b") as opened:  # in place: the processes have it mapped
            opened.write(struct.pack("d", self._ahead.total_seconds()))


class CrashPoint:
    """Has the process die that reaches a step next (strongroom.server.core.steps)."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def arm(self, step: str) -> None:
        self._write(step)

    def arm_defect(self, step: str) -> None:
        """The step raises what nobody foresaw, instead."""
        self._write(f"{step} fails")

    def _write(self, text: str) -> None:
        whole = self.file.with_suffix(".new")
        whole.write_text(text)
        whole.rename(self.file)

    def has_struck(self) -> bool:
        return not self.file.exists()


@dataclass(frozen=True)
class Hooks:
    """What to change in the processes of a service."""

    clock: MovableClock
    crash: CrashPoint
    ages_certificates: bool = True
    """False if certificates are good by the machine's clock, as TLS sees it: for clocks that move by years."""

    @classmethod
    def in_directory(cls, directory: Path, *, ages_certificates: bool = True) -> "Hooks":
        return cls(MovableClock(directory / "clock"), CrashPoint(directory / "crash"), ages_certificates)

    def environment(self) -> dict[str, str]:
        """Of a process that is to have the hooks, and of its children."""
        path = os.pathsep.join(filter(None, (str(_HOOKS), os.environ.get("PYTHONPATH"))))
        return {
            **os.environ,
            "PYTHONPATH": path,
            "STRONGROOM_TEST_CLOCK": str(self.clock.file),
            "STRONGROOM_TEST_CRASH": str(self.crash.file),
            "STRONGROOM_TEST_AGES_CERTIFICATES": str(int(self.ages_certificates)),
        }
