"""Begins a command in a fork of a process that has imported what it needs, and ends as it ends.

Arguments: the path of the socket of `forks.py`, the command's entry point, and the command's arguments.
"""

import json
import os
import socket
import sys

path, entry, *arguments = sys.argv[1:]
wanted = {
    "entry": entry,
    "arguments": arguments,
    "directory": os.getcwd(),  # noqa: PTH109 # pathlib takes longer to import than all this
    "environment": dict(os.environ),
}
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.connect(path)
    socket.send_fds(connection, [json.dumps(wanted).encode()], [0, 1, 2])
    for stream in (0, 1, 2):  # who reads what it writes waits for the command alone
        os.close(stream)
    code = connection.recv(16)
os._exit(int(code or b"70"))
