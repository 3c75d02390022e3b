"""Grants."""

import os

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0010"
down_revision = "0009"

_SECRET_BYTES = 32


def upgrade() -> None:
    """Makes a table, and the secret of grant tokens."""
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("grantee", sa.String(length=256), nullable=False),
        sa.Column("retiring_principal", sa.String(length=256), nullable=False),
        sa.Column("issuing_account", sa.String(length=12), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("constraints", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", tables.Microseconds(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.key_id"], name=op.f("fk_grants_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    for columns in (
        ["key_id", "grantee"],
        ["key_id", "grant_id"],
        ["key_id", "name"],
        ["retiring_principal", "grant_id"],
    ):
        op.create_index(f"ix_grants_{'_'.join(columns)}", "grants", columns)
    secrets = sa.table("secrets", sa.column("name", sa.String), sa.column("value", sa.LargeBinary))
    op.bulk_insert(secrets, [{"name": "grant tokens", "value": os.urandom(_SECRET_BYTES)}])
