"""When keys were last used, and since when that is known."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.core.clock import utc_now
from strongroom.server.store import tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes a table, and writes down the time."""
    op.create_table(
        "key_usage",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.key_id"], name=op.f("fk_key_usage_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_key_usage")),
    )
    op.add_column("deployment", sa.Column("usage_known_since", tables.Microseconds(), nullable=True))
    deployment = sa.table("deployment", sa.column("usage_known_since", tables.Microseconds()))
    op.execute(deployment.update().values(usage_known_since=utc_now()))
