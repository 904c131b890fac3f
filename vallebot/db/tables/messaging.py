"""Who writes, in which conversation, and every message in and out."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from vallebot.db.base import Base, StrEnum, created_at, enum_column, moment, one_of


class Rol(StrEnum):
    """The part a person plays in a conversation."""

    CLIENTE = "cliente"
    PROFESIONAL = "profesional"


class IdentityKind(StrEnum):
    """How WhatsApp names a person: by phone (`wa_id`) or by a business-scoped id (`bsuid`)."""

    WA_ID = "wa_id"
    BSUID = "bsuid"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class MessageState(StrEnum):
    """Inbound: recibido → procesando → procesado | estacionado. Outbound: pendiente → enviando → enviado →
    entregado → leido, or fallido | estacionado | descartado. *estacionado* waits for the operator."""

    RECIBIDO = "recibido"
    PROCESANDO = "procesando"
    PROCESADO = "procesado"
    PENDIENTE = "pendiente"
    ENVIANDO = "enviando"
    ENVIADO = "enviado"
    ENTREGADO = "entregado"
    LEIDO = "leido"
    FALLIDO = "fallido"
    ESTACIONADO = "estacionado"
    DESCARTADO = "descartado"


class Identidad(Base):
    """A name under which WhatsApp knows a person. BSUIDs differ between business accounts, phones do not.

    Every person who writes has a row in `clientes`; a professional is a person too (`profesionales.cliente_id`).
    """

    __tablename__ = "identidades"
    __table_args__ = (
        one_of("kind", IdentityKind),
        UniqueConstraint("kind", "business_account_id", "value"),
        CheckConstraint("(kind = 'wa_id') = (business_account_id = '')", name="bsuid_has_account"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    kind = enum_column()
    business_account_id = Column(Text, nullable=False, server_default="")  #: '' for a wa_id
    value = Column(Text, nullable=False)  #: as it came from WhatsApp, never normalised
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    created_at = created_at()


class Conversacion(Base):
    """One person on one WhatsApp line. Its opaque id is Rasa's `sender_id`."""

    __tablename__ = "conversaciones"
    __table_args__ = (
        UniqueConstraint("phone_number_id", "cliente_id"),
        one_of("rol", Rol),
    )
    id = Column(UUID(as_uuid=True), primary_key=True)
    phone_number_id = Column(Text, nullable=False)  #: the business line
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    identidad_id = Column(ForeignKey("identidades.id"), nullable=False)  #: where answers are addressed to
    profesional_id = Column(ForeignKey("profesionales.id"))  #: whose business is being talked about
    rol = enum_column(Rol.CLIENTE)
    last_inbound_at = moment()  #: the person's own clock of their last message; opens the 24-hour window
    handover_until = moment()  #: the professional talks by hand until then, the bot is silent
    created_at = created_at()


class Message(Base):
    """A WhatsApp message, in or out: inbox, outbox and log in one.

    `id` is the order of arrival (in) or of saying (out) within a conversation.
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("direction", Direction),
        one_of("state", MessageState),
        CheckConstraint("direction = 'out' OR wamid IS NOT NULL", name="inbound_has_wamid"),
        CheckConstraint("direction = 'in' OR dedupe_key IS NOT NULL", name="outbound_has_key"),
        Index("uq_messages_wamid", "wamid", unique=True),
        Index("uq_messages_dedupe_key", "dedupe_key", unique=True),
        # The two queues stay small indexes however long the log grows.
        Index(
            "ix_messages_inbox",
            "conversacion_id",
            "id",
            postgresql_where=text("direction = 'in' AND state IN ('recibido', 'procesando')"),
        ),
        Index(
            "ix_messages_outbox",
            "conversacion_id",
            "id",
            postgresql_where=text("direction = 'out' AND state IN ('pendiente', 'enviando')"),
        ),
        Index("ix_messages_read_with_id", "read_with_id", postgresql_where=text("read_with_id IS NOT NULL")),
        Index("ix_messages_conversacion_id_id", "conversacion_id", "id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    conversacion_id = Column(ForeignKey("conversaciones.id"), nullable=False)
    direction = enum_column()
    kind = Column(Text, nullable=False)  #: WhatsApp's message type: text, interactive, image, ...
    state = enum_column()
    wamid = Column(Text)  #: WhatsApp's id; for outbound known after the send
    dedupe_key = Column(Text)  #: outbound: what makes a repeated saying the same saying
    answers_id = Column(ForeignKey("messages.id"), index=True)  #: outbound: the inbound row it answers
    #: inbound: the earlier message that it was read together with; what was answered to that one answers both
    read_with_id = Column(ForeignKey("messages.id"))
    text = Column(Text)  #: what a person reads or wrote, for context and audit
    #: in: WhatsApp's message as it came; out: what to say (outbox.py), or what was written by hand (handover.py)
    payload = Column(JSONB, nullable=False)
    occurred_at = moment()  #: in: when the person sent it; out: of what was written by hand
    due_at = moment(nullable=False)  #: not to be worked on before
    tries = Column(Integer, nullable=False, server_default="0")  #: times taken up, whatever came of it
    #: in: deterministic failures, three park it; out: how often the line was stopped
    failures = Column(Integer, nullable=False, server_default="0")
    claimed_by = Column(BigInteger)  #: liveness lock of the process working on it, see claims.py
    error_code = Column(Integer)  #: out: Graph API error code
    error = Column(Text)  #: why it is parked or failed; no message text
    sent_at = moment()  #: out: when the call that is being waited for was made
    delivered_at = moment()
    read_at = moment()
    pricing = Column(JSONB)  #: out: WhatsApp's billing facts, from the status webhook
    created_at = created_at()
