"""The tables, in SQLAlchemy Core; the migrations must make exactly these."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REVISION = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only INTEGER keys


class Microseconds(TypeDecorator[datetime]):
    """A time as microseconds since 1970-01-01T00:00:00Z."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:  # noqa: ANN401, ARG002
        """To the database."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:  # noqa: ANN401, ARG002
        """From the database."""
        return None if value is None else _EPOCH + value * _MICROSECOND


deployment = Table(
    "deployment",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("region", String(32), nullable=False),
    Column("created_at", Microseconds, nullable=False),
    Column("usage_known_since", Microseconds),
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("description", Text, nullable=False),
    Column("key_spec", String(32), nullable=False),
    Column("key_usage", String(32), nullable=False),
    Column("origin", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("multi_region", Boolean, nullable=False),
    Column("created_at", Microseconds, nullable=False),
    Column("policy", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("current_material_id", LargeBinary(16), nullable=False),
    Column("deletion_date", Microseconds, index=True),
    Column("rotation_period_days", Integer),
    Column("next_rotation_at", Microseconds, index=True),
    Column("on_demand_rotations", Integer, nullable=False, server_default="0"),
    Index("ix_keys_account_id_key_id", "account_id", "key_id"),
)

tags = Table(
    "tags",
    metadata,
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), primary_key=True),
    Column("tag_key", String(128), primary_key=True),
    Column("tag_value", String(256), nullable=False),
    Column("position", Integer, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("account_id", String(12), primary_key=True),
    Column("alias_name", String(256), primary_key=True),
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Microseconds, nullable=False),
    Column("updated_at", Microseconds, nullable=False),
)

materials = Table(
    "materials",
    metadata,
    Column("material_id", LargeBinary(16), primary_key=True),
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kms_material_id", String(64), nullable=False, unique=True),
    Column("storage", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("check_value", LargeBinary, nullable=False),
    Column("created_at", Microseconds, nullable=False),
    Column("encryptions_reserved", BigInteger, nullable=False),
    Column("missing_since", Microseconds),
    Column("intent_owner", String(64)),
    Column("intent_at", Microseconds),
    Column("rotated_at", Microseconds),
    Column("rotation_type", String(16)),
    Column("role", String(16), nullable=False, server_default="key"),
    Column("associated_at", Microseconds),
    Column("expires_at", Microseconds, index=True),
    Column("description", Text, nullable=False, server_default=""),
)

import_parameters = Table(
    "import_parameters",
    metadata,
    Column("material_id", ForeignKey("materials.material_id", ondelete="CASCADE"), primary_key=True),
    Column("wrapping_algorithm", String(32), nullable=False),
    Column("wrapping_key_spec", String(16), nullable=False),
    Column("pair_purpose", String(16), nullable=False),
    Column("valid_to", Microseconds, nullable=False, index=True),
)

key_usage = Table(
    "key_usage",
    metadata,
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), primary_key=True),
    Column("operation", String(64), nullable=False),
    Column("at", Microseconds, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("request_id", String(36), nullable=False),
)

principal_policies = Table(
    "principal_policies",
    metadata,
    Column("principal", String(512), primary_key=True),
    Column("policy_name", String(128), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("policy", Text, nullable=False),
    Column("updated_at", Microseconds, nullable=False),
    Index("ix_principal_policies_account_id_principal", "account_id", "principal"),
)

grants = Table(
    "grants",
    metadata,
    Column("grant_id", String(64), primary_key=True),
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), nullable=False),
    Column("name", String(256), nullable=False),
    Column("grantee", String(256), nullable=False),
    Column("retiring_principal", String(256), nullable=False),
    Column("issuing_account", String(12), nullable=False),
    Column("operations", Text, nullable=False),
    Column("constraints", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Microseconds, nullable=False),
    Column("fingerprint", LargeBinary(32)),
    Index("ix_grants_key_id_grantee_grant_id", "key_id", "grantee", "grant_id"),
    Index("ix_grants_key_id_grant_id", "key_id", "grant_id"),
    Index("ix_grants_key_id_fingerprint", "key_id", "fingerprint"),
    Index("ix_grants_retiring_principal_grant_id", "retiring_principal", "grant_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("request_id", String(36), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("key_id", ForeignKey("keys.key_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("material_id", ForeignKey("materials.material_id", ondelete="CASCADE"), index=True),
    Column("at", Microseconds, nullable=False, index=True),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("material_id", LargeBinary(16), primary_key=True),
    Column("key_id", String(36), nullable=False),
    Column("label", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("destroyed_at", Microseconds, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("revision", _REVISION, primary_key=True, autoincrement=True),
    Column("key_id", String(36), nullable=False),
    Column("at", Microseconds, nullable=False),
    sqlite_autoincrement=True,
)

audit_chains = Table(
    "audit_chains",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("segment", String(16), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", Microseconds, nullable=False),
)

audit_forwarding = Table(
    "audit_forwarding",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("at", Microseconds, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_at", Microseconds, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("started_at", Microseconds, nullable=False),
    Column("finished_at", Microseconds),
    Column("duration_us", BigInteger),
    Column("items", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("of", BigInteger, nullable=False),
    Column("failed_at", Microseconds),
    Column("failure", Text),
    Column("runs", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
)
