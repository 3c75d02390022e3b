"""The ids of requests that made a material, so that the same request makes none again."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes a table."""
    op.create_table(
        "requests",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("material_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["materials.material_id"],
            name=op.f("fk_requests_material_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("caller", "request_id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_material_id"), "requests", ["material_id"], unique=False)
    op.create_index(op.f("ix_requests_at"), "requests", ["at"], unique=False)
