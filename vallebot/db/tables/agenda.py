"""When a professional works, and the bookings that take that time."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
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
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint

from vallebot.db.base import Base, created_at, enum_column, moment, one_of
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import BloqueoKind, BookingKind, BookingState, PlaceMode

LIVE_BOOKING_SQL = "state IN ('pendiente', 'ofrecido', 'confirmado')"


def own_servicio(table: str) -> ForeignKeyConstraint:
    """The service belongs to the same professional as the row."""
    return ForeignKeyConstraint(
        ["servicio_id", "profesional_id"],
        ["servicios.id", "servicios.profesional_id"],
        name=f"fk_{table}_own_servicio",
    )


class Horario(Base):
    """One stretch of a weekly pattern, in the professional's own time. A service with rows of its own is given
    only then; the others follow the general rows (`servicio_id` NULL)."""

    __tablename__ = "horarios"
    __table_args__ = (
        own_servicio("horarios"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440", name="minutes_in_day"
        ),
        # Two rows over one hour would make "when do you work?" have two answers.
        ExcludeConstraint(
            ("profesional_id", "="),
            ("weekday", "="),
            (text("coalesce(servicio_id, 0)"), "="),
            (text("int4range(start_minute, end_minute)"), "&&"),
            using="gist",
            name="ex_horarios_overlap",
        ),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    servicio_id = Column(BigInteger)
    weekday = Column(SmallInteger, nullable=False)  #: 0 = Monday
    start_minute = Column(SmallInteger, nullable=False)  #: of the local day
    end_minute = Column(SmallInteger, nullable=False)  #: exclusive; 1440 = midnight
    created_at = created_at()


class Bloqueo(Base):
    """An exception to the weekly pattern: a stretch closed, or opened outside it. A closure always wins.

    Overlapping rows are allowed on purpose: the same day closed twice is closed once.
    """

    __tablename__ = "bloqueos"
    __table_args__ = (
        one_of("kind", BloqueoKind),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period)", name="period_starts"),
        Index(
            "ix_bloqueos_live",
            "profesional_id",
            "period",
            postgresql_using="gist",
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    kind = enum_column()
    period = Column(TSTZRANGE, nullable=False)  #: [start, end)
    reason = Column(Text)
    cancelled_at = moment()
    created_at = created_at()


class Serie(Base):
    """Weekly recurrence of a class; each occurrence is a booking of kind *clase*."""

    __tablename__ = "series"
    __table_args__ = (
        own_servicio("series"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start_in_day"),
        CheckConstraint("duration_minutes BETWEEN 5 AND 1440", name="duration_in_range"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity_in_range"),
        CheckConstraint("interval_weeks BETWEEN 1 AND 8", name="interval_in_range"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        # Defining the same class twice ("los lunes a las 18") would materialise every Monday twice.
        Index(
            "uq_series_live_time",
            "servicio_id",
            "weekday",
            "start_minute",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        UniqueConstraint("operation_key"),
        UniqueConstraint("id", "profesional_id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False, index=True)
    servicio_id = Column(BigInteger, nullable=False)
    weekday = Column(SmallInteger, nullable=False)  #: 0 = Monday
    start_minute = Column(SmallInteger, nullable=False)  #: of the local day
    duration_minutes = Column(Integer, nullable=False)
    interval_weeks = Column(SmallInteger, nullable=False, server_default="1")
    capacity = Column(Integer, nullable=False)
    starts_on = Column(Date, nullable=False)
    ends_on = Column(Date)  #: last day on which it may happen
    materialised_until = Column(Date)  #: occurrences exist up to this day, included
    ended_at = moment()
    operation_key = Column(Text)
    created_at = created_at()


class Booking(Base):
    """A 1:1 session, or one occurrence of a class (its clients are `enrollments`).

    *Live* bookings of a professional never overlap, buffers included, pending requests included.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        own_servicio("bookings"),
        ForeignKeyConstraint(
            ["serie_id", "profesional_id"],
            ["series.id", "series.profesional_id"],
            name="fk_bookings_own_serie",
        ),
        one_of("kind", BookingKind),
        one_of("state", BookingState),
        one_of("place_mode", PlaceMode),
        one_of("booked_by", Rol),
        # The promise of the whole product; a check in Python could only ever improve the error message.
        ExcludeConstraint(
            ("profesional_id", "="),
            ("busy", "&&"),
            where=text(LIVE_BOOKING_SQL),
            using="gist",
            name="ex_bookings_live_overlap",
        ),
        UniqueConstraint("operation_key"),
        # Materialising a series twice gives each occurrence once, also after the occurrence was moved.
        UniqueConstraint("serie_id", "series_starts_at"),
        # Target of enrollments(booking_id, capacity): a seat number is checked against the live capacity.
        UniqueConstraint("id", "capacity"),
        CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period) "
            "AND lower_inc(period) AND NOT upper_inc(period)",
            name="period_half_open",
        ),
        CheckConstraint(
            "busy @> period AND NOT lower_inf(busy) AND NOT upper_inf(busy)", name="busy_covers_period"
        ),
        CheckConstraint("(kind = 'clase') = (cliente_id IS NULL)", name="cliente_for_sessions_only"),
        CheckConstraint("(kind = 'clase') = (capacity IS NOT NULL)", name="capacity_for_classes_only"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity_in_range"),
        CheckConstraint(
            "(state IN ('pendiente', 'ofrecido')) = (expires_at IS NOT NULL)", name="expiry_while_undecided"
        ),
        CheckConstraint(
            "(state = 'cancelado') = (cancelled_at IS NOT NULL)", name="cancelled_at_when_cancelled"
        ),
        CheckConstraint("cancelled_by IN ('cliente', 'profesional', 'sistema')", name="cancelled_by_known"),
        CheckConstraint("(serie_id IS NULL) = (series_starts_at IS NULL)", name="series_start_paired"),
        CheckConstraint(
            "change_requested_to IS NULL OR change_requested_at IS NOT NULL", name="change_has_moment"
        ),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        Index("ix_bookings_profesional_id_starts_at", "profesional_id", "starts_at"),
        # A client with one professional (the snapshot of every use case), and with all of them.
        Index("ix_bookings_cliente_id_profesional_id_starts_at", "cliente_id", "profesional_id", "starts_at"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    servicio_id = Column(BigInteger, nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"))
    kind = enum_column(BookingKind.INDIVIDUAL)
    period = Column(TSTZRANGE, nullable=False)  #: the session itself, [start, end)
    busy = Column(TSTZRANGE, nullable=False)  #: period plus buffer after it, plus travel around a home visit
    starts_at = Column(DateTime(timezone=True), Computed("lower(period)", persisted=True))
    ends_at = Column(DateTime(timezone=True), Computed("upper(period)", persisted=True))
    state = enum_column()
    expires_at = moment()  #: a pending request or an offer is void then
    place_mode = enum_column()
    place = Column(Text)  #: address or link, where it is not the professional's own
    price_minor = Column(BigInteger, nullable=False)  #: at booking time
    currency = Column(Text, nullable=False)
    capacity = Column(Integer)  #: seats, classes only
    serie_id = Column(BigInteger)
    series_starts_at = moment()  #: when the series meant it to be, also after it was moved
    booked_by = enum_column(nullable=True)  #: NULL: the system (series, waiting list)
    attendance_confirmed_at = moment()  #: the client said "voy"
    cancelled_at = moment()
    cancelled_by = Column(Text)  #: cliente, profesional or sistema
    cancel_reason = Column(Text)
    change_requested_at = moment()  #: the client asked for a change that needs the professional's word
    change_requested_to = moment()  #: the start that was asked for; NULL: to cancel
    notes = Column(Text)
    operation_key = Column(Text)
    created_at = created_at()
