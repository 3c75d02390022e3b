"""Aliases, and the secret that authenticates pagination markers."""

import os

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0002"
down_revision = "0001"

_MARKERS_KEY_BYTES = 32


def upgrade() -> None:
    """Makes two tables, and the secret."""
    op.create_table(
        "aliases",
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("alias_name", sa.String(length=256), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", tables.Microseconds(), nullable=False),
        sa.Column("updated_at", tables.Microseconds(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.key_id"], name=op.f("fk_aliases_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "alias_name", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_key_id"), "aliases", ["key_id"], unique=False)
    secrets = op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )
    op.bulk_insert(secrets, [{"name": "markers", "value": os.urandom(_MARKERS_KEY_BYTES)}])
