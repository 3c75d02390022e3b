"""Checks of what is around the service: certificates, files, disks, the clock."""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from strongroom.server.cli.examination.findings import Finding, failed, named, ok, warning
from strongroom.server.cli.examination.subject import Subject
from strongroom.server.config.revocation_lists import parse_lists
from strongroom.server.config.tls_files import certificates_in, read_file
from strongroom.server.deployment import runtime_directory

_SOON = timedelta(days=30)
_TOLERANCE = timedelta(seconds=5)
_MIB = 1024 * 1024
_FULL_BYTES = 100 * _MIB
_SCARCE_BYTES = 1024 * _MIB
_NEWEST = "Put the authority's newest list there: without one its clients are refused."
_OPEN = stat.S_IRWXG | stat.S_IRWXO


def certificates(subject: Subject) -> Iterator[Finding]:
    """How long the certificates are good for; whether they are good now, the configuration's check says."""
    tls = subject.settings.tls
    found = [one for path in (tls.certificate, tls.client_ca) for one in certificates_in(path)]
    good = [one for one in found if one.not_valid_after_utc >= subject.now]
    first = min(good or found, key=lambda one: one.not_valid_after_utc)
    left = first.not_valid_after_utc - subject.now
    text = f"{first.subject.rfc4514_string()} is the first to run out, in {left.days} days"
    if left > _SOON:
        yield ok(text)
    else:
        yield warning(text, "Renew it; the service takes the new one by itself.")


def revocation_lists(subject: Subject) -> Iterator[Finding]:
    """How long the lists hold: when one runs out, whom its authority vouches for is refused."""
    tls = subject.settings.tls
    if tls.client_crl is None:
        yield ok("there are none: what is taken back before it runs out can't be told")
        return
    for one in parse_lists(read_file(tls.client_crl), certificates_in(tls.client_ca)):
        left = one.next_update - subject.now
        text = f"that of {one.name} holds for {left.total_seconds() / 3600:.0f} h, {len(one.serials)} revoked"
        if one.next_update <= subject.now:
            yield failed(f"that of {one.name} ran out: its clients are refused", _NEWEST)
        elif left > (one.next_update - one.last_update) / 4:
            yield ok(text)
        else:
            yield warning(text, _NEWEST)


def file_modes(subject: Subject) -> Iterator[Finding]:
    """Whether others can read or change what belongs to the service alone."""
    open_ones = [path for path in _private_files(subject) if path.exists() and path.stat().st_mode & _OPEN]
    if open_ones:
        names = [str(path) for path in open_ones]
        yield failed(f"open to others: {named(names)}", f"chmod go= {named(names)}")
    else:
        yield ok("nothing of the service is open to others")


def _private_files(subject: Subject) -> Iterator[Path]:
    settings = subject.settings
    database = Path(settings.store.url.removeprefix("sqlite:///"))
    yield from (database.with_name(f"{database.name}{suffix}") for suffix in ("", "-wal", "-shm"))
    yield settings.tls.private_key
    if settings.token.pin.startswith("file:"):
        yield Path(settings.token.pin.removeprefix("file:"))
    yield runtime_directory(settings)
    yield from settings.audit.directory.glob("*.jsonl")


def disk_space(subject: Subject) -> Iterator[Finding]:
    """Room for the database and for the audit trail: without it nothing is answered."""
    settings = subject.settings
    places = {"database": runtime_directory(settings).parent, "audit trail": settings.audit.directory}
    for what, place in places.items():
        free = shutil.disk_usage(_existing(place)).free
        text = f"{free // _MIB} MiB are free for the {what}"
        if free < _FULL_BYTES:
            yield failed(text, f"Make room at {place}: without it, no request is answered.")
        elif free < _SCARCE_BYTES:
            yield warning(text, f"Make room at {place}.")
        else:
            yield ok(text)


def clock(subject: Subject) -> Iterator[Finding]:
    """Nothing that was written down can be in the future."""
    files = subject.settings.audit.directory.glob("*.jsonl")
    times = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
    times += [material.created_at for material in subject.opened_store().all_materials()]
    latest = max(times, default=subject.now)
    if latest > subject.now + _TOLERANCE:
        behind = int((latest - subject.now).total_seconds())
        yield failed(f"the clock is at least {behind} s behind what was written down", "Set it, by NTP.")
    else:
        yield ok("nothing that was written down is in the future")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
