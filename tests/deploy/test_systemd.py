"""The unit file does what the service's own numbers and names say."""

import shutil
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from strongroom.server.cli.options import DEFAULT_CONFIG
from strongroom.server.config.service_settings import ServerSettings
from strongroom.server.process.exit_codes import ExitCode
from strongroom.server.process.supervisor import KILL_AFTER_DRAIN_S

_ROOT = Path(__file__).parents[2]
_UNITS = _ROOT / "deploy" / "systemd"
_DROP_INS = sorted(path.name for path in _UNITS.glob("*.conf"))
_MOST_EXPOSED = 1.5  # of 10, as `systemd-analyze security` counts

needs_systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't installed"
)


def _options(file: Path) -> dict[str, list[str]]:
    """All values of each option of a unit; no option is in two sections of it."""
    found = defaultdict(list)
    for line in file.read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            found[name].append(value)
    return found


@pytest.fixture
def unit() -> dict[str, list[str]]:
    return _options(_UNITS / "strongroom.service")


def test_it_starts_the_command_that_the_package_installs(unit: dict[str, list[str]]) -> None:
    program, *arguments = unit["ExecStart"][0].split()
    scripts = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert Path(program).name in scripts
    assert arguments == ["serve", "--config", str(DEFAULT_CONFIG)]


def test_what_only_a_person_can_mend_isnt_started_again(unit: dict[str, list[str]]) -> None:
    assert unit["Restart"] == ["on-failure"]
    assert unit["RestartPreventExitStatus"] == [str(int(ExitCode.NEVER))]


def test_draining_ends_before_systemd_kills(unit: dict[str, list[str]]) -> None:
    drain_s = ServerSettings().drain_timeout_s + KILL_AFTER_DRAIN_S
    assert float(unit["TimeoutStopSec"][0].removesuffix("s")) > drain_s


@needs_systemd_analyze
@pytest.mark.parametrize("drop_in", [None, *_DROP_INS])
def test_systemd_understands_it(tmp_path: Path, drop_in: str | None) -> None:
    unit = _runnable(tmp_path)
    if drop_in:
        directory = tmp_path / "strongroom.service.d"
        directory.mkdir()
        shutil.copy(_UNITS / drop_in, directory)
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], check=False, capture_output=True, text=True, timeout=60
    )
    assert (verified.returncode, verified.stderr) == (0, "")


@needs_systemd_analyze
def test_it_is_barely_exposed(tmp_path: Path) -> None:
    program = ["systemd-analyze", "security", "--offline=true", f"--threshold={_MOST_EXPOSED * 10:.0f}"]
    judged = subprocess.run(
        [*program, _runnable(tmp_path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert judged.returncode == 0, judged.stdout


def _runnable(directory: Path) -> Path:
    """The unit with a program that there is on this machine."""
    text = (_UNITS / "strongroom.service").read_text()
    unit = directory / "strongroom.service"
    unit.write_text(text.replace("/opt/strongroom/bin/strongroomd", "/bin/true"))
    return unit
