"""All tables, the guards that columns cannot express, and the one row of the clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

#: Equality in EXCLUDE, folding of names in ad-hoc searches. All three are trusted: no superuser is needed.
EXTENSIONS = ("btree_gist", "unaccent", "pg_trgm")

# Evidence cannot be edited, not even by mistake. Only the erasure of a person's data may redact, and says so:
# SET LOCAL vallebot.erasing = 'on'.
APPEND_ONLY_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('vallebot.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TABLES = ("interpreted_actions", "interpretation_outcomes", "audit")

# Sums of applications live on both sides, where a CHECK refuses the row that exceeds them. The row locks that
# these updates take (payment first, then charge) make racing applications wait for each other.
APPLIED_SUMS_FUNCTIONS = """
CREATE FUNCTION shift_applied(payment bigint, cargo bigint, delta bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET applied_minor = applied_minor + delta WHERE id = payment;
    UPDATE cargos
       SET applied_minor = applied_minor + delta,
           state = CASE WHEN applied_minor + delta = amount_minor THEN 'saldado' ELSE 'pendiente' END
     WHERE id = cargo AND state <> 'anulado';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'charge % is void' , cargo
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_applications_cargo_live';
    END IF;
END $$;

CREATE FUNCTION keep_applied_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.payment_id, NEW.cargo_id, NEW.amount_minor)
                          = (OLD.payment_id, OLD.cargo_id, OLD.amount_minor) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM shift_applied(OLD.payment_id, OLD.cargo_id, -OLD.amount_minor);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM shift_applied(NEW.payment_id, NEW.cargo_id, NEW.amount_minor);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_direct_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'applied_minor follows payment_applications' USING ERRCODE = 'restrict_violation';
END $$
"""
SUM_TABLES = ("payments", "cargos")

# Embeddings are auxiliary: without the extension everything but the search by meaning works.
VECTOR_COLUMNS = """
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS vector;
    ALTER TABLE relationship_state ADD COLUMN embedding vector(512);
    ALTER TABLE interpreted_actions ADD COLUMN embedding vector(512);
EXCEPTION
    WHEN undefined_file OR feature_not_supported OR insufficient_privilege THEN
        RAISE NOTICE 'extension vector is not available: no embeddings';
END $$
"""


def upgrade() -> None:
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    create_tables()
    create_guards()
    op.execute(VECTOR_COLUMNS)
    op.execute("INSERT INTO system_clock (id) VALUES (1)")


def create_guards() -> None:
    op.execute(APPEND_ONLY_FUNCTION)
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(APPLIED_SUMS_FUNCTIONS)
    op.execute(
        "CREATE TRIGGER payment_applications_sums AFTER INSERT OR UPDATE OR DELETE ON payment_applications "
        "FOR EACH ROW EXECUTE FUNCTION keep_applied_sums()"
    )
    for table in SUM_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_sum_is_kept BEFORE UPDATE OF applied_minor ON {table} "
            "FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_direct_sum()"
        )


def create_tables() -> None:
    op.create_table(
        "clientes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("profile_name", sa.Text(), nullable=True),
        sa.Column("phone_e164", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("phone_e164 ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_clientes_phone_e164_shape")),
        sa.PrimaryKeyConstraint("id", name="pk_clientes"),
        sa.UniqueConstraint("phone_e164", name="uq_clientes_phone_e164"),
    )
    op.create_table(
        "operations",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("use_case", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_operations"),
    )
    op.create_table(
        "system_clock",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_seconds", sa.Float(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_system_clock_single_row")),
        sa.PrimaryKeyConstraint("id", name="pk_system_clock"),
    )
    op.create_table(
        "identidades",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("business_account_id", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'wa_id') = (business_account_id = '')", name=op.f("ck_identidades_bsuid_has_account")
        ),
        sa.CheckConstraint("kind IN ('wa_id', 'bsuid')", name=op.f("ck_identidades_kind_known")),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_identidades_cliente_id"),
        sa.PrimaryKeyConstraint("id", name="pk_identidades"),
        sa.UniqueConstraint(
            "kind", "business_account_id", "value", name="uq_identidades_kind_business_account_id_value"
        ),
    )
    op.create_index("ix_identidades_cliente_id", "identidades", ["cliente_id"], unique=False)
    op.create_table(
        "profesionales",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_e164", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default="America/Argentina/Buenos_Aires", nullable=False),
        sa.Column("place_mode", sa.Text(), server_default="consultorio", nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("home_visit_zone", sa.Text(), nullable=True),
        sa.Column("travel_buffer_minutes", sa.Integer(), server_default="30", nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("auto_confirm", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer(), server_default="120", nullable=False),
        sa.Column("horizon_days", sa.Integer(), server_default="60", nullable=False),
        sa.Column("cancellation_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("pending_expiry_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column(
            "reminder_minutes", sa.ARRAY(sa.Integer()), server_default=sa.text("'{1440,120}'"), nullable=False
        ),
        sa.Column("agenda_time", sa.Time(), server_default=sa.text("'07:30'"), nullable=False),
        sa.Column("payment_alias", sa.Text(), nullable=True),
        sa.Column("payment_cbu", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="activo", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "code = lower(code) AND code ~ '^[a-z0-9-]{2,32}$'", name=op.f("ck_profesionales_code_shape")
        ),
        sa.CheckConstraint(
            "phone_e164 ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_profesionales_phone_e164_shape")
        ),
        sa.CheckConstraint(
            "place_mode IN ('consultorio', 'domicilio', 'online')",
            name=op.f("ck_profesionales_place_mode_known"),
        ),
        sa.CheckConstraint(
            "state IN ('pendiente', 'activo', 'pausado')", name=op.f("ck_profesionales_state_known")
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_profesionales_coordinates_paired")
        ),
        sa.CheckConstraint(
            "travel_buffer_minutes BETWEEN 0 AND 480 AND minimum_notice_minutes BETWEEN 0 AND 43200 AND horizon_days BETWEEN 1 AND 730 AND cancellation_hours BETWEEN 0 AND 720 AND pending_expiry_hours BETWEEN 1 AND 168",
            name=op.f("ck_profesionales_rules_in_range"),
        ),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_profesionales_cliente_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profesionales"),
        sa.UniqueConstraint("cliente_id", name="uq_profesionales_cliente_id"),
        sa.UniqueConstraint("code", name="uq_profesionales_code"),
        sa.UniqueConstraint("phone_e164", name="uq_profesionales_phone_e164"),
        sa.UniqueConstraint("phone_number_id", name="uq_profesionales_phone_number_id"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=True),
        sa.Column("state_after", sa.Text(), nullable=True),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("rol", sa.Text(), nullable=True),
        sa.Column("actor_cliente_id", sa.BigInteger(), nullable=True),
        sa.Column("conversacion_id", postgresql.UUID(as_uuid=True), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rol IN ('cliente', 'profesional')", name=op.f("ck_audit_rol_known")),
        sa.ForeignKeyConstraint(["actor_cliente_id"], ["clientes.id"], name="fk_audit_actor_cliente_id"),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_audit_profesional_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_entity_entity_id", "audit", ["entity", "entity_id"], unique=False)
    op.create_index("ix_audit_profesional_id_id", "audit", ["profesional_id", "id"], unique=False)
    op.create_table(
        "bloqueos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('cierre', 'apertura')", name=op.f("ck_bloqueos_kind_known")),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period)", name=op.f("ck_bloqueos_period_starts")
        ),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_bloqueos_profesional_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bloqueos"),
    )
    op.create_index(
        "ix_bloqueos_live",
        "bloqueos",
        ["profesional_id", "period"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "conversaciones",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("identidad_id", sa.BigInteger(), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=True),
        sa.Column("rol", sa.Text(), server_default="cliente", nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handover_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rol IN ('cliente', 'profesional')", name=op.f("ck_conversaciones_rol_known")),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_conversaciones_cliente_id"),
        sa.ForeignKeyConstraint(["identidad_id"], ["identidades.id"], name="fk_conversaciones_identidad_id"),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_conversaciones_profesional_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversaciones"),
        sa.UniqueConstraint(
            "phone_number_id", "cliente_id", name="uq_conversaciones_phone_number_id_cliente_id"
        ),
    )
    op.create_index("ix_conversaciones_cliente_id", "conversaciones", ["cliente_id"], unique=False)
    op.create_table(
        "relaciones",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("notices_accepted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("reminder_minutes", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_relaciones_cliente_id"),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_relaciones_profesional_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_relaciones"),
        sa.UniqueConstraint("profesional_id", "cliente_id", name="uq_relaciones_profesional_id_cliente_id"),
    )
    op.create_index("ix_relaciones_cliente_id", "relaciones", ["cliente_id"], unique=False)
    op.create_table(
        "servicios",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("synonyms", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("kind", sa.Text(), server_default="individual", nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="ARS", nullable=False),
        sa.Column("billing", sa.Text(), server_default="sesion", nullable=False),
        sa.Column("place_mode", sa.Text(), nullable=True),
        sa.Column("cancellation_hours", sa.Integer(), nullable=True),
        sa.Column("late_cancellation", sa.Text(), server_default="consultar", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'grupal') = (capacity IS NOT NULL)", name=op.f("ck_servicios_capacity_for_classes_only")
        ),
        sa.CheckConstraint("billing IN ('sesion', 'mensual')", name=op.f("ck_servicios_billing_known")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_servicios_currency_iso")),
        sa.CheckConstraint("kind IN ('individual', 'grupal')", name=op.f("ck_servicios_kind_known")),
        sa.CheckConstraint(
            "late_cancellation IN ('cobrar', 'consultar')", name=op.f("ck_servicios_late_cancellation_known")
        ),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_servicios_name_not_empty")),
        sa.CheckConstraint(
            "place_mode IN ('consultorio', 'domicilio', 'online')", name=op.f("ck_servicios_place_mode_known")
        ),
        sa.CheckConstraint("buffer_minutes BETWEEN 0 AND 480", name=op.f("ck_servicios_buffer_in_range")),
        sa.CheckConstraint(
            "cancellation_hours BETWEEN 0 AND 720", name=op.f("ck_servicios_cancellation_in_range")
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_servicios_capacity_in_range")),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 5 AND 1440", name=op.f("ck_servicios_duration_in_range")
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_servicios_price_not_negative")),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_servicios_profesional_id"),
        sa.PrimaryKeyConstraint("id", name="pk_servicios"),
        sa.UniqueConstraint("id", "profesional_id", name="uq_servicios_id_profesional_id"),
    )
    op.create_index(
        "uq_servicios_active_name",
        "servicios",
        ["profesional_id", "name_key"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "tareas",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="pendiente", nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('pendiente', 'hecha', 'fallida')", name=op.f("ck_tareas_state_known")),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_tareas_profesional_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tareas"),
        sa.UniqueConstraint("dedupe_key", name="uq_tareas_dedupe_key"),
    )
    op.create_index(
        "ix_tareas_due",
        "tareas",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pendiente'"),
    )
    op.create_table(
        "horarios",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("start_minute", sa.SmallInteger(), nullable=False),
        sa.Column("end_minute", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("profesional_id"), "="),
            (sa.column("weekday"), "="),
            (sa.text("coalesce(servicio_id, 0)"), "="),
            (sa.text("int4range(start_minute, end_minute)"), "&&"),
            using="gist",
            name="ex_horarios_overlap",
        ),
        sa.CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_horarios_minutes_in_day"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_horarios_weekday_known")),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_horarios_profesional_id"),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_horarios_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_horarios"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversacion_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wamid", sa.Text(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("answers_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pricing", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "direction = 'in' OR dedupe_key IS NOT NULL", name=op.f("ck_messages_outbound_has_key")
        ),
        sa.CheckConstraint(
            "direction = 'out' OR wamid IS NOT NULL", name=op.f("ck_messages_inbound_has_wamid")
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_messages_direction_known")),
        sa.CheckConstraint(
            "state IN ('recibido', 'procesando', 'procesado', 'pendiente', 'enviando', 'enviado', 'entregado', 'leido', 'fallido', 'estacionado', 'descartado')",
            name=op.f("ck_messages_state_known"),
        ),
        sa.ForeignKeyConstraint(["answers_id"], ["messages.id"], name="fk_messages_answers_id"),
        sa.ForeignKeyConstraint(
            ["conversacion_id"], ["conversaciones.id"], name="fk_messages_conversacion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_answers_id", "messages", ["answers_id"], unique=False)
    op.create_index("ix_messages_conversacion_id_id", "messages", ["conversacion_id", "id"], unique=False)
    op.create_index(
        "ix_messages_inbox",
        "messages",
        ["conversacion_id", "id"],
        unique=False,
        postgresql_where=sa.text("direction = 'in' AND state IN ('recibido', 'procesando')"),
    )
    op.create_index(
        "ix_messages_outbox",
        "messages",
        ["conversacion_id", "id"],
        unique=False,
        postgresql_where=sa.text("direction = 'out' AND state IN ('pendiente', 'enviando')"),
    )
    op.create_index("uq_messages_dedupe_key", "messages", ["dedupe_key"], unique=True)
    op.create_index("uq_messages_wamid", "messages", ["wamid"], unique=True)
    op.create_table(
        "relationship_state",
        sa.Column("profesional_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("embedding_stale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(snapshot) = 'object'", name=op.f("ck_relationship_state_snapshot_is_object")
        ),
        sa.ForeignKeyConstraint(
            ["profesional_id", "cliente_id"],
            ["relaciones.profesional_id", "relaciones.cliente_id"],
            name="fk_relationship_state_relacion",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profesional_id", "cliente_id", name="pk_relationship_state"),
    )
    op.create_index("ix_relationship_state_cliente_id", "relationship_state", ["cliente_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("start_minute", sa.SmallInteger(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("interval_weeks", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("materialised_until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_series_capacity_in_range")),
        sa.CheckConstraint("duration_minutes BETWEEN 5 AND 1440", name=op.f("ck_series_duration_in_range")),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_series_ends_after_start")
        ),
        sa.CheckConstraint("interval_weeks BETWEEN 1 AND 8", name=op.f("ck_series_interval_in_range")),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439", name=op.f("ck_series_start_in_day")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_series_weekday_known")),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_series_profesional_id"),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_series_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("id", "profesional_id", name="uq_series_id_profesional_id"),
        sa.UniqueConstraint("operation_key", name="uq_series_operation_key"),
    )
    op.create_index("ix_series_profesional_id", "series", ["profesional_id"], unique=False)
    op.create_index(
        "uq_series_live_time",
        "series",
        ["servicio_id", "weekday", "start_minute"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="individual", nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("busy", postgresql.TSTZRANGE(), nullable=False),
        sa.Column(
            "starts_at",
            sa.DateTime(timezone=True),
            sa.Computed("lower(period)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "ends_at", sa.DateTime(timezone=True), sa.Computed("upper(period)", persisted=True), nullable=True
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place_mode", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("serie_id", sa.BigInteger(), nullable=True),
        sa.Column("series_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_by", sa.Text(), nullable=True),
        sa.Column("attendance_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("change_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_requested_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("profesional_id"), "="),
            (sa.column("busy"), "&&"),
            where=sa.text("state IN ('pendiente', 'ofrecido', 'confirmado')"),
            using="gist",
            name="ex_bookings_live_overlap",
        ),
        sa.CheckConstraint(
            "(kind = 'clase') = (capacity IS NOT NULL)", name=op.f("ck_bookings_capacity_for_classes_only")
        ),
        sa.CheckConstraint(
            "(kind = 'clase') = (cliente_id IS NULL)", name=op.f("ck_bookings_cliente_for_sessions_only")
        ),
        sa.CheckConstraint(
            "(state = 'cancelado') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_bookings_cancelled_at_when_cancelled"),
        ),
        sa.CheckConstraint(
            "(state IN ('pendiente', 'ofrecido')) = (expires_at IS NOT NULL)",
            name=op.f("ck_bookings_expiry_while_undecided"),
        ),
        sa.CheckConstraint(
            "booked_by IN ('cliente', 'profesional')", name=op.f("ck_bookings_booked_by_known")
        ),
        sa.CheckConstraint(
            "cancelled_by IN ('cliente', 'profesional', 'sistema')",
            name=op.f("ck_bookings_cancelled_by_known"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_bookings_currency_iso")),
        sa.CheckConstraint("kind IN ('individual', 'clase')", name=op.f("ck_bookings_kind_known")),
        sa.CheckConstraint(
            "place_mode IN ('consultorio', 'domicilio', 'online')", name=op.f("ck_bookings_place_mode_known")
        ),
        sa.CheckConstraint(
            "state IN ('pendiente', 'ofrecido', 'confirmado', 'cancelado', 'realizado', 'ausente')",
            name=op.f("ck_bookings_state_known"),
        ),
        sa.CheckConstraint(
            "change_requested_to IS NULL OR change_requested_at IS NOT NULL",
            name=op.f("ck_bookings_change_has_moment"),
        ),
        sa.CheckConstraint(
            "(serie_id IS NULL) = (series_starts_at IS NULL)", name=op.f("ck_bookings_series_start_paired")
        ),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period) AND lower_inc(period) AND NOT upper_inc(period)",
            name=op.f("ck_bookings_period_half_open"),
        ),
        sa.CheckConstraint(
            "busy @> period AND NOT lower_inf(busy) AND NOT upper_inf(busy)",
            name=op.f("ck_bookings_busy_covers_period"),
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_bookings_capacity_in_range")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_bookings_price_not_negative")),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_bookings_cliente_id"),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_bookings_profesional_id"),
        sa.ForeignKeyConstraint(
            ["serie_id", "profesional_id"],
            ["series.id", "series.profesional_id"],
            name="fk_bookings_own_serie",
        ),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_bookings_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
        sa.UniqueConstraint("id", "capacity", name="uq_bookings_id_capacity"),
        sa.UniqueConstraint("operation_key", name="uq_bookings_operation_key"),
        sa.UniqueConstraint("serie_id", "series_starts_at", name="uq_bookings_serie_id_series_starts_at"),
    )
    op.create_index("ix_bookings_cliente_id_starts_at", "bookings", ["cliente_id", "starts_at"], unique=False)
    op.create_index(
        "ix_bookings_profesional_id_starts_at", "bookings", ["profesional_id", "starts_at"], unique=False
    )
    op.create_table(
        "inscripciones_serie",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("serie_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_inscripciones_serie_ends_after_start")
        ),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_inscripciones_serie_cliente_id"),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_inscripciones_serie_profesional_id"
        ),
        sa.ForeignKeyConstraint(["serie_id"], ["series.id"], name="fk_inscripciones_serie_serie_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inscripciones_serie"),
        sa.UniqueConstraint("operation_key", name="uq_inscripciones_serie_operation_key"),
    )
    op.create_index("ix_inscripciones_serie_cliente_id", "inscripciones_serie", ["cliente_id"], unique=False)
    op.create_index(
        "uq_inscripciones_serie_live",
        "inscripciones_serie",
        ["serie_id", "cliente_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "interpreted_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversacion_id", postgresql.UUID(as_uuid=True), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("profesional_id", sa.BigInteger(), nullable=True),
        sa.Column("cliente_id", sa.BigInteger(), nullable=True),
        sa.Column("rol", sa.Text(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("slots", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(slots) = 'object'", name=op.f("ck_interpreted_actions_slots_is_object")
        ),
        sa.CheckConstraint(
            "rol IN ('cliente', 'profesional')", name=op.f("ck_interpreted_actions_rol_known")
        ),
        sa.CheckConstraint(
            "source IN ('nlu', 'llm', 'button')", name=op.f("ck_interpreted_actions_source_known")
        ),
        sa.CheckConstraint(
            "confidence BETWEEN 0 AND 1", name=op.f("ck_interpreted_actions_confidence_is_probability")
        ),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_interpreted_actions_cliente_id"),
        sa.ForeignKeyConstraint(
            ["conversacion_id"], ["conversaciones.id"], name="fk_interpreted_actions_conversacion_id"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_interpreted_actions_message_id"),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_interpreted_actions_profesional_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_interpreted_actions"),
    )
    op.create_index("ix_interpreted_actions_cliente_id", "interpreted_actions", ["cliente_id"], unique=False)
    op.create_index(
        "ix_interpreted_actions_conversacion_id", "interpreted_actions", ["conversacion_id"], unique=False
    )
    op.create_index("ix_interpreted_actions_message_id", "interpreted_actions", ["message_id"], unique=False)
    op.create_index(
        "ix_interpreted_actions_profesional_id_id",
        "interpreted_actions",
        ["profesional_id", "id"],
        unique=False,
    )
    op.create_table(
        "enrollments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("inscripcion_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("attendance_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'cancelado') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_enrollments_cancelled_at_when_cancelled"),
        ),
        sa.CheckConstraint(
            "(state = 'ofrecido') = (expires_at IS NOT NULL)",
            name=op.f("ck_enrollments_expiry_while_offered"),
        ),
        sa.CheckConstraint(
            "cancelled_by IN ('cliente', 'profesional', 'sistema')",
            name=op.f("ck_enrollments_cancelled_by_known"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_enrollments_currency_iso")),
        sa.CheckConstraint(
            "state = 'cancelado' OR seat BETWEEN 1 AND capacity",
            name=op.f("ck_enrollments_seat_within_capacity"),
        ),
        sa.CheckConstraint(
            "state IN ('inscripto', 'ofrecido', 'cancelado', 'asistio', 'ausente')",
            name=op.f("ck_enrollments_state_known"),
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_enrollments_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["booking_id", "capacity"],
            ["bookings.id", "bookings.capacity"],
            name="fk_enrollments_booking_capacity",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_enrollments_cliente_id"),
        sa.ForeignKeyConstraint(
            ["inscripcion_id"], ["inscripciones_serie.id"], name="fk_enrollments_inscripcion_id"
        ),
        sa.ForeignKeyConstraint(
            ["profesional_id"], ["profesionales.id"], name="fk_enrollments_profesional_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.UniqueConstraint("operation_key", name="uq_enrollments_operation_key"),
    )
    op.create_index("ix_enrollments_cliente_id", "enrollments", ["cliente_id"], unique=False)
    op.create_index("ix_enrollments_inscripcion_id", "enrollments", ["inscripcion_id"], unique=False)
    op.create_index(
        "uq_enrollments_live_cliente",
        "enrollments",
        ["booking_id", "cliente_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelado'"),
    )
    op.create_index(
        "uq_enrollments_live_seat",
        "enrollments",
        ["booking_id", "seat"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelado'"),
    )
    op.create_table(
        "interpretation_outcomes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("interpreted_action_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ejecutada', 'corregida', 'rechazada', 'fallida')",
            name=op.f("ck_interpretation_outcomes_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["interpreted_action_id"],
            ["interpreted_actions.id"],
            name="fk_interpretation_outcomes_interpreted_action_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_interpretation_outcomes"),
    )
    op.create_index(
        "ix_interpretation_outcomes_interpreted_action_id",
        "interpretation_outcomes",
        ["interpreted_action_id"],
        unique=False,
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=True),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "intended_cargo_ids", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="ARS", nullable=False),
        sa.Column("applied_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refund_note", sa.Text(), nullable=True),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("operation_number", sa.Text(), nullable=True),
        sa.Column("proof_sha256", sa.Text(), nullable=True),
        sa.Column("proof_path", sa.Text(), nullable=True),
        sa.Column("proof_media_type", sa.Text(), nullable=True),
        sa.Column("proof_bytes", sa.Integer(), nullable=True),
        sa.Column("proof_reading", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "applied_minor = 0 OR state = 'confirmado'", name=op.f("ck_payments_only_confirmed_is_applied")
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_payments_currency_iso")),
        sa.CheckConstraint(
            "means IN ('efectivo', 'transferencia', 'mercadopago', 'tarjeta', 'otro')",
            name=op.f("ck_payments_means_known"),
        ),
        sa.CheckConstraint("proof_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_payments_proof_sha256_shape")),
        sa.CheckConstraint(
            "recorded_by IN ('cliente', 'profesional')", name=op.f("ck_payments_recorded_by_known")
        ),
        sa.CheckConstraint(
            "refunded_minor = 0 OR state = 'confirmado'", name=op.f("ck_payments_only_confirmed_is_refunded")
        ),
        sa.CheckConstraint(
            "state IN ('informado', 'confirmado', 'rechazado', 'anulado')",
            name=op.f("ck_payments_state_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "applied_minor >= 0 AND refunded_minor >= 0 AND applied_minor + refunded_minor <= amount_minor",
            name=op.f("ck_payments_applied_within_amount"),
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_payments_booking_id"),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_payments_cliente_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_payments_message_id"),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_payments_profesional_id"),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_payments_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint(
            "id",
            "profesional_id",
            "cliente_id",
            "currency",
            name="uq_payments_id_profesional_id_cliente_id_currency",
        ),
        sa.UniqueConstraint("operation_key", name="uq_payments_operation_key"),
    )
    op.create_index("ix_payments_cliente_id", "payments", ["cliente_id"], unique=False)
    op.create_index(
        "ix_payments_operation_number",
        "payments",
        ["profesional_id", "operation_number"],
        unique=False,
        postgresql_where=sa.text("operation_number IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_profesional_id_cliente_id", "payments", ["profesional_id", "cliente_id"], unique=False
    )
    op.create_index(
        "uq_payments_live_proof",
        "payments",
        ["profesional_id", "proof_sha256"],
        unique=True,
        postgresql_where=sa.text("state IN ('informado', 'confirmado')"),
    )
    op.create_table(
        "cargos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("concept", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("applied_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="pendiente", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "CASE state WHEN 'anulado' THEN applied_minor = 0 ELSE (state = 'saldado') = (applied_minor = amount_minor) END",
            name=op.f("ck_cargos_state_follows_applied"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_cargos_currency_iso")),
        sa.CheckConstraint(
            "state IN ('pendiente', 'saldado', 'anulado')", name=op.f("ck_cargos_state_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_cargos_amount_positive")),
        sa.CheckConstraint(
            "applied_minor BETWEEN 0 AND amount_minor", name=op.f("ck_cargos_applied_within_amount")
        ),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_cargos_month_first_day")),
        sa.CheckConstraint(
            "num_nonnulls(booking_id, enrollment_id, month) = 1", name=op.f("ck_cargos_one_origin")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_cargos_booking_id"),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_cargos_cliente_id"),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name="fk_cargos_enrollment_id"),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_cargos_profesional_id"),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_cargos_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cargos"),
        sa.UniqueConstraint(
            "id",
            "profesional_id",
            "cliente_id",
            "currency",
            name="uq_cargos_id_profesional_id_cliente_id_currency",
        ),
    )
    op.create_index("ix_cargos_cliente_id", "cargos", ["cliente_id"], unique=False)
    op.create_index(
        "ix_cargos_open",
        "cargos",
        ["profesional_id", "cliente_id"],
        unique=False,
        postgresql_where=sa.text("state = 'pendiente'"),
    )
    op.create_index(
        "ix_cargos_profesional_id_cliente_id", "cargos", ["profesional_id", "cliente_id"], unique=False
    )
    op.create_index(
        "uq_cargos_live_booking",
        "cargos",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("booking_id IS NOT NULL AND state <> 'anulado'"),
    )
    op.create_index(
        "uq_cargos_live_enrollment",
        "cargos",
        ["enrollment_id"],
        unique=True,
        postgresql_where=sa.text("enrollment_id IS NOT NULL AND state <> 'anulado'"),
    )
    op.create_index(
        "uq_cargos_live_month",
        "cargos",
        ["cliente_id", "servicio_id", "month"],
        unique=True,
        postgresql_where=sa.text("month IS NOT NULL AND state <> 'anulado'"),
    )
    op.create_table(
        "esperas",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("servicio_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("serie_id", sa.BigInteger(), nullable=True),
        sa.Column("wanted", postgresql.TSTZRANGE(), nullable=True),
        sa.Column("wanted_from_minute", sa.SmallInteger(), nullable=True),
        sa.Column("wanted_to_minute", sa.SmallInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default="esperando", nullable=False),
        sa.Column("offered_booking_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_enrollment_id", sa.BigInteger(), nullable=True),
        sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'ofrecido') = (offer_expires_at IS NOT NULL)",
            name=op.f("ck_esperas_expiry_while_offered"),
        ),
        sa.CheckConstraint(
            "state IN ('esperando', 'ofrecido', 'aceptado', 'rechazado', 'vencido', 'cancelado')",
            name=op.f("ck_esperas_state_known"),
        ),
        sa.CheckConstraint(
            "(wanted_from_minute IS NULL) = (wanted_to_minute IS NULL) AND wanted_from_minute >= 0 AND wanted_from_minute < wanted_to_minute AND wanted_to_minute <= 1440",
            name=op.f("ck_esperas_minutes_in_day"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(booking_id, serie_id, wanted) = 1", name=op.f("ck_esperas_one_target")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_esperas_booking_id"),
        sa.ForeignKeyConstraint(["cliente_id"], ["clientes.id"], name="fk_esperas_cliente_id"),
        sa.ForeignKeyConstraint(
            ["offered_booking_id"], ["bookings.id"], name="fk_esperas_offered_booking_id"
        ),
        sa.ForeignKeyConstraint(
            ["offered_enrollment_id"], ["enrollments.id"], name="fk_esperas_offered_enrollment_id"
        ),
        sa.ForeignKeyConstraint(["profesional_id"], ["profesionales.id"], name="fk_esperas_profesional_id"),
        sa.ForeignKeyConstraint(["serie_id"], ["series.id"], name="fk_esperas_serie_id"),
        sa.ForeignKeyConstraint(
            ["servicio_id", "profesional_id"],
            ["servicios.id", "servicios.profesional_id"],
            name="fk_esperas_own_servicio",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_esperas"),
        sa.UniqueConstraint("operation_key", name="uq_esperas_operation_key"),
    )
    op.create_index("ix_esperas_cliente_id", "esperas", ["cliente_id"], unique=False)
    op.create_index(
        "ix_esperas_live",
        "esperas",
        ["profesional_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('esperando', 'ofrecido')"),
    )
    op.create_index(
        "uq_esperas_live_booking",
        "esperas",
        ["booking_id", "cliente_id"],
        unique=True,
        postgresql_where=sa.text("booking_id IS NOT NULL AND state IN ('esperando', 'ofrecido')"),
    )
    op.create_index(
        "uq_esperas_live_serie",
        "esperas",
        ["serie_id", "cliente_id"],
        unique=True,
        postgresql_where=sa.text("serie_id IS NOT NULL AND state IN ('esperando', 'ofrecido')"),
    )
    op.create_index(
        "uq_esperas_live_window",
        "esperas",
        ["servicio_id", "cliente_id", "wanted"],
        unique=True,
        postgresql_where=sa.text("wanted IS NOT NULL AND state IN ('esperando', 'ofrecido')"),
    )
    op.create_table(
        "payment_applications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("cargo_id", sa.BigInteger(), nullable=False),
        sa.Column("profesional_id", sa.BigInteger(), nullable=False),
        sa.Column("cliente_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_applications_amount_positive")),
        sa.ForeignKeyConstraint(
            ["cargo_id", "profesional_id", "cliente_id", "currency"],
            ["cargos.id", "cargos.profesional_id", "cargos.cliente_id", "cargos.currency"],
            name="fk_payment_applications_cargo",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "profesional_id", "cliente_id", "currency"],
            ["payments.id", "payments.profesional_id", "payments.cliente_id", "payments.currency"],
            name="fk_payment_applications_payment",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payment_applications"),
        sa.UniqueConstraint("payment_id", "cargo_id", name="uq_payment_applications_payment_id_cargo_id"),
    )
    op.create_index("ix_payment_applications_cargo_id", "payment_applications", ["cargo_id"], unique=False)


def downgrade() -> None:
    op.drop_table("payment_applications")
    op.drop_table("esperas")
    op.drop_table("cargos")
    op.drop_table("payments")
    op.drop_table("interpretation_outcomes")
    op.drop_table("enrollments")
    op.drop_table("interpreted_actions")
    op.drop_table("inscripciones_serie")
    op.drop_table("bookings")
    op.drop_table("series")
    op.drop_table("relationship_state")
    op.drop_table("messages")
    op.drop_table("horarios")
    op.drop_table("tareas")
    op.drop_table("servicios")
    op.drop_table("relaciones")
    op.drop_table("conversaciones")
    op.drop_table("bloqueos")
    op.drop_table("audit")
    op.drop_table("profesionales")
    op.drop_table("identidades")
    op.drop_table("system_clock")
    op.drop_table("operations")
    op.drop_table("clientes")
    for function in ("refuse_direct_sum()", "keep_applied_sums()", "shift_applied(bigint, bigint, bigint)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION refuse_change()")
