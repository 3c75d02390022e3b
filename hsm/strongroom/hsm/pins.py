"""Where the PIN comes from: never from the configuration itself, never from an argument."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.hsm.errors import PinUnavailable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _from_file(name: str) -> str:
    path = Path(name)
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PinUnavailable(f"The PIN file {path} can't be read: {type(error).__name__}.") from None
    if mode & _OTHERS:
        raise PinUnavailable(f"The PIN file {path} is open to others. Run: chmod 600 {path}")
    return text


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise PinUnavailable(f"The environment variable {name}, which holds the PIN, isn't set.") from None


def _from_credential(name: str) -> str:
    """Source: systemd.exec(5), LoadCredential=; the directory is readable by the service alone."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        raise PinUnavailable(
            f"No systemd credential {name}: CREDENTIALS_DIRECTORY isn't set. Is LoadCredential= in the unit?"
        )
    try:
        return (Path(directory) / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PinUnavailable(
            f"The systemd credential {name} can't be read: {type(error).__name__}."
        ) from None


_SCHEMES: Mapping[str, Callable[[str], str]] = {
    "file": _from_file,
    "env": _from_environment,
    "credential": _from_credential,
}


@dataclass(frozen=True, slots=True)
class PinSource:
    """A place that holds the PIN.

    Args:
        scheme: `file`, `env` or `credential`.
        name: path, variable or credential.
    """

    scheme: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "PinSource":
        """Reads `file:PATH`, `env:NAME` or `credential:NAME`.

        Raises:
            PinUnavailable: none of the three; the text isn't repeated, for it may be a PIN.
        """
        scheme, separator, name = text.partition(":")
        if not separator or not name or scheme not in _SCHEMES:
            raise PinUnavailable(
                "A PIN source is file:PATH, env:NAME or credential:NAME; never the PIN itself."
            )
        return cls(scheme, name)

    def read(self) -> str:
        """The PIN, without trailing line ends.

        Raises:
            PinUnavailable: it isn't there, is empty, or others can read it.
        """
        pin = _SCHEMES[self.scheme](self.name).rstrip("\r\n")
        if not pin:
            raise PinUnavailable(f"The PIN in {self.scheme}:{self.name} is empty.")
        return pin
