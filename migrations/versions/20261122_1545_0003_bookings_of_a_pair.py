"""Find a client's bookings with one professional without reading those with all the others."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    columns = ["cliente_id", "profesional_id", "starts_at"]
    op.create_index("ix_bookings_cliente_id_profesional_id_starts_at", "bookings", columns)
    op.drop_index("ix_bookings_cliente_id_starts_at", table_name="bookings")


def downgrade() -> None:
    op.create_index("ix_bookings_cliente_id_starts_at", "bookings", ["cliente_id", "starts_at"])
    op.drop_index("ix_bookings_cliente_id_profesional_id_starts_at", table_name="bookings")
