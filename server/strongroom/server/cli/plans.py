"""What `strongroomd init` is asked to make, and the texts of the files that it writes."""

import glob
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.cli.addresses import reachable
from strongroom.server.config.reference import literal

TRUST_DOMAIN = "dev.strongroom"
ADMINISTRATOR_PATH = "client/admin"
_ACTIVE_CHARACTERS = frozenset("#=?\n\r")
_SOFTHSM = "softhsm2"


class PlanInvalid(Exception):
    """The options of `strongroomd init` don't fit."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A SoftHSM token to be made; `module` is None for where distributions put it."""

    module: Path | None


@dataclass(frozen=True, slots=True)
class ExistingToken:
    """A token that somebody else has initialised.

    Args:
        profile: a built-in profile's name, or an absolute path.
        module: the PKCS#11 module, or None if the profile names it.
        label: the token's label, or None.
        serial: its serial number, or None.
        pin: `file:PATH`, `env:NAME` or `credential:NAME`.
    """

    profile: str
    module: Path | None
    label: str | None
    serial: str | None
    pin: str


@dataclass(frozen=True, slots=True)
class DevelopmentPlan:
    """What to make.

    Args:
        directory: where, an absolute path; must not exist, or be empty.
        name: of the deployment, and of a new token.
        account_id: 12 digits.
        region: of the ARNs.
        listen: host:port.
        token: the token to make or to use.

    Raises:
        PlanInvalid: the path has characters that SoftHSM's or SQLite's configuration would take as theirs.
    """

    directory: Path
    name: str
    account_id: str
    region: str
    listen: str
    token: NewToken | ExistingToken

    @property
    def administrator(self) -> str:
        """The principal of the client certificate that is made."""
        return f"arn:aws:iam::{self.account_id}:role/{ADMINISTRATOR_PATH}"

    def __post_init__(self) -> None:
        if _ACTIVE_CHARACTERS & set(str(self.directory)):
            raise PlanInvalid(f"--dir: {self.directory} must not have any of # = ? or line ends in its path.")


def plan_token(
    softhsm_module: Path | None,
    profile: str | None,
    module: Path | None,
    label: str | None,
    serial: str | None,
    pin: str | None,
) -> NewToken | ExistingToken:
    """The token that the options mean.

    Raises:
        PlanInvalid: they are of both kinds, or not enough.
    """
    if not any((profile, module, label, serial, pin)):
        return NewToken(softhsm_module.absolute() if softhsm_module else None)
    if softhsm_module:
        raise PlanInvalid("--softhsm-module is for a new token, the --token options for an existing one.")
    if not profile or not pin or not (label or serial):
        raise PlanInvalid(
            "An existing token needs --token-profile, --pin, and --token-label or --token-serial."
        )
    profile = str(Path(profile).absolute()) if "/" in profile or profile.endswith(".toml") else profile
    if pin.startswith("file:"):
        pin = f"file:{Path(pin.removeprefix('file:')).absolute()}"
    return ExistingToken(profile, module.absolute() if module else None, label, serial, pin)


def softhsm_conf(tokens: Path) -> str:
    """SoftHSM's configuration for tokens in a directory."""
    return (
        f"directories.tokendir = {tokens}\n"
        "objectstore.backend = file\n"
        "objectstore.umask = 0077\n"
        "log.level = ERROR\n"
        "slots.removable = false\n"
        "library.reset_on_fork = true\n"
    )


def configuration(plan: DevelopmentPlan) -> str:
    """The deployment's `strongroom.toml`."""
    return f"""\
# A development deployment, made by `strongroomd init`. Every option: `strongroomd check-config --reference`.

[deployment]
name = {literal(plan.name)}
account_id = {literal(plan.account_id)}
region = {literal(plan.region)}

[server]
listen = {literal(plan.listen)}

[tls]
certificate = "pki/server.pem"
private_key = "pki/server.key"
client_ca = "pki/ca.pem"

[[authentication.trust_domains]]
name = "{TRUST_DOMAIN}"
account_id = {literal(plan.account_id)}

[token]
{_token_options(plan)}

[store]
url = "sqlite:///strongroom.db"

[audit]
directory = "audit"
"""


def _token_options(plan: DevelopmentPlan) -> str:
    token = plan.token
    options = _of_existing(token) if isinstance(token, ExistingToken) else _of_new(plan, token)
    return "\n".join(f"{name} = {literal(value)}" for name, value in options.items() if value is not None)


def _of_new(plan: DevelopmentPlan, token: NewToken) -> Mapping[str, object]:
    return {
        "profile": _SOFTHSM,
        "module": str(token.module) if token.module else None,
        "label": plan.name,
        "pin": "file:pin",
        "environment": {"SOFTHSM2_CONF": str(plan.directory / "softhsm.conf")},
        "login_files": (f"{glob.escape(str(plan.directory / 'tokens'))}/*/token.object",),
    }


def _of_existing(token: ExistingToken) -> Mapping[str, object]:
    return {
        "profile": token.profile,
        "module": str(token.module) if token.module else None,
        "label": token.label,
        "serial": token.serial,
        "pin": token.pin,
    }


def environment(plan: DevelopmentPlan) -> str:
    """What the commands read from their environment, for a POSIX shell."""
    pki = plan.directory / "pki"
    host, port = reachable(plan.listen)
    variables = {
        "STRONGROOM_ENDPOINT": f"{host}:{port}",
        "STRONGROOM_CA": str(pki / "ca.pem"),
        "STRONGROOM_CERT": str(pki / "client.pem"),
        "STRONGROOM_KEY": str(pki / "client.key"),
        "STRONGROOMD_CONFIG": str(plan.directory / "strongroom.toml"),
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
