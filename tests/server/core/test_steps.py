"""Every step at which a change of material can be interrupted has its name, once, and is in the code."""

import re
from pathlib import Path

import strongroom.server.app
from strongroom.server.core.steps import STEPS

_SOURCES = Path(strongroom.server.app.__file__).parent
_CALL = re.compile(r"reached\(\s*(.*?)\s*\)")


def test_the_code_reaches_exactly_the_steps_that_are_named() -> None:
    files = (file for file in _SOURCES.rglob("*.py") if file.name != "steps.py")
    calls = [argument for file in files for argument in _CALL.findall(file.read_text())]
    assert sorted(calls) == sorted(f'"{step}"' for step in STEPS)
