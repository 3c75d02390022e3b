"""A process that has imported what commands need, and forks for each of them.

Arguments: the path of a Unix socket to listen at, and the modules to import. A command comes from `begin.py`
with its standard streams; its exit status goes back to there. Whatever is in the environment before a module
is imported is that of this process.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from typing import NoReturn

_MOST = 1 << 20
_STREAMS = 3
_KILLED = 128


def main() -> None:
    """Serves until it is killed, or nobody holds its standard input."""
    path, *modules = sys.argv[1:]
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # forks don't copy what they collect
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(path)
    listening.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's to wait for
    os.write(1, b"ready\n")
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _command(connection)
            return
        connection.close()


def _command(connection: socket.socket) -> None:
    """Returns in the process of the command once that has ended; leaves the one that waits for it."""
    text, streams, _flags, _address = socket.recv_fds(connection, _MOST, _STREAMS)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        connection.send(str(code if code >= 0 else _KILLED - code).encode())
        os._exit(0)
    connection.close()
    wanted = json.loads(text)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(wanted["directory"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv[1:] = wanted["arguments"]
    _run(wanted["entry"])


def _run(entry: str) -> NoReturn:
    """Runs a command; ends without taking apart what was imported, which takes longer than most commands."""
    module, function = entry.split(":")
    code: object = 0
    try:
        getattr(importlib.import_module(module), function)()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 # as the interpreter does
        traceback.print_exc()
        code = 1
    if not isinstance(code, int | None):
        sys.stderr.write(f"{code}\n")
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


main()
