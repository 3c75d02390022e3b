"""A bare loop over python-pkcs11 with a cached handle.

`python bare_loop.py MODULE LABEL SECONDS`, with the PIN in the environment variable PIN.
"""

import os
import sys
import time

import pkcs11
from pkcs11 import GCMParams, KeyType, Mechanism, MechanismFlag

if __name__ == "__main__":
    module, label, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    token = pkcs11.lib(module).get_token(token_label=label)
    session = token.open(user_pin=os.environ["PIN"], rw=True)
    key = session.generate_key(
        KeyType.AES, 256, store=False, capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
    )
    count, end = 0, time.perf_counter() + seconds
    started = time.perf_counter()
    while time.perf_counter() < end:
        for _ in range(100):
            iv = session.generate_random(96)
            key.encrypt(b"x" * 64, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(iv, b"a" * 60, 128))
        count += 100
    sys.stdout.write(f"{count / (time.perf_counter() - started)}\n")
