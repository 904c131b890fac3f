"""Messages that were read as one stay one, whoever takes them up again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("read_with_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_messages_read_with_id", "messages", "messages", ["read_with_id"], ["id"])
    op.create_index(
        "ix_messages_read_with_id",
        "messages",
        ["read_with_id"],
        postgresql_where=sa.text("read_with_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("messages", "read_with_id")
