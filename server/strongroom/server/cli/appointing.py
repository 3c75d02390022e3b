"""`strongroomd appoint`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from strongroom.server.config import Settings
    from strongroom.server.store import PrincipalStore

EXAMPLES = examples(
    "strongroomd appoint arn:aws:iam::111122223333:role/security/admin",
    "strongroomd appoint spiffe://corp.example/security/admin --config /etc/strongroom/strongroom.toml",
)


class NotAppointable(Exception):
    """Not a principal that can call."""


def appoint_administrator(
    principal: Annotated[
        str, typer.Argument(help="Its ARN, or a SPIFFE id of a trust domain that the configuration names.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make a principal an administrator: it may do all that key policies leave to the account.

    It gets the principal policy `administrator`, at once, also while the service serves. For the first one of
    a new deployment, and for when nobody else can: whoever may write the database may do this anyway. Run it
    as the service's user; the audit trail tells of it.

    Exit codes: 0 done; 2 wrong usage; 75 not now, for database or audit trail can't be had; 78 the
    configuration must be changed.
    """
    from strongroom.server.config import load_settings

    with show_error(output):
        arn = _appoint(load_settings(config), principal)
    if output is Output.JSON:
        print_json({"principal": arn, "policy_name": "administrator"})
    else:
        console.print(f"[green]✓[/] {escape(arn)} is an administrator.", soft_wrap=True)


def _appoint(settings: "Settings", principal: str) -> str:
    from contextlib import closing

    from strongroom.server.cli.records import command_records
    from strongroom.server.deployment import open_store, require_own

    arn = _arn_of(settings, principal)
    _require_partition(settings, arn)
    with closing(open_store(settings)) as store:
        require_own(settings, store.deployment())
        with closing(command_records(settings, "command", store.audit_chains)) as records:
            appoint(store.principals, arn)
            records.write_service_event("AppointAdministrator", {"principal": arn})
    return arn


def _require_partition(settings: "Settings", arn: str) -> None:
    from strongroom.server.core.callers import partition_of

    partition = settings.deployment.partition
    if partition_of(arn) not in {"", partition}:
        raise NotAppointable(f"Nobody is {arn}: ARNs begin with arn:{partition} here.")


def appoint(principals: "PrincipalStore", arn: str) -> None:
    """Gives a principal the administrator's policy.

    Raises:
        NotAppointable: it isn't the ARN of one that can call.
        TooManyPolicies: it has as many others as it may.
    """
    from strongroom.server.core.callers import account_of
    from strongroom.server.core.principal_policies import ADMINISTRATOR, MAX_POLICIES, administrator_policy

    account_id = account_of(arn)
    if not account_id:
        raise NotAppointable(f"{arn} isn't the ARN of a user or a role, nor a SPIFFE id.")
    principals.put(arn, ADMINISTRATOR, account_id, administrator_policy(), most=MAX_POLICIES)


def _arn_of(settings: "Settings", principal: str) -> str:
    from strongroom.server.core.errors import CredentialsInvalid
    from strongroom.server.credentials import principal_map

    if not principal.startswith("spiffe://"):
        return principal
    try:
        return principal_map(settings).by_spiffe_id(principal).arn
    except CredentialsInvalid:
        raise NotAppointable(
            f"{principal} can't be the name of a role, or the configuration doesn't name its trust domain: "
            "[[authentication.trust_domains]]."
        ) from None
