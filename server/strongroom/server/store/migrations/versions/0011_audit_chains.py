"""How far the chains of the audit trail go."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Makes a table."""
    op.create_table(
        "audit_chains",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_chains")),
    )
