"""Makes a development deployment: token, database, certificates and configuration in one directory."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from strongroom.hsm import load_profile
from strongroom.hsm.provisioning import make_token
from strongroom.server.cli.development_pki import issue_client, issue_server, make_authority
from strongroom.server.store import Deployment, Store

_PIN_BYTES = 12
_TRUST_DOMAIN = "dev.strongroom"


class AlreadyInitialised(Exception):
    """There is something at the place of the new deployment."""


@dataclass(frozen=True, slots=True)
class DevelopmentPlan:
    """What to make.

    Args:
        directory: where; must not exist, or be empty.
        name: of the deployment and its token.
        account_id: 12 digits.
        region: of the ARNs.
        listen: host:port.
        module: the SoftHSM module, or None for where distributions put it.
    """

    directory: Path
    name: str
    account_id: str
    region: str
    listen: str
    module: Path | None


def make_deployment(plan: DevelopmentPlan) -> None:
    """Makes everything in a draft beside the directory, then moves it there in one step.

    Raises:
        AlreadyInitialised: the directory exists and isn't empty; nothing was changed.
        HsmError: no token can be made.
    """
    final = plan.directory
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise AlreadyInitialised(
            f"{final} exists. Nothing was changed. To begin anew, remove it: every key in it is lost then."
        )
    draft = final.with_name(f".{final.name}.draft-{os.getpid()}")
    draft.mkdir(mode=0o700, parents=True)
    try:
        _fill(draft, plan)
        draft.replace(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _fill(draft: Path, plan: DevelopmentPlan) -> None:
    _make_token(draft, plan)
    _make_certificates(draft / "pki", plan)
    deployment = Deployment(plan.name, plan.account_id, plan.region)
    Store.create(f"sqlite:///{draft / 'strongroom.db'}", deployment)
    (draft / "audit").mkdir(mode=0o700)
    _write(draft / "softhsm.conf", _softhsm_conf(plan.directory / "tokens"))
    _write(draft / "strongroom.toml", _configuration(plan))
    _write(draft / "env.sh", _environment(plan))


def _make_token(draft: Path, plan: DevelopmentPlan) -> None:
    """The token is made where the draft is: it knows nothing of its path."""
    (draft / "tokens").mkdir(mode=0o700)
    temporary = draft / "softhsm.draft.conf"
    _write(temporary, _softhsm_conf(draft / "tokens"))
    pin, so_pin = secrets.token_hex(_PIN_BYTES), secrets.token_hex(_PIN_BYTES)
    profile = load_profile("softhsm2").with_overrides(
        modules=(str(plan.module),) if plan.module else None,
        environment={"SOFTHSM2_CONF": str(temporary)},
    )
    make_token(profile, plan.name, so_pin, pin)
    _write(draft / "pin", pin + "\n")
    _write(draft / "so-pin", so_pin + "\n")
    temporary.unlink()


def _make_certificates(directory: Path, plan: DevelopmentPlan) -> None:
    directory.mkdir(mode=0o700)
    authority = make_authority(f"Strongroom development CA ({plan.name})")
    host = plan.listen.rpartition(":")[0].strip("[]")
    hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", host)))
    issued = {
        "ca": authority,
        "server": issue_server(authority, hosts),
        "client": issue_client(authority, f"spiffe://{_TRUST_DOMAIN}/client/admin"),
    }
    for name, one in issued.items():
        _write(directory / f"{name}.pem", one.certificate_pem.decode())
        _write(directory / f"{name}.key", one.key_pem.decode())


def _softhsm_conf(tokens: Path) -> str:
    return (
        f"directories.tokendir = {tokens}\n"
        "objectstore.backend = file\n"
        "objectstore.umask = 0077\n"
        "log.level = ERROR\n"
        "slots.removable = false\n"
        "library.reset_on_fork = true\n"
    )


def _configuration(plan: DevelopmentPlan) -> str:
    directory = plan.directory
    module = f'module = "{plan.module}"\n' if plan.module else ""
    return f"""\
# A development deployment, made by `strongroomd init`. Every option: `strongroomd check-config --reference`.

[deployment]
name = "{plan.name}"
account_id = "{plan.account_id}"
region = "{plan.region}"

[server]
listen = "{plan.listen}"

[tls]
certificate = "pki/server.pem"
private_key = "pki/server.key"
client_ca = "pki/ca.pem"

[[authentication.trust_domains]]
name = "{_TRUST_DOMAIN}"
account_id = "{plan.account_id}"

[token]
profile = "softhsm2"
{module}label = "{plan.name}"
pin = "file:pin"
environment = {{ SOFTHSM2_CONF = "{directory / "softhsm.conf"}" }}
login_files = ["{directory / "tokens"}/*/token.object"]

[store]
url = "sqlite:///strongroom.db"

[audit]
directory = "audit"
"""


def _environment(plan: DevelopmentPlan) -> str:
    pki = plan.directory / "pki"
    return (
        f"export STRONGROOM_ENDPOINT='{plan.listen}'\n"
        f"export STRONGROOM_CA='{pki / 'ca.pem'}'\n"
        f"export STRONGROOM_CERT='{pki / 'client.pem'}'\n"
        f"export STRONGROOM_KEY='{pki / 'client.key'}'\n"
    )


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
