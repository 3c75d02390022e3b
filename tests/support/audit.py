"""Audit trails made by the service's own parts, with a key of the test's, for tests to alter."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongroom.server.audit import Checkpoints, Head, SegmentRules, SegmentSink, Signature
from strongroom.server.audit.findings import Verification
from strongroom.server.audit.verification import Verifier

ABOUT_THE_TRAIL = {"AuditSegmentOpened", "AuditSegmentClosed", "AuditCheckpoint", "CreateAuditKey"}


def told(directory: Path, chain: str = "*") -> list[dict[str, Any]]:
    """What a chain of a deployment's trail tells, or all do, without what it has about itself."""
    files = sorted((directory / "audit").glob(f"{chain}-*.jsonl"))
    records = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    return [record for record in records if record["eventName"] not in ABOUT_THE_TRAIL]


class Ledger:
    """Remembers how far chains go, in memory."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.is_away = False

    def save(self, head: Head) -> None:
        self.heads[head.name] = head

    def find(self, name: str) -> Head | None:
        if self.is_away:
            return None
        return self.heads.get(name, Head(name, 0, ""))

    def others(self, name: str) -> tuple[Head, ...]:
        return tuple(head for head in self.heads.values() if head.name != name)


class Signer:
    """Signs with a key in software."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.is_away = False

    def sign(self, message: bytes) -> Signature | None:
        if self.is_away:
            return None
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Signature(self.key.sign(message, ec.ECDSA(SHA256())), public)


def event(name: str, details: Mapping[str, object]) -> Mapping[str, object]:
    return {"eventName": name, "eventTime": datetime.now(UTC), "serviceEventDetails": details}


def record(number: int) -> Mapping[str, object]:
    now = datetime.now(UTC)
    return {"eventName": "Encrypt", "eventTime": now, "n": number, "requestParameters": {"keyId": "ä"}}


class Trail:
    """A trail of several processes in one directory."""

    def __init__(self, directory: Path, rules: SegmentRules | None = None) -> None:
        self.directory = directory
        self.rules = rules or SegmentRules()
        self.ledger = Ledger()
        self.signer = Signer()

    def sink(self, name: str) -> SegmentSink:
        return SegmentSink(self.directory, name, self.rules, event, self.ledger)

    def checkpoints(self, sink: SegmentSink) -> Checkpoints:
        return Checkpoints(sink, self.signer, self.ledger, event, 0.0)

    def run(self, name: str, records: int, *, every: int = 3, is_closed: bool = True) -> None:
        """What a process writes from its beginning to its end, with a checkpoint after so many records."""
        sink = self.sink(name)
        checkpoints = self.checkpoints(sink)
        for number in range(records):
            sink.write([record(number)])
            if number % every == every - 1:
                checkpoints.make()
        if is_closed:
            sink.write([event("AuditSegmentClosed", {})])
            checkpoints.make()
        sink.close()

    def files(self) -> list[Path]:
        return sorted(self.directory.glob("*.jsonl"))

    def verified(self, *, with_ledger: bool = False, begins: Mapping[str, int] | None = None) -> Verification:
        known = tuple(self.ledger.heads.values()) if with_ledger else ()
        asked_at = datetime.now(UTC) if with_ledger else None
        return Verifier([self.signer.key.public_key()], known, asked_at, begins=begins).verify(self.files())
