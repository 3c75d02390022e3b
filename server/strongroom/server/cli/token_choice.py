"""Which token a command is about, and what it can do."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.hsm import (
    CapabilityReport,
    PinSource,
    TokenDescription,
    TokenProfile,
    load_profile,
)
from strongroom.hsm.inspection import Inspection, inspecting
from strongroom.hsm.token_profiles import UserType
from strongroom.server.cli.plans import PlanInvalid
from strongroom.server.config import Settings, load_settings
from strongroom.server.deployment import runtime_directory
from strongroom.server.token_opening import token_profile


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """A token, and how to log in to it.

    Args:
        lock_dir: where the deployment's processes take turns to log in; None if there is no deployment.
    """

    profile: TokenProfile
    pin: PinSource
    lock_dir: Path | None


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found."""

    description: TokenDescription
    report: CapabilityReport


def configured(config: Path) -> TokenChoice:
    """The token of a configuration file.

    Raises:
        ConfigInvalid, ProfileInvalid: it doesn't say clearly which.
    """
    return of_settings(load_settings(config))


def of_settings(settings: Settings) -> TokenChoice:
    """The token of a deployment.

    Raises:
        ProfileInvalid: the profile can't be used.
    """
    pin = PinSource.parse(settings.token.pin)
    return TokenChoice(token_profile(settings), pin, runtime_directory(settings))


def direct(
    module: Path | None, profile: str, label: str | None, serial: str | None, pin: str | None
) -> TokenChoice:
    """The token that a command line names.

    Raises:
        PlanInvalid: neither label nor serial, or no PIN.
        PinUnavailable, ProfileInvalid: pin or profile aren't understood.
    """
    modules = (str(module),) if module else None
    chosen = load_profile(profile).with_overrides(modules=modules, label=label, serial=serial)
    if not (chosen.label or chosen.serial):
        raise PlanInvalid("Give --label or --serial: a token is never taken by its place.")
    if pin is None and chosen.user_type is UserType.USER:
        raise PlanInvalid("Give --pin file:PATH, --pin env:NAME or --pin credential:NAME.")
    return TokenChoice(chosen, PinSource.parse(pin or "env:NONE"), None)


def probe_token(choice: TokenChoice) -> Probed:
    """Tries what the token can do.

    Raises:
        HsmError: it can't be opened.
    """
    with inspection(choice) as token:
        report = token.probe()
    return Probed(token.description, report)


@contextmanager
def inspection(choice: TokenChoice) -> Iterator[Inspection]:
    """Logs in to look at the token.

    Raises:
        HsmError: it can't be opened.
    """
    logging.getLogger("strongroom").addHandler(logging.NullHandler())  # the command says it all itself
    with tempfile.TemporaryDirectory() as temporary:
        lock_dir = choice.lock_dir or Path(temporary)
        with inspecting(choice.profile, choice.pin, lock_dir) as token:
            yield token
