"""What grpc logs where a client is gone."""

import json
import subprocess
import sys

import pytest

LOG = """
import logging, sys
from grpc._cython.cygrpc import ExecuteBatchError
from strongroom.server.process.logs import configure_logs
configure_logs("worker-0", sys.argv[1])
configure_logs("worker-0", sys.argv[1])
for text in ('Failed "execute_batch": ()', "Failed grpc_call_start_batch: 8"):
    try:
        raise ExecuteBatchError(text)
    except ExecuteBatchError:
        logging.getLogger("grpc._cython.cygrpc").exception("ExecuteBatchError raised in core by servicer method [/m]")
"""


def lines_of(*command: str) -> list[dict[str, str]]:
    done = subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(("level", "levels"), [("info", ["error"]), ("debug", ["debug", "error"])])
def test_only_what_is_the_clients_doing_is_no_error(level: str, levels: list[str]) -> None:
    lines = lines_of("-c", LOG, level)
    assert [line["level"] for line in lines] == levels
    assert "start_batch: 8" in lines[-1]["exception"]
    assert all("exception" not in line for line in lines[:-1])


def test_a_client_that_is_gone_when_its_answer_is_sent_is_no_error() -> None:
    lines = lines_of("-m", "tests.server.process.departing_clients", "serve")
    if not any("raised in core" in line["event"] for line in lines):
        pytest.skip("no client was gone in the moment of its answer")
    assert {line["level"] for line in lines} == {"debug"}
    assert not any("exception" in line for line in lines)
