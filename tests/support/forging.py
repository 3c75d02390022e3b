"""What somebody does to an audit trail who can write its directory, and has no key."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from strongroom.server.audit.chain import Head, digest_of, linked

KINDS = ("pipe", "directory", "link", "dangling", "sparse")
"""What may be in a segment's place."""

FORGED_SEGMENT = "feedfacefeedface"


def appended(path: Path, records: Iterable[Mapping[str, object]], *, without: int = 0) -> None:
    """Takes so many records off the end of a segment, and adds others whose digests fit."""
    lines = path.read_bytes().splitlines()
    lines = lines[: len(lines) - without]
    name, number = path.stem.rsplit("-", 1)
    link = json.loads(lines[-1])["chain"]
    head = Head(name, int(number), link["segment"], link["sequence"], digest_of(lines[-1]))
    data, _ = linked(map(_body, records), head)
    path.write_bytes(b"".join(line + b"\n" for line in lines) + data)


def planted(
    directory: Path,
    name: str,
    number: int,
    follows: Head | None,
    *,
    age_s: float = 3600.0,
    records: Iterable[Mapping[str, object]] | None = None,
) -> Path:
    """Writes a whole segment, begun so long ago as it says, and closed."""
    at = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    said = None if follows is None else follows.as_json()
    vouched = 0 if follows is None else follows.sequence
    details = {"name": name, "number": number, "segment": FORGED_SEGMENT, "follows": said, "vouched": vouched}
    opened = {"eventName": "AuditSegmentOpened", "eventTime": at, "serviceEventDetails": details}
    closed = {"eventName": "AuditSegmentClosed", "eventTime": at, "serviceEventDetails": {}}
    if records is None:
        records = [decrypted(at), closed]
    data, _ = linked(map(_body, [opened, *records]), Head(name, number, FORGED_SEGMENT))
    path = directory / f"{name}-{number:08d}.jsonl"
    path.write_bytes(data)
    return path


def hostile(path: Path, kind: str) -> Path:
    """Puts something in a segment's place."""
    makers: Mapping[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(path),
        "directory": path.mkdir,
        "link": lambda: path.symlink_to(path.with_name("worker-0-00000001.jsonl")),
        "dangling": lambda: path.symlink_to("/nonexistent"),
        "sparse": lambda: _sparse(path),
    }
    makers[kind]()
    return path


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def decrypted(at: str = "2026-11-28T12:12:30+00:00") -> Mapping[str, object]:
    """A record of what never was asked for."""
    return {"eventName": "Decrypt", "eventTime": at, "userIdentity": {"arn": "arn:aws:iam::1:role/innocent"}}


def head_of_file(path: Path) -> Head:
    """How far a segment goes."""
    last = path.read_bytes().splitlines()[-1]
    name, number = path.stem.rsplit("-", 1)
    link = json.loads(last)["chain"]
    return Head(name, int(number), link["segment"], link["sequence"], digest_of(last))


def _body(record: Mapping[str, object]) -> bytes:
    return json.dumps(record).encode()
