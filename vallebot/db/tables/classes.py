"""Clients in classes, and those who wait."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
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
from sqlalchemy.dialects.postgresql import TSTZRANGE

from vallebot.db.base import Base, created_at, enum_column, moment, one_of
from vallebot.db.tables.agenda import own_servicio
from vallebot.domain.states import EnrollmentState, EsperaState

LIVE_ESPERA_SQL = "state IN ('esperando', 'ofrecido')"


class InscripcionSerie(Base):
    """Membership of a client in a whole series; materialised as one enrolment per occurrence."""

    __tablename__ = "inscripciones_serie"
    __table_args__ = (
        # Joining twice would take two seats in every occurrence.
        Index(
            "uq_inscripciones_serie_live",
            "serie_id",
            "cliente_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        UniqueConstraint("operation_key"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    serie_id = Column(ForeignKey("series.id"), nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    starts_on = Column(Date, nullable=False)  #: first local day it covers
    ends_on = Column(Date)  #: last local day it covers
    ended_at = moment()
    operation_key = Column(Text)
    created_at = created_at()


class Enrollment(Base):
    """One client in one occurrence of a class, on a numbered seat.

    The seat makes overselling impossible: it is unique per occurrence and at most the occurrence's capacity,
    which is copied here by the composite foreign key (ON UPDATE CASCADE re-checks it when capacity changes).
    """

    __tablename__ = "enrollments"
    __table_args__ = (
        one_of("state", EnrollmentState),
        ForeignKeyConstraint(
            ["booking_id", "capacity"],
            ["bookings.id", "bookings.capacity"],
            name="fk_enrollments_booking_capacity",
            onupdate="CASCADE",
        ),
        # A cancelled row keeps its old number; it must not stop a class from being made smaller.
        CheckConstraint("state = 'cancelado' OR seat BETWEEN 1 AND capacity", name="seat_within_capacity"),
        Index(
            "uq_enrollments_live_seat",
            "booking_id",
            "seat",
            unique=True,
            postgresql_where=text("state <> 'cancelado'"),
        ),
        Index(
            "uq_enrollments_live_cliente",
            "booking_id",
            "cliente_id",
            unique=True,
            postgresql_where=text("state <> 'cancelado'"),
        ),
        CheckConstraint("(state = 'ofrecido') = (expires_at IS NOT NULL)", name="expiry_while_offered"),
        CheckConstraint(
            "(state = 'cancelado') = (cancelled_at IS NOT NULL)", name="cancelled_at_when_cancelled"
        ),
        CheckConstraint("cancelled_by IN ('cliente', 'profesional', 'sistema')", name="cancelled_by_known"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        UniqueConstraint("operation_key"),
        Index("ix_enrollments_cliente_id", "cliente_id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    booking_id = Column(BigInteger, nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False)
    inscripcion_id = Column(ForeignKey("inscripciones_serie.id"), index=True)  #: NULL: this occurrence alone
    state = enum_column()
    seat = Column(Integer, nullable=False)
    capacity = Column(Integer, nullable=False)
    expires_at = moment()
    price_minor = Column(BigInteger, nullable=False)  #: owed for this occurrence; 0 where a month is paid
    currency = Column(Text, nullable=False)
    attendance_confirmed_at = moment()  #: the client said "voy"
    cancelled_at = moment()
    cancelled_by = Column(Text)  #: cliente, profesional or sistema
    cancel_reason = Column(Text)
    operation_key = Column(Text)
    created_at = created_at()


class Espera(Base):
    """A client who waits: for a seat in an occurrence, for one in a series, or for a free time inside a window.

    Order of the queue is `id`. At most one live row per client and target: asking again changes nothing.
    """

    __tablename__ = "esperas"
    __table_args__ = (
        own_servicio("esperas"),
        one_of("state", EsperaState),
        CheckConstraint("num_nonnulls(booking_id, serie_id, wanted) = 1", name="one_target"),
        CheckConstraint("(state = 'ofrecido') = (offer_expires_at IS NOT NULL)", name="expiry_while_offered"),
        CheckConstraint(
            "(wanted_from_minute IS NULL) = (wanted_to_minute IS NULL) "
            "AND wanted_from_minute >= 0 AND wanted_from_minute < wanted_to_minute AND wanted_to_minute <= 1440",
            name="minutes_in_day",
        ),
        Index(
            "uq_esperas_live_booking",
            "booking_id",
            "cliente_id",
            unique=True,
            postgresql_where=text(f"booking_id IS NOT NULL AND {LIVE_ESPERA_SQL}"),
        ),
        Index(
            "uq_esperas_live_serie",
            "serie_id",
            "cliente_id",
            unique=True,
            postgresql_where=text(f"serie_id IS NOT NULL AND {LIVE_ESPERA_SQL}"),
        ),
        Index(
            "uq_esperas_live_window",
            "servicio_id",
            "cliente_id",
            "wanted",
            unique=True,
            postgresql_where=text(f"wanted IS NOT NULL AND {LIVE_ESPERA_SQL}"),
        ),
        Index("ix_esperas_live", "profesional_id", "id", postgresql_where=text(LIVE_ESPERA_SQL)),
        UniqueConstraint("operation_key"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    servicio_id = Column(BigInteger, nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False, index=True)
    booking_id = Column(ForeignKey("bookings.id"))  #: waits for a seat in this occurrence
    serie_id = Column(ForeignKey("series.id"))  #: waits for a seat in the whole series
    wanted = Column(TSTZRANGE)  #: waits for a 1:1 time inside this stretch...
    wanted_from_minute = Column(SmallInteger)  #: ...and, where set, inside these hours of each day
    wanted_to_minute = Column(SmallInteger)
    state = enum_column(EsperaState.ESPERANDO)
    offered_booking_id = Column(ForeignKey("bookings.id"))  #: the 1:1 time that is held
    offered_enrollment_id = Column(ForeignKey("enrollments.id"))  #: the seat that is held
    offer_expires_at = moment()
    operation_key = Column(Text)
    created_at = created_at()
