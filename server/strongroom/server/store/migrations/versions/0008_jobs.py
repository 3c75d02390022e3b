"""What the housekeeper's jobs did."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes a table."""
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("started_at", tables.Microseconds(), nullable=False),
        sa.Column("finished_at", tables.Microseconds(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("of", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", tables.Microseconds(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
