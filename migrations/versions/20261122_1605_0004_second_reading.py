"""What the second reading needs: its budget, outcomes that are found again, vectors beside the evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OUTCOMES = ("ejecutada", "corregida", "rechazada", "abandonada", "fallida")

# A vector is computed from the text beside it, later and by another process: it is no evidence.
APPEND_ONLY_BUT_VECTORS = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('vallebot.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'interpreted_actions'
       AND to_jsonb(NEW) - 'embedding' = to_jsonb(OLD) - 'embedding' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('vallebot.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
# Where the extension is missing there is no column and nothing to be searched.
VECTOR_INDEX = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
                  AND table_name = 'relationship_state' AND column_name = 'embedding') THEN
        CREATE INDEX ix_relationship_state_embedding ON relationship_state
            USING hnsw (embedding vector_cosine_ops);
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "llm_usage",
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audio_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_llm_usage_profesional_id"
        ),
        sa.PrimaryKeyConstraint("profesional_id", "day", name="pk_llm_usage"),
    )
    _outcomes(OUTCOMES)
    op.create_index("ix_operations_message", "operations", [sa.text("split_part(key, ':', 2)")])
    op.create_index(
        "ix_interpreted_actions_conversacion_id_id", "interpreted_actions", ["conversacion_id", "id"]
    )
    op.drop_index("ix_interpreted_actions_conversacion_id", "interpreted_actions")
    op.create_index("ix_interpreted_actions_at", "interpreted_actions", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_relationship_state_stale",
        "relationship_state",
        ["profesional_id", "cliente_id"],
        postgresql_where=sa.text("embedding_stale"),
    )
    op.execute(APPEND_ONLY_BUT_VECTORS)
    op.execute(VECTOR_INDEX)


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_relationship_state_embedding")
    op.execute(APPEND_ONLY)
    op.drop_index("ix_relationship_state_stale", "relationship_state")
    op.drop_index("ix_interpreted_actions_at", "interpreted_actions")
    op.create_index("ix_interpreted_actions_conversacion_id", "interpreted_actions", ["conversacion_id"])
    op.drop_index("ix_interpreted_actions_conversacion_id_id", "interpreted_actions")
    op.drop_index("ix_operations_message", "operations")
    op.execute("ALTER TABLE interpretation_outcomes DISABLE TRIGGER interpretation_outcomes_append_only")
    op.execute("DELETE FROM interpretation_outcomes WHERE outcome = 'abandonada'")
    op.execute("ALTER TABLE interpretation_outcomes ENABLE TRIGGER interpretation_outcomes_append_only")
    _outcomes(tuple(outcome for outcome in OUTCOMES if outcome != "abandonada"))
    op.drop_table("llm_usage")


def _outcomes(allowed: tuple[str, ...]) -> None:
    op.drop_constraint("outcome_known", "interpretation_outcomes", type_="check")
    known = ", ".join(f"'{outcome}'" for outcome in allowed)
    op.create_check_constraint("outcome_known", "interpretation_outcomes", f"outcome IN ({known})")
