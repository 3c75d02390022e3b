"""Checks of the store, and of whether token and store agree."""

from collections.abc import Iterator
from datetime import timedelta

from strongroom.hsm import NEEDED, KeyKind, KeyPurpose
from strongroom.hsm.inspection import Presence
from strongroom.server.cli.database import WILL_BE_UPGRADED, foreign
from strongroom.server.cli.examination.findings import Finding, failed, named, ok, warning
from strongroom.server.cli.examination.subject import Subject
from strongroom.server.core.errors import KmsError
from strongroom.server.core.policies import parse_principal_policy
from strongroom.server.housekeeping.reconciliation import unknown_objects
from strongroom.server.keyring import ref_of
from strongroom.server.store import Deployment


def store(subject: Subject) -> Iterator[Finding]:
    """Whose database it is, and whether it is whole."""
    opened = subject.opened_store()
    differing = _differing(subject, opened.deployment())
    yield from differing
    damage = list(opened.damage())
    if damage:
        yield failed(f"the database is damaged: {named(damage)}", "Stop the service; `strongroomd restore`.")
    if not damage and not differing:
        count = opened.count_keys(subject.settings.deployment.account_id)
        yield ok(f"the database is whole and has {count} keys")


def outdated_store(subject: Subject, made_for: Deployment) -> Iterator[Finding]:
    """Whose it is; no more can be asked of an older schema."""
    yield from _differing(subject, made_for) or [ok(WILL_BE_UPGRADED)]


def _differing(subject: Subject, made_for: Deployment) -> list[Finding]:
    texts = foreign(made_for, subject.settings)
    return [failed(f"deployment.{option}: {text}") for option, text in texts.items()]


def intents(subject: Subject) -> Iterator[Finding]:
    """Changes of material that were begun; the housekeeper finishes or undoes old ones."""
    housekeeping = subject.settings.housekeeping
    patience = timedelta(seconds=housekeeping.intent_grace_s + 2 * housekeeping.reconcile_interval_s)
    pending = subject.opened_store().pending_intents()
    late = [intent.key_id for intent in pending if subject.now - intent.begun_at > patience]
    if late:
        yield warning(
            f"begun long ago and not finished: {named(late)}", "Start the service: its housekeeper does it."
        )
    else:
        yield ok(f"{len(pending)} changes of keys are under way, none for long")


def policies(subject: Subject) -> Iterator[Finding]:
    """Whether anybody may do anything, and whether every policy can be read."""
    principals = subject.opened_store().principals
    if not principals.exist():
        yield warning(
            "no principal has a policy: nobody may create a key", "`strongroomd appoint` an administrator."
        )
    unreadable = [name for name, text in principals.texts() if not _is_readable(text)]
    if unreadable:
        yield failed(f"can't be read, and deny everything: policies of {named(unreadable)}", "Replace them.")
    elif principals.exist():
        yield ok("principals have policies, and all of them can be read")


def _is_readable(text: str) -> bool:
    try:
        parse_principal_policy(text)
    except KmsError:
        return False
    return True


def token(subject: Subject) -> Iterator[Finding]:
    """Which token answers."""
    description = subject.opened_token().description
    yield ok(f"token {description.label!r}, serial {description.serial}, answers")


def capabilities(subject: Subject) -> Iterator[Finding]:
    """Which keys can be made in it."""
    report = subject.opened_token().probe()
    offered = report.offered()
    if offered:
        yield ok(f"{len(offered)} of {len(NEEDED)} kinds of keys can be made in it")
    else:
        missing = report.missing_for(KeyKind.AES_256, KeyPurpose.ENCRYPT)
        yield failed(f"no keys can be made: {missing}", "`strongroomd token probe` shows it in full.")


def materials(subject: Subject) -> Iterator[Finding]:
    """Every key's object is on the token, and is the one that was made for it; and no others are."""
    token = subject.opened_token()
    records = subject.opened_store().all_materials()  # before the token: a new key is on it by then
    found = token.objects(subject.settings.deployment.name)
    by_presence: dict[Presence, list[str]] = {presence: [] for presence in Presence}
    for record in records:
        by_presence[token.find(ref_of(record))].append(record.key_id)
    if by_presence[Presence.MISSING]:
        yield failed(
            f"the token has no object for {named(by_presence[Presence.MISSING])}",
            "Restore the token from its backup: these keys are unavailable, and nothing was deleted here.",
        )
    if by_presence[Presence.ANOTHER]:
        yield failed(
            f"another object is under the name of {named(by_presence[Presence.ANOTHER])}",
            "Somebody made it: find out who. It is never used.",
        )
    if len(by_presence[Presence.PROVED]) == len(records):
        yield ok(f"all {len(records)} keys are on the token, each proved by what it sealed when it was made")
    unknown = [one.label for one in unknown_objects(subject.opened_store(), found)]
    if unknown:
        yield warning(
            f"on the token, but unknown to the database: {named(unknown)}",
            "Is this the newest database? The service never touches them: delete by hand what is old.",
        )
