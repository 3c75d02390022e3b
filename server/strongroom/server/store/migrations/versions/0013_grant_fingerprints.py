"""Fingerprints of grants that have names; an index that has the ids of a grantee's grants."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from strongroom.server.store.grant_fingerprints import fingerprint_of

revision = "0013"
down_revision = "0012"

_AT_ONCE = 1000
_GRANTS = sa.table(
    "grants",
    sa.column("grant_id", sa.String),
    sa.column("name", sa.String),
    sa.column("grantee", sa.String),
    sa.column("retiring_principal", sa.String),
    sa.column("issuing_account", sa.String),
    sa.column("operations", sa.Text),
    sa.column("constraints", sa.Text),
    sa.column("fingerprint", sa.LargeBinary),
)


def upgrade() -> None:
    """Adds a column, fills it, and changes indexes."""
    op.add_column("grants", sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=True))
    _fill(op.get_bind())
    op.drop_index("ix_grants_key_id_name", "grants")
    op.drop_index("ix_grants_key_id_grantee", "grants")
    for columns in (["key_id", "fingerprint"], ["key_id", "grantee", "grant_id"]):
        op.create_index(f"ix_grants_{'_'.join(columns)}", "grants", columns)


def _fill(connection: sa.Connection) -> None:
    named = sa.select(_GRANTS).where(_GRANTS.c.name != "").order_by(_GRANTS.c.grant_id).limit(_AT_ONCE)
    update = _GRANTS.update().where(_GRANTS.c.grant_id == sa.bindparam("of"))
    after = ""
    while rows := connection.execute(named.where(_GRANTS.c.grant_id > after)).all():
        connection.execute(
            update.values(fingerprint=sa.bindparam("found")),
            [{"of": row.grant_id, "found": _fingerprint_of(row)} for row in rows],
        )
        after = rows[-1].grant_id


def _fingerprint_of(row: sa.Row[Any]) -> bytes | None:
    return fingerprint_of(
        name=row.name,
        grantee=row.grantee,
        retiring_principal=row.retiring_principal,
        issuing_account=row.issuing_account,
        operations=row.operations.split(),
        **json.loads(row.constraints),
    )
