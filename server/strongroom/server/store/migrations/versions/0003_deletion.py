"""When keys are to be deleted."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds a column."""
    op.add_column("keys", sa.Column("deletion_date", tables.Microseconds(), nullable=True))
    op.create_index(op.f("ix_keys_deletion_date"), "keys", ["deletion_date"], unique=False)
