"""How long a waiting-list offer holds is the professional's own setting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    column = sa.Column("offer_hold_minutes", sa.Integer(), server_default="120", nullable=False)
    op.add_column("profesionales", column)
    op.create_check_constraint(
        op.f("ck_profesionales_offer_hold_in_range"), "profesionales", "offer_hold_minutes BETWEEN 5 AND 1440"
    )


def downgrade() -> None:
    op.drop_column("profesionales", "offer_hold_minutes")
