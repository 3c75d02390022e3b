"""Tells what restoring would do, to people and to programs."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import NamedTuple

from rich.markup import escape
from rich.table import Column, Table

from strongroom.server.cli.backups.checking import DELETION_WAITS, Report
from strongroom.server.cli.backups.comparing import AffectedKey
from strongroom.server.housekeeping.rotation import MOST_ENCRYPTIONS

_Part = str | Table


class _Text(NamedTuple):
    """What is said of some keys: if there are any, and if there are none."""

    some: str
    none: str


_LACKING = _Text(
    "lack material on this token and would be unavailable: restore the token from its own backup",
    "every key's material is on the token, proved",
)
_LOST = _Text(
    "exist now and would be lost, or some of their materials would: what those encrypted can't be decrypted",
    "no key that exists now would be lost",
)
_DESTROYED = _Text(
    "were deleted since, or materials of theirs, and would come back without",
    "no key that was deleted since would come back",
)


def as_json(report: Report) -> dict[str, object]:
    """For programs."""
    manifest = report.manifest
    return {
        "ok": report.is_well,
        "backup": manifest.model_dump(mode="json", exclude={"materials", "seal"}),
        "token": {"label": report.token.label, "serial": report.token.serial},
        **asdict(report.on_token),
        "has_database": report.has_database,
        "uncompared": report.uncompared,
        **asdict(report.against),
        "encryptions_assumed": report.encryptions,
        **asdict(report.restored),
    }


def tell(report: Report) -> Iterator[_Part]:
    """For people: lines and tables."""
    yield from _about(report)
    yield from _keys(report.on_token.lacking, _LACKING)
    yield from _unknown(report)
    if report.uncompared:
        yield f"[yellow]![/] The database that is there can't be compared: {escape(report.uncompared)}"
    elif report.has_database:
        yield from _keys(report.against.lost, _LOST)
        yield from _keys(report.against.destroyed, _DESTROYED)
        yield from _changed(report)
    yield from _prepared(report)


def _about(report: Report) -> Iterator[_Part]:
    manifest, token = report.manifest, report.token
    yield (
        f"[green]✓[/] The backup of {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC is whole, "
        f"of deployment [bold]{escape(manifest.deployment.name)}[/], and has {manifest.keys()} keys."
    )
    if manifest.token and manifest.token.serial != token.serial:
        yield (
            f"[yellow]![/] It was made with token {escape(manifest.token.label)!r}, serial "
            f"{escape(manifest.token.serial)}; this one is {escape(token.label)!r}, serial "
            f"{escape(token.serial)}."
        )


def _keys(keys: tuple[AffectedKey, ...], text: _Text) -> Iterator[_Part]:
    if not keys:
        yield f"[green]✓[/] {text.none[0].upper()}{text.none[1:]}."
        return
    yield f"[red]✗[/] {len(keys)} keys {text.some}:"
    table = Table(_key_column(), "Key spec", "State", "Materials", "Current one")
    for key in keys:
        current = "[red]yes[/]" if key.is_current_concerned else "no"
        table.add_row(key.key_id, key.key_spec, key.state, f"{key.concerned} of {key.materials}", current)
    yield table


def _unknown(report: Report) -> Iterator[_Part]:
    unknown = report.on_token.unknown
    if not unknown:
        return
    yield (
        f"[yellow]![/] {len(unknown)} objects on the token would be unknown: keys made after the backup, or "
        "unfinished work. They are never touched; a newer backup may know them."
    )
    yield _rows(
        (Column("Object", overflow="fold"), Column("CKA_ID", overflow="fold")),
        ((escape(one.label), one.material_id) for one in unknown),
    )


def _changed(report: Report) -> Iterator[_Part]:
    changed = report.against.changed
    if changed:
        yield f"[yellow]![/] {len(changed)} keys would be in another state:"
        yield _rows(
            (_key_column(), "Now", "Restored"), ((one.key_id, one.now, one.restored) for one in changed)
        )


def _prepared(report: Report) -> Iterator[_Part]:
    restored = report.restored
    if restored.counts_raised:
        yield (
            f"· {restored.counts_raised} symmetric materials count up to {report.encryptions:,} encryptions "
            f"more, for those since the backup; at {MOST_ENCRYPTIONS:,} a key rotates by itself."
        )
    if restored.postponed:
        yield (
            f"[yellow]![/] {len(restored.postponed)} keys would be deleted at once or soon; they get "
            f"{DELETION_WAITS.days} days from now, in which it can be cancelled:"
        )
        yield _rows((_key_column(),), ((key_id,) for key_id in restored.postponed))
    if restored.being_deleted:
        yield f"[yellow]![/] {len(restored.being_deleted)} keys were being deleted, and that goes on at once:"
        yield _rows((_key_column(),), ((key_id,) for key_id in restored.being_deleted))


def _key_column() -> Column:
    """As wide as a key id: it is never cut."""
    return Column("Key", min_width=36)


def _rows(head: tuple[str | Column, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    return table
