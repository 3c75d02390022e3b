"""Imported key material: materials that come and go, and the pairs that wrap them.

No table is made anew that others refer to: with it SQLite would delete their rows.
"""

import os

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0007"
down_revision = "0006"

_SECRET_BYTES = 32


def upgrade() -> None:
    """Adds columns, a table and secrets; the ids of requests know the key, too."""
    op.add_column("materials", sa.Column("role", sa.String(length=16), nullable=False, server_default="key"))
    op.add_column("materials", sa.Column("associated_at", tables.Microseconds(), nullable=True))
    op.add_column("materials", sa.Column("expires_at", tables.Microseconds(), nullable=True))
    op.add_column("materials", sa.Column("description", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_materials_expires_at"), "materials", ["expires_at"], unique=False)
    op.execute("UPDATE materials SET associated_at = created_at WHERE state = 'enabled'")
    op.create_table(
        "import_parameters",
        sa.Column("material_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("wrapping_algorithm", sa.String(length=32), nullable=False),
        sa.Column("wrapping_key_spec", sa.String(length=16), nullable=False),
        sa.Column("pair_purpose", sa.String(length=16), nullable=False),
        sa.Column("valid_to", tables.Microseconds(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["materials.material_id"],
            name=op.f("fk_import_parameters_material_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("material_id", name=op.f("pk_import_parameters")),
    )
    op.create_index(op.f("ix_import_parameters_valid_to"), "import_parameters", ["valid_to"], unique=False)
    _make_requests_anew()
    secrets = sa.table("secrets", sa.column("name", sa.String), sa.column("value", sa.LargeBinary))
    rows = [{"name": name, "value": os.urandom(_SECRET_BYTES)} for name in ("import tokens", "material ids")]
    op.bulk_insert(secrets, rows)


def _make_requests_anew() -> None:
    """A request that makes a key without material has no material to refer to."""
    op.drop_index(op.f("ix_requests_material_id"), "requests")
    op.drop_index(op.f("ix_requests_at"), "requests")
    op.rename_table("requests", "old_requests")
    op.create_table(
        "requests",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("material_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.key_id"], name=op.f("fk_requests_key_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["materials.material_id"],
            name=op.f("fk_requests_material_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("caller", "request_id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_key_id"), "requests", ["key_id"], unique=False)
    op.create_index(op.f("ix_requests_material_id"), "requests", ["material_id"], unique=False)
    op.create_index(op.f("ix_requests_at"), "requests", ["at"], unique=False)
    op.execute(
        "INSERT INTO requests (caller, request_id, fingerprint, key_id, material_id, at) "
        "SELECT r.caller, r.request_id, r.fingerprint, m.key_id, r.material_id, r.at "
        "FROM old_requests r JOIN materials m ON m.material_id = r.material_id"
    )
    op.drop_table("old_requests")
