"""What is owed, what was paid, and which payment settles which charge. Money is integer minor units."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from vallebot.db.base import Base, created_at, enum_column, moment, one_of
from vallebot.db.tables.agenda import own_servicio
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import CargoState, PaymentMeans, PaymentState

LIVE_CARGO_SQL = "state <> 'anulado'"


class Cargo(Base):
    """What a client owes: for a session, for one class occurrence, or for a month of a service.

    `applied_minor` and the change between pendiente and saldado are kept by a trigger on `payment_applications`;
    nothing else writes them.
    """

    __tablename__ = "cargos"
    __table_args__ = (
        own_servicio("cargos"),
        one_of("state", CargoState),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        # The sum that is applied can never exceed what is owed, whichever payments race.
        CheckConstraint("applied_minor BETWEEN 0 AND amount_minor", name="applied_within_amount"),
        CheckConstraint(
            "CASE state WHEN 'anulado' THEN applied_minor = 0 "
            "ELSE (state = 'saldado') = (applied_minor = amount_minor) END",
            name="state_follows_applied",
        ),
        CheckConstraint("num_nonnulls(booking_id, enrollment_id, month) = 1", name="one_origin"),
        CheckConstraint("extract(day FROM month) = 1", name="month_first_day"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        Index(
            "uq_cargos_live_booking",
            "booking_id",
            unique=True,
            postgresql_where=text(f"booking_id IS NOT NULL AND {LIVE_CARGO_SQL}"),
        ),
        Index(
            "uq_cargos_live_enrollment",
            "enrollment_id",
            unique=True,
            postgresql_where=text(f"enrollment_id IS NOT NULL AND {LIVE_CARGO_SQL}"),
        ),
        # The monthly run may happen twice, and may meet somebody joining: one fee all the same.
        Index(
            "uq_cargos_live_month",
            "cliente_id",
            "servicio_id",
            "month",
            unique=True,
            postgresql_where=text(f"month IS NOT NULL AND {LIVE_CARGO_SQL}"),
        ),
        UniqueConstraint("id", "profesional_id", "cliente_id", "currency"),
        Index("ix_cargos_profesional_id_cliente_id", "profesional_id", "cliente_id"),
        Index(
            "ix_cargos_open",
            "profesional_id",
            "cliente_id",
            postgresql_where=text("state = 'pendiente'"),
        ),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    servicio_id = Column(BigInteger, nullable=False)
    booking_id = Column(ForeignKey("bookings.id"))
    enrollment_id = Column(ForeignKey("enrollments.id"))
    month = Column(Date)  #: first day of the month that a monthly fee covers
    concept = Column(Text, nullable=False)  #: in Spanish, as the client is told
    amount_minor = Column(BigInteger, nullable=False)
    currency = Column(Text, nullable=False)
    applied_minor = Column(BigInteger, nullable=False, server_default="0")
    state = enum_column(CargoState.PENDIENTE)
    due_at = moment(nullable=False)  #: owed from then on: the session's start, the month's first moment
    voided_at = moment()
    void_reason = Column(Text)
    created_at = created_at()


class Payment(Base):
    """Money announced (informado) or received (confirmado). Only confirmed money settles anything."""

    __tablename__ = "payments"
    __table_args__ = (
        own_servicio("payments"),
        one_of("state", PaymentState),
        one_of("means", PaymentMeans),
        one_of("recorded_by", Rol),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        # No peso is applied twice: the trigger adds up, this refuses.
        CheckConstraint(
            "applied_minor >= 0 AND refunded_minor >= 0 AND applied_minor + refunded_minor <= amount_minor",
            name="applied_within_amount",
        ),
        CheckConstraint("applied_minor = 0 OR state = 'confirmado'", name="only_confirmed_is_applied"),
        CheckConstraint("refunded_minor = 0 OR state = 'confirmado'", name="only_confirmed_is_refunded"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("proof_sha256 ~ '^[0-9a-f]{64}$'", name="proof_sha256_shape"),
        # The same picture sent twice is one payment; after a rejection it may be sent again.
        Index(
            "uq_payments_live_proof",
            "profesional_id",
            "proof_sha256",
            unique=True,
            postgresql_where=text("state IN ('informado', 'confirmado')"),
        ),
        UniqueConstraint("operation_key"),
        UniqueConstraint("id", "profesional_id", "cliente_id", "currency"),
        Index("ix_payments_profesional_id_cliente_id", "profesional_id", "cliente_id"),
        Index(
            "ix_payments_operation_number",
            "profesional_id",
            "operation_number",
            postgresql_where=text("operation_number IS NOT NULL"),
        ),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    servicio_id = Column(BigInteger)  #: what it was said to be for, where it was said
    booking_id = Column(ForeignKey("bookings.id"))
    intended_cargo_ids = Column(ARRAY(BigInteger), nullable=False, server_default=text("'{}'"))
    amount_minor = Column(BigInteger, nullable=False)
    currency = Column(Text, nullable=False, server_default="ARS")
    applied_minor = Column(BigInteger, nullable=False, server_default="0")  #: kept by the trigger
    refunded_minor = Column(BigInteger, nullable=False, server_default="0")
    refund_note = Column(Text)
    means = enum_column()
    state = enum_column()
    recorded_by = enum_column(nullable=True)  #: NULL: a payment provider
    informed_at = moment(nullable=False)
    decided_at = moment()  #: confirmed, rejected or voided
    paid_on = Column(Date)  #: the day on the proof, or that was said
    reason = Column(Text)  #: of a rejection or annulment
    operation_number = Column(Text)  #: of the bank or wallet, as read
    proof_sha256 = Column(Text)
    proof_path = Column(Text)  #: under the private media root
    proof_media_type = Column(Text)  #: by content, never by what the sender claimed
    proof_bytes = Column(Integer)
    proof_reading = Column(JSONB)  #: what was read from it, and what does not match
    message_id = Column(ForeignKey("messages.id"))
    operation_key = Column(Text)
    created_at = created_at()


class PaymentApplication(Base):
    """So much of this payment settles that charge. Both belong to the same professional, client and currency."""

    __tablename__ = "payment_applications"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        UniqueConstraint("payment_id", "cargo_id"),
        ForeignKeyConstraint(
            ["payment_id", "profesional_id", "cliente_id", "currency"],
            ["payments.id", "payments.profesional_id", "payments.cliente_id", "payments.currency"],
            name="fk_payment_applications_payment",
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["cargo_id", "profesional_id", "cliente_id", "currency"],
            ["cargos.id", "cargos.profesional_id", "cargos.cliente_id", "cargos.currency"],
            name="fk_payment_applications_cargo",
            onupdate="CASCADE",
        ),
        Index("ix_payment_applications_cargo_id", "cargo_id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    payment_id = Column(BigInteger, nullable=False)
    cargo_id = Column(BigInteger, nullable=False)
    profesional_id = Column(BigInteger, nullable=False)
    cliente_id = Column(BigInteger, nullable=False)
    currency = Column(Text, nullable=False)
    amount_minor = Column(BigInteger, nullable=False)
    created_at = created_at()
