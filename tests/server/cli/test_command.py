import subprocess
import sys

import pytest

from tests.server.cli.conftest import STRONGROOMD, clean_environment, run

COMMANDS = (
    ["init"],
    ["serve"],
    ["check-config"],
    ["token", "probe"],
    ["doctor"],
    ["backup"],
    ["restore"],
)
HEAVY = ("alembic", "cryptography", "grpc", "pkcs11", "pydantic", "sqlalchemy", "structlog")


def test_without_the_extra_it_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['uvloop'] = None; from strongroom.server.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "uvloop" in done.stderr
    assert "pip install 'strongroom[server]'" in done.stderr


def test_help_is_given_without_loading_the_service() -> None:
    code = (
        "import sys; from strongroom.server.cli import commands;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples_and_exit_codes(command: list[str]) -> None:
    answer = run(*command, "--help")
    assert answer.code == 0
    assert "Exit codes:" in answer.out
    assert f"strongroomd {' '.join(command)}" in answer.out.partition("Examples")[2]


def test_the_version_is_told() -> None:
    assert run("--version").out.count(".") == 2


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--workers", "0"], ["doctor", "--cert", "/x"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).code == 2


def test_the_shell_completes_commands() -> None:
    asked = {
        "_STRONGROOMD_COMPLETE": "complete_bash",
        "COMP_WORDS": "strongroomd che",
        "COMP_CWORD": "1",
    }
    code = (STRONGROOMD[0], "-c", "import sys; sys.argv[0] = 'strongroomd'; " + STRONGROOMD[2])
    done = subprocess.run(code, env=clean_environment(**asked), capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["check-config"]


def test_a_configuration_that_is_not_there_is_told_with_the_remedy() -> None:
    answer = run("serve", "--config", "/nonexistent/strongroom.toml")
    assert answer.code == 78
    assert "strongroomd init" in answer.err
