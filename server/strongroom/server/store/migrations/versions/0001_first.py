"""The first schema."""

import sqlalchemy as sa
from alembic import op

from strongroom.server.store import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes all tables."""
    op.create_table(
        "changes",
        sa.Column(
            "revision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deployment",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("region", sa.String(length=32), nullable=False),
        sa.Column("created_at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_deployment")),
    )
    op.create_table(
        "keys",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("key_spec", sa.String(length=32), nullable=False),
        sa.Column("key_usage", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("multi_region", sa.Boolean(), nullable=False),
        sa.Column("created_at", tables.Microseconds(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("current_material_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_account_id_key_id", "keys", ["account_id", "key_id"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("expires_at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "tombstones",
        sa.Column("material_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("destroyed_at", tables.Microseconds(), nullable=False),
        sa.PrimaryKeyConstraint("material_id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "materials",
        sa.Column("material_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("kms_material_id", sa.String(length=64), nullable=False),
        sa.Column("storage", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("check_value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", tables.Microseconds(), nullable=False),
        sa.Column("encryptions_reserved", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", tables.Microseconds(), nullable=True),
        sa.Column("intent_owner", sa.String(length=64), nullable=True),
        sa.Column("intent_at", tables.Microseconds(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.key_id"], name=op.f("fk_materials_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("material_id", name=op.f("pk_materials")),
        sa.UniqueConstraint("kms_material_id", name=op.f("uq_materials_kms_material_id")),
    )
    op.create_index(op.f("ix_materials_key_id"), "materials", ["key_id"], unique=False)
    op.create_index(op.f("ix_materials_state"), "materials", ["state"], unique=False)
    op.create_table(
        "tags",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("tag_key", sa.String(length=128), nullable=False),
        sa.Column("tag_value", sa.String(length=256), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.key_id"], name=op.f("fk_tags_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_id", "tag_key", name=op.f("pk_tags")),
    )
