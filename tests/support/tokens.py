"""Meddling with a token behind the service's back, from a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from strongroom.hsm import load_profile

_MEDDLE = """
import os, sys
import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
what, label, material_id = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
token = pkcs11.lib(sys.argv[4]).get_token(token_label=sys.argv[5])
with token.open(user_pin=os.environ["PIN"], rw=True) as session:
    template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}
    found = list(session.get_objects(template))
    if what == "list":
        print("\\n".join(sorted(bytes(o[Attribute.ID]).hex() for o in found)))
    if what in ("destroy", "replace"):
        for o in found:
            material_id = bytes(o[Attribute.ID])
            o.destroy()
    if what in ("plant", "replace"):
        session.generate_key(
            KeyType.AES, 256, id=material_id, label=label, store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True,
                      Attribute.WRAP: False, Attribute.UNWRAP: False},
        )
"""


def softhsm_module() -> str:
    return load_profile("softhsm2").module_path()


def meddle(conf: Path, pin: str, what: str, label: str, material_id: bytes = b"", token: str = "dev") -> str:  # noqa: S107
    """Lists, destroys, plants or replaces the objects of a label; gives what was printed."""
    arguments = [what, label, material_id.hex(), softhsm_module(), token]
    environment = {**os.environ, "SOFTHSM2_CONF": str(conf), "PIN": pin}
    done = subprocess.run(
        [sys.executable, "-c", _MEDDLE, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
