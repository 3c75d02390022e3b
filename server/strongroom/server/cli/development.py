"""Makes a development deployment: token, database, certificates and configuration in one directory."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from strongroom.hsm import PinSource, load_profile
from strongroom.hsm.provisioning import make_token
from strongroom.server.cli.addresses import reachable
from strongroom.server.cli.appointing import appoint
from strongroom.server.cli.development_pki import issue_client, issue_server, make_authority
from strongroom.server.cli.drafts import draft_for, ending_tidily
from strongroom.server.cli.plans import (
    ADMINISTRATOR_PATH,
    TRUST_DOMAIN,
    DevelopmentPlan,
    ExistingToken,
    NewToken,
    PlanInvalid,
    configuration,
    environment,
    softhsm_conf,
)
from strongroom.server.config import ConfigInvalid, load_settings
from strongroom.server.store import Deployment, Store

_PIN_BYTES = 12
_CONFIG = "strongroom.toml"
_OPTIONS: Mapping[str, str] = {
    "deployment.name": "--name",
    "deployment.account_id": "--account-id",
    "deployment.region": "--region",
    "server.listen": "--listen",
    "token.label": "--token-label",
    "token.serial": "--token-serial",
    "token.pin": "--pin",
}
"""Which option of the command became which option of the file."""


class AlreadyInitialised(Exception):
    """There is something at the place of the new deployment."""


def make_deployment(plan: DevelopmentPlan) -> None:
    """Makes everything in a draft beside the directory, then moves it there in one step.

    Raises:
        AlreadyInitialised: the directory exists and isn't empty; nothing was changed.
        PlanInvalid: an option isn't right.
        HsmError: no token can be made, or the existing one's profile or PIN can't be read.
    """
    final = plan.directory
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise AlreadyInitialised(
            f"{final} exists. Nothing was changed. To begin anew, remove it: every key in it is lost then."
        )
    final.parent.mkdir(parents=True, exist_ok=True)
    with ending_tidily(), draft_for(final, first=_CONFIG) as draft:
        _fill(draft, plan)
        draft.replace(final)


def _fill(draft: Path, plan: DevelopmentPlan) -> None:
    _write(draft / _CONFIG, configuration(plan))
    _check(draft / _CONFIG)
    _provide_token(draft, plan)
    _make_certificates(draft / "pki", plan)
    deployment = Deployment(plan.name, plan.account_id, plan.region)
    url = f"sqlite:///{draft / 'strongroom.db'}"
    Store.create(url, deployment)
    _appoint(url, plan)
    (draft / "audit").mkdir(mode=0o700)
    _write(draft / "env.sh", environment(plan))


def _appoint(url: str, plan: DevelopmentPlan) -> None:
    """Makes the client of the development certificate the first administrator."""
    store = Store.open(url)
    try:
        appoint(store.principals, plan.administrator)
    finally:
        store.close()


def _check(config: Path) -> None:
    """The options are right if the file made of them is."""
    try:
        load_settings(config)
    except ConfigInvalid as error:
        lines = (f"{_OPTIONS.get(problem.key, problem.key)}: {problem.text}" for problem in error.problems)
        raise PlanInvalid("\n".join(lines)) from None


def _provide_token(draft: Path, plan: DevelopmentPlan) -> None:
    token = plan.token
    if isinstance(token, NewToken):
        _make_token(draft, plan, token)
    else:
        _check_token(token)


def _check_token(token: ExistingToken) -> None:
    """Reads what can be read without the token: a login would be a first change of it."""
    profile = load_profile(token.profile)
    profile.with_overrides(modules=(str(token.module),) if token.module else None).module_path()
    PinSource.parse(token.pin).read()


def _make_token(draft: Path, plan: DevelopmentPlan, token: NewToken) -> None:
    """The token is made where the draft is: it knows nothing of its path."""
    (draft / "tokens").mkdir(mode=0o700)
    conf = draft / "softhsm.conf"
    _write(conf, softhsm_conf(draft / "tokens"))
    pin, so_pin = secrets.token_hex(_PIN_BYTES), secrets.token_hex(_PIN_BYTES)
    profile = load_profile("softhsm2").with_overrides(
        modules=(str(token.module),) if token.module else None,
        environment={"SOFTHSM2_CONF": str(conf)},
    )
    make_token(profile, plan.name, so_pin, pin)
    conf.unlink()
    _write(conf, softhsm_conf(plan.directory / "tokens"))
    _write(draft / "pin", pin + "\n")
    _write(draft / "so-pin", so_pin + "\n")


def _make_certificates(directory: Path, plan: DevelopmentPlan) -> None:
    directory.mkdir(mode=0o700)
    authority = make_authority(f"Strongroom development CA ({plan.name})")
    host, _ = reachable(plan.listen)
    hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", host.strip("[]"))))
    issued = {
        "ca": authority,
        "server": issue_server(authority, hosts),
        "client": issue_client(authority, f"spiffe://{TRUST_DOMAIN}/{ADMINISTRATOR_PATH}"),
    }
    for name, one in issued.items():
        _write(directory / f"{name}.pem", one.certificate_pem.decode())
        _write(directory / f"{name}.key", one.key_pem.decode())


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
