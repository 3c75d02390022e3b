"""One place reads the time of day."""

import re
from pathlib import Path

import strongroom.server.app

_SOURCES = Path(strongroom.server.app.__file__).parent
_READING = re.compile(r"datetime\.(now|utcnow|today)\(|\btime\.time(_ns)?\(")


def test_only_the_clock_reads_the_time_of_day() -> None:
    readers = {
        str(file.relative_to(_SOURCES))
        for file in _SOURCES.rglob("*.py")
        if _READING.search(file.read_text())
    }
    assert readers == {"core/clock.py"}
