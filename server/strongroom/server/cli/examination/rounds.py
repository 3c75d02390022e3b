"""The table of checks, and going through it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.cli.examination import housekeeping, machine, records, service
from strongroom.server.cli.examination.findings import Finding, Verdict, failed, ok, warning
from strongroom.server.cli.examination.subject import ClientFiles, Subject
from strongroom.server.cli.token_choice import inspection, of_settings
from strongroom.server.config import ConfigInvalid, Problem, Settings, file_warnings, load_settings
from strongroom.server.config.revocation_lists import ListUnusable
from strongroom.server.core.clock import utc_now
from strongroom.server.deployment import open_store
from strongroom.server.process.exit_codes import EXPECTED
from strongroom.server.store import SchemaOutdated

_REMEDY = "Unless it is meant so, replace it: the service takes the new one by itself."


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Args:
        name: what it is, for people.
        look: yields what it finds.
        needs: the parts of the subject that must be open: `store`, `token`.
    """

    name: str
    look: Callable[[Subject], Iterator[Finding]]
    needs: tuple[str, ...] = ()


CHECKS = (
    Check("certificates", machine.certificates),
    Check("revocation lists", machine.revocation_lists),
    Check("file modes", machine.file_modes),
    Check("disk space", machine.disk_space),
    Check("database", records.store, ("store",)),
    Check("clock", machine.clock, ("store",)),
    Check("unfinished work", records.intents, ("store",)),
    Check("housekeeping", housekeeping.jobs, ("store",)),
    Check("policies", records.policies, ("store",)),
    Check("token", records.token, ("token",)),
    Check("capabilities", records.capabilities, ("token",)),
    Check("keys", records.materials, ("store", "token")),
    Check("service", service.service),
)


def examine(config: Path, client: ClientFiles | None) -> Iterator[tuple[str, Finding]]:
    """Goes through all checks; gives each check's name with what it found, as soon as it found it."""
    settings = yield from _configuration(config)
    if settings is None:
        yield from ((check.name, Finding(Verdict.SKIPPED, "needs the configuration")) for check in CHECKS)
        return
    subject = Subject(settings, client, utc_now())
    with ExitStack() as stack:
        yield from _open(subject, stack)
        for check in CHECKS:
            yield from ((check.name, finding) for finding in _look(check, subject))


def _configuration(config: Path) -> Generator[tuple[str, Finding], None, Settings | None]:
    """Yields what is wrong; returns the settings, if any."""
    try:
        settings = load_settings(config, check_files=True)
    except ConfigInvalid as error:
        for problem in error.problems:
            yield "configuration", failed(_line(error.path, problem))
    else:
        yield "configuration", ok(f"{config} is valid")
        for problem in file_warnings(config, settings):
            yield "configuration", warning(_line(config, problem), _REMEDY)
        return settings
    try:
        return load_settings(config)  # its files are wrong, but it says what to look at
    except ConfigInvalid:
        return None


def _line(path: Path, problem: Problem) -> str:
    return f"{path}:{problem.line}: {problem.key}: {problem.text}"


def _open(subject: Subject, stack: ExitStack) -> Iterator[tuple[str, Finding]]:
    """Opens store and token; yields what can't be opened."""
    yield from (("database", finding) for finding in _open_store(subject, stack))
    try:
        subject.token = stack.enter_context(inspection(of_settings(subject.settings)))
    except EXPECTED as error:
        yield "token", failed(str(error))


def _open_store(subject: Subject, stack: ExitStack) -> Iterator[Finding]:
    try:
        subject.store = open_store(subject.settings)
        stack.callback(subject.store.close)
    except SchemaOutdated as outdated:
        yield from records.outdated_store(subject, outdated.deployment)
    except EXPECTED as error:
        yield failed(str(error))


def _look(check: Check, subject: Subject) -> Iterator[Finding]:
    closed = [part for part in check.needs if getattr(subject, part) is None]
    if closed:
        yield Finding(Verdict.SKIPPED, f"needs the {' and the '.join(closed)}")
        return
    try:
        yield from check.look(subject)
    except (*EXPECTED, ListUnusable) as error:
        yield failed(str(error))
