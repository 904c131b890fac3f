"""What the system remembers: interpretations, relationship snapshots, audit, operations done, work with a due time."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from vallebot.db.base import Base, created_at, enum_column, moment, one_of
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import InterpretationSource, Outcome, TareaState


class InterpretedAction(Base):
    """What was understood from a message. Append-only: a correction is an outcome, never an edit.

    Where the `vector` extension exists the table also has `embedding vector(512)`, of the message's text, so
    that the closest past interpretations can be shown to the LLM.
    """

    __tablename__ = "interpreted_actions"
    __table_args__ = (
        one_of("source", InterpretationSource),
        one_of("rol", Rol),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_is_probability"),
        CheckConstraint("jsonb_typeof(slots) = 'object'", name="slots_is_object"),
        Index("ix_interpreted_actions_profesional_id_id", "profesional_id", "id"),
        Index("ix_interpreted_actions_conversacion_id_id", "conversacion_id", "id"),
        Index("ix_interpreted_actions_at", "at", postgresql_using="brin"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    conversacion_id = Column(ForeignKey("conversaciones.id"))
    message_id = Column(ForeignKey("messages.id"), index=True)
    profesional_id = Column(ForeignKey("profesionales.id"))
    cliente_id = Column(ForeignKey("clientes.id"), index=True)
    rol = enum_column(nullable=True)
    intent = Column(Text, nullable=False)
    slots = Column(JSONB, nullable=False)
    source = enum_column()
    confidence = Column(Float)
    model = Column(Text)  #: name and version of what interpreted
    text = Column(Text)  #: what was interpreted
    at = moment(nullable=False)


class InterpretationOutcome(Base):
    """What became of an interpretation. Append-only."""

    __tablename__ = "interpretation_outcomes"
    __table_args__ = (one_of("outcome", Outcome),)
    id = Column(BigInteger, Identity(), primary_key=True)
    interpreted_action_id = Column(ForeignKey("interpreted_actions.id"), nullable=False, index=True)
    outcome = enum_column()
    details = Column(JSONB, nullable=False, server_default=text("'{}'"))
    at = moment(nullable=False)


class RelationshipState(Base):
    """What is going on between a professional and a client, in one row that answers without joins.

    Refreshed in the transaction that changes what it tells. Where the `vector` extension exists the table also
    has `embedding vector(512)`, of the summary: auxiliary, read and written by plain SQL only.
    """

    __tablename__ = "relationship_state"
    __table_args__ = (
        ForeignKeyConstraint(
            ["profesional_id", "cliente_id"],
            ["relaciones.profesional_id", "relaciones.cliente_id"],
            name="fk_relationship_state_relacion",
            onupdate="CASCADE",
        ),
        CheckConstraint("jsonb_typeof(snapshot) = 'object'", name="snapshot_is_object"),
        Index("ix_relationship_state_cliente_id", "cliente_id"),
        Index(
            "ix_relationship_state_stale",
            "profesional_id",
            "cliente_id",
            postgresql_where=text("embedding_stale"),
        ),
    )
    profesional_id = Column(BigInteger, primary_key=True, autoincrement=False)
    cliente_id = Column(BigInteger, primary_key=True, autoincrement=False)
    snapshot = Column(JSONB, nullable=False)  #: keys: see services/relationship.py
    summary = Column(Text, nullable=False)  #: the snapshot in Spanish, for the LLM and for search
    embedding_stale = Column(Boolean, nullable=False, server_default=text("true"))
    refreshed_at = moment(nullable=False)


class LlmUsage(Base):
    """What the language model and the transcription of voice notes took for a professional on one local day."""

    __tablename__ = "llm_usage"
    profesional_id = Column(ForeignKey("profesionales.id"), primary_key=True)
    day = Column(Date, primary_key=True)
    calls = Column(Integer, nullable=False, server_default="0")
    failed = Column(Integer, nullable=False, server_default="0")
    tokens = Column(BigInteger, nullable=False, server_default="0")
    audio_seconds = Column(Integer, nullable=False, server_default="0")
    cost_micros = Column(BigInteger, nullable=False, server_default="0")  #: millionths of a US dollar


class AuditEntry(Base):
    """Who changed the state of what, when, by which message. Append-only (trigger): it is the evidence."""

    __tablename__ = "audit"
    __table_args__ = (
        one_of("rol", Rol),
        Index("ix_audit_entity_entity_id", "entity", "entity_id"),
        Index("ix_audit_profesional_id_id", "profesional_id", "id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"))
    entity = Column(
        Text, nullable=False
    )  #: table name: bookings, enrollments, cargos, payments, servicios, ...
    entity_id = Column(BigInteger, nullable=False)
    action = Column(Text, nullable=False)  #: book, accept, cancel, ...
    state_before = Column(Text)
    state_after = Column(Text)
    facts = Column(
        JSONB, nullable=False, server_default=text("'{}'")
    )  #: ids, amounts, times; no message text
    rol = enum_column(nullable=True)  #: NULL: the system
    actor_cliente_id = Column(ForeignKey("clientes.id"))
    conversacion_id = Column(UUID(as_uuid=True))
    operation_key = Column(Text)  #: holds the wamid of the message that asked for it
    at = moment(nullable=False)


class Operation(Base):
    """A use case that was carried out, under the key of what asked for it, with its result.

    Inserting the key is the first statement of the use case's transaction: a repeated request waits for the
    first one, then finds its result here and changes nothing.
    """

    __tablename__ = "operations"
    # The key of a message's operation is "<use case>:<wamid>:<operation>": what a message did is found by its wamid.
    __table_args__ = (Index("ix_operations_message", text("split_part(key, ':', 2)")),)
    key = Column(Text, primary_key=True)
    use_case = Column(Text, nullable=False)
    result = Column(JSONB(none_as_null=True))
    at = moment(nullable=False)


class Tarea(Base):
    """Work with a due time: a reminder, an expiry, the agenda of the day. See services/due_work.py."""

    __tablename__ = "tareas"
    __table_args__ = (
        one_of("state", TareaState),
        UniqueConstraint("dedupe_key"),
        # Workers read only the head of what is due; what is done does not slow them down.
        Index("ix_tareas_due", "due_at", "id", postgresql_where=text("state = 'pendiente'")),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    kind = Column(Text, nullable=False)  #: names a handler in services/due_work.py
    profesional_id = Column(ForeignKey("profesionales.id"))
    subject = Column(JSONB, nullable=False)  #: ids and times that the handler needs
    due_at = moment(nullable=False)
    state = enum_column(TareaState.PENDIENTE)
    dedupe_key = Column(Text, nullable=False)
    tries = Column(Integer, nullable=False, server_default="0")
    error = Column(Text)
    done_at = moment()
    created_at = created_at()


class ClockOffset(Base):
    """One row: how far the clock of the whole installation is ahead of real time (tests, simulator)."""

    __tablename__ = "system_clock"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)
    id = Column(SmallInteger, primary_key=True, autoincrement=False)
    offset_seconds = Column(Float, nullable=False, server_default="0")
