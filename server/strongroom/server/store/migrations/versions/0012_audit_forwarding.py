"""How far the chains of the audit trail were forwarded."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes a table."""
    op.create_table(
        "audit_forwarding",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_forwarding")),
    )
