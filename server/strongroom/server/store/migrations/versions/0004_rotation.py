"""Rotation: schedules of keys, and what made each material current."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds columns."""
    op.add_column("keys", sa.Column("rotation_period_days", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("next_rotation_at", tables.Microseconds(), nullable=True))
    op.add_column("keys", sa.Column("on_demand_rotations", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_keys_next_rotation_at"), "keys", ["next_rotation_at"], unique=False)
    op.add_column("materials", sa.Column("rotated_at", tables.Microseconds(), nullable=True))
    op.add_column("materials", sa.Column("rotation_type", sa.String(length=16), nullable=True))
