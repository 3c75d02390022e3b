"""What a PKCS#11 module takes of a process's memory for the objects of its token, in MiB.

`python module_memory.py MODULE LABEL`, with the PIN in the environment variable PIN.
"""

import os
import sys
from pathlib import Path

import pkcs11
from pkcs11 import Attribute


def _resident_mib() -> float:
    fields = Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()
    return int(fields[0]) / 1024


if __name__ == "__main__":
    module, label = sys.argv[1:]
    before = _resident_mib()
    session = pkcs11.lib(module).get_token(token_label=label).open(user_pin=os.environ["PIN"])
    next(iter(session.get_objects({Attribute.ID: b"no such id"})), None)  # it looks at every object
    sys.stdout.write(f"{_resident_mib() - before}\n")
