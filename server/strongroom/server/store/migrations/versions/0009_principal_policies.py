"""The policies of principals."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Makes a table."""
    op.create_table(
        "principal_policies",
        sa.Column("principal", sa.String(length=512), nullable=False),
        sa.Column("policy_name", sa.String(length=128), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("updated_at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "policy_name", name=op.f("pk_principal_policies")),
    )
    op.create_index(
        "ix_principal_policies_account_id_principal", "principal_policies", ["account_id", "principal"]
    )
