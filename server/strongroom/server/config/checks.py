"""Looking at the files that a configuration names, without changing any."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from strongroom.hsm import HsmError, PinSource, TokenProfile, load_profile
from strongroom.server.config.fields import PIN_FILE, SQLITE
from strongroom.server.config.key_set_files import check_authentication, warn_of_key_sets
from strongroom.server.config.service_settings import AuditSettings
from strongroom.server.config.settings import StoreSettings, TokenSettings
from strongroom.server.config.tls_files import check_tls, warn_of_authorities

Check = Callable[[Any, datetime], Iterator[tuple[str, str]]]
"""Takes a section and the time; gives an option's name and what is wrong with it."""


def check_token(token: TokenSettings, _now: datetime) -> Iterator[tuple[str, str]]:
    """The profile, the module and a PIN file; variables and credentials belong to the service alone."""
    try:
        profile = load_profile(token.profile)
    except HsmError as error:
        yield "profile", str(error)
    else:
        yield from _check_profile(token, profile)
    if token.pin.startswith(PIN_FILE):
        yield from _check_pin(token)


def _check_profile(token: TokenSettings, profile: TokenProfile) -> Iterator[tuple[str, str]]:
    if token.module and not token.module.is_file():
        yield "module", f"There is no file {token.module}. Install the module or correct the path."
    elif not token.module:
        try:
            profile.module_path()
        except HsmError as error:
            yield "profile", str(error)
    if not (token.label or token.serial or profile.label or profile.serial):
        yield "label", "The token isn't named: set token.label or token.serial."


def _check_pin(token: TokenSettings) -> Iterator[tuple[str, str]]:
    try:
        PinSource.parse(token.pin).read()
    except HsmError as error:
        yield "pin", str(error)


def check_store(store: StoreSettings, _now: datetime) -> Iterator[tuple[str, str]]:
    """The database's file and its directory, which SQLite writes to as well."""
    path = Path(store.url.removeprefix(SQLITE))
    if not path.is_file():
        yield "url", f"There is no database at {path}. Make one with `strongroomd init`."
    elif not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        yield "url", f"{path} and its directory must be writable for this user."
    elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield "url", f"The database {path} is open to others. Run: chmod 600 {path}"


def check_audit(audit: AuditSettings, _now: datetime) -> Iterator[tuple[str, str]]:
    """The directory, or the one that it will be made in."""
    found = audit.directory
    while not found.exists():
        found = found.parent
    if not found.is_dir():
        yield "directory", f"{found} isn't a directory. Name another one."
    elif not os.access(found, os.W_OK | os.X_OK):
        yield "directory", f"{found} must be writable for this user."


CHECKS: Mapping[str, Check] = {
    "authentication": check_authentication,
    "tls": check_tls,
    "token": check_token,
    "store": check_store,
    "audit": check_audit,
}
"""By section: what keeps the service from starting."""

WARNINGS: Mapping[str, Check] = {"authentication": warn_of_key_sets, "tls": warn_of_authorities}
"""By section: what it starts without."""
