"""A bare loop over python-pkcs11 with a cached handle, on a key that is made as the service makes its own.

`python bare_loop.py MODULE LABEL SECONDS OPERATION LOCK`, with the PIN in the environment variable PIN;
operations are `encrypt`, `mac`, `ecdsa` and `rsa`. It says `ready`, runs when it gets a line, says its rate,
and destroys its key when its input ends. SoftHSM takes twice as long with a token object as with a session
object, and loses objects when several processes make and destroy them at once: LOCK is a file that they lock.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import MGF, Attribute, GCMParams, KeyType, Mechanism, MechanismFlag
from pkcs11.util.ec import encode_named_curve_parameters

_DATA = b"x" * 64
_DIGEST = b"d" * 32
_PROTECTED = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
_SIGN = MechanismFlag.SIGN


def _encrypt(session: Any) -> tuple[Any, Callable[[], Any]]:
    usage = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
    key = session.generate_key(KeyType.AES, 256, store=True, capabilities=usage, template=_PROTECTED)

    def encrypt() -> bytes:
        iv = session.generate_random(96)
        return key.encrypt(_DATA, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(iv, b"a" * 60, 128))

    return key, encrypt


def _mac(session: Any) -> tuple[Any, Callable[[], Any]]:
    key = session.generate_key(
        KeyType.GENERIC_SECRET, 256, store=True, capabilities=_SIGN, template=_PROTECTED
    )
    return key, lambda: key.sign(_DATA, mechanism=Mechanism.SHA256_HMAC)


def _ecdsa(session: Any) -> tuple[Any, Callable[[], Any]]:
    curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
    domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
    public, private = domain.generate_keypair(store=True, capabilities=_SIGN, private_template=_PROTECTED)
    public.destroy()
    return private, lambda: private.sign(_DIGEST, mechanism=Mechanism.ECDSA)


def _rsa(session: Any) -> tuple[Any, Callable[[], Any]]:
    public, private = session.generate_keypair(
        KeyType.RSA, 2048, store=True, capabilities=_SIGN, private_template=_PROTECTED
    )
    public.destroy()
    parameters = (Mechanism.SHA256, MGF.SHA256, 32)
    return private, lambda: private.sign(
        _DIGEST, mechanism=Mechanism.RSA_PKCS_PSS, mechanism_param=parameters
    )


OPERATIONS = {"encrypt": _encrypt, "mac": _mac, "ecdsa": _ecdsa, "rsa": _rsa}


@contextmanager
def _locked(file: str) -> Iterator[None]:
    with Path(file).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    module, label, seconds, operation, lock = sys.argv[1:]
    with _locked(lock):
        session = pkcs11.lib(module).get_token(token_label=label).open(user_pin=os.environ["PIN"], rw=True)
        key, call = OPERATIONS[operation](session)
    _say("ready")
    sys.stdin.readline()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(seconds):
        for _ in range(20):
            call()
        count += 20
    _say(count / (time.perf_counter() - started))
    sys.stdin.read()
    with _locked(lock):
        key.destroy()
