"""The tokens that the contract suite runs on: every one that this machine has."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from strongroom.hsm import KeyKind, KeyPurpose, PinSource, Token, TokenProfile, load_profile
from strongroom.hsm.provisioning import make_token

PIN = "1234-test"
DEPLOYMENT = "test"
KRYOPTIC_MODULE = "STRONGROOM_TEST_KRYOPTIC_MODULE"
AES = (KeyKind.AES_256, KeyPurpose.ENCRYPT)


@dataclass(frozen=True)
class Backend:
    """A token to test with."""

    name: str
    profile: TokenProfile
    directory: Path

    @property
    def conf(self) -> Path:
        return self.directory / "softhsm.conf"

    @property
    def tokens(self) -> Path:
        return self.directory / "tokens"

    def open(self, **more: object) -> Token:
        pin = self.directory / "pin"
        return Token.open(
            self.profile,
            PinSource.parse(f"file:{pin}"),
            deployment=DEPLOYMENT,
            lock_dir=self.directory / "run",
            **more,  # type: ignore[arg-type]
        )

    def write_pin(self, pin: str) -> None:
        path = self.directory / "pin"
        path.touch(mode=0o600)
        path.write_text(pin)


def softhsm(directory: Path) -> Backend:
    """A fresh SoftHSM2 token."""
    tokens = directory / "tokens"
    tokens.mkdir()
    conf = directory / "softhsm.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    profile = load_profile("softhsm2").with_overrides(
        label="test",
        environment={"SOFTHSM2_CONF": str(conf)},
        login_files=(f"{tokens}/*/token.object",),
    )
    make_token(profile, "test", "5678-so-pin", PIN)
    backend = Backend("softhsm2", profile, directory)
    backend.write_pin(PIN)
    return backend


def nss(directory: Path) -> Backend:
    """A fresh NSS database: a module that doesn't keep what it promises."""
    database, password = directory / "nss", directory / "password"
    database.mkdir()
    password.write_text(f"{PIN}\n")
    subprocess.run(
        ["certutil", "-N", "-d", f"sql:{database}", "-f", str(password)], check=True, capture_output=True
    )
    reserved = f"configdir='sql:{database}' certPrefix='' keyPrefix='' secmod='secmod.db' flags="
    backend = Backend("nss", load_profile("nss").with_overrides(reserved=reserved), directory)
    backend.write_pin(PIN)
    return backend


def kryoptic(directory: Path) -> Backend:
    """A fresh Kryoptic token, with PKCS#11 v3.2; the variable below says where the module is."""
    conf = directory / "kryoptic.conf"
    conf.write_text(f'[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = "{directory}/token.sql"\n')
    profile = load_profile("kryoptic").with_overrides(
        modules=(os.environ[KRYOPTIC_MODULE],), label="test", environment={"KRYOPTIC_CONF": str(conf)}
    )
    make_token(profile, "test", "5678-so-pin", PIN)
    backend = Backend("kryoptic", profile, directory)
    backend.write_pin(PIN)
    return backend


def has_nss() -> bool:
    """True if certutil and the module are there."""
    return any(Path(m).exists() for m in load_profile("nss").modules) and shutil.which("certutil") is not None
