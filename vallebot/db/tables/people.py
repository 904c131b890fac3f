"""Professionals, clients, and what is between them."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    Time,
    UniqueConstraint,
    text,
)

from vallebot.db.base import Base, created_at, enum_column, moment, one_of
from vallebot.domain.states import (
    Billing,
    LateCancellation,
    PlaceMode,
    ProfesionalState,
    ServicioKind,
)

DEFAULT_TIMEZONE = "America/Argentina/Buenos_Aires"


class Cliente(Base):
    """A person. Everybody who writes has one, professionals included; what one professional calls them is in
    `relaciones`."""

    __tablename__ = "clientes"
    __table_args__ = (
        # A client is shared by all professionals: two rows for one phone would split a person in two.
        UniqueConstraint("phone_e164"),
        CheckConstraint(r"phone_e164 ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164_shape"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    name = Column(Text)  #: as the person gave it
    profile_name = Column(Text)  #: as WhatsApp shows it: for wording where no name was given
    phone_e164 = Column(Text)  #: '+5491155550001'; missing where WhatsApp hides it
    email = Column(Text)
    erased_at = moment()  #: Ley 25.326: what could name the person is gone, accounting rows stay
    created_at = created_at()


class Profesional(Base):
    """Somebody who gives services: the tenant. Rules that clients meet are columns here, defaults of design 8."""

    __tablename__ = "profesionales"
    __table_args__ = (
        one_of("state", ProfesionalState),
        one_of("place_mode", PlaceMode),
        UniqueConstraint("cliente_id"),
        # By phone a professional is recognised, by line and code a business is: each must name exactly one.
        UniqueConstraint("phone_e164"),
        UniqueConstraint("phone_number_id"),
        UniqueConstraint("code"),
        CheckConstraint(r"phone_e164 ~ '^\+[1-9][0-9]{6,14}$'", name="phone_e164_shape"),
        CheckConstraint("code = lower(code) AND code ~ '^[a-z0-9-]{2,32}$'", name="code_shape"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="coordinates_paired"),
        CheckConstraint(
            "travel_buffer_minutes BETWEEN 0 AND 480 AND minimum_notice_minutes BETWEEN 0 AND 43200 "
            "AND horizon_days BETWEEN 1 AND 730 AND cancellation_hours BETWEEN 0 AND 720 "
            "AND pending_expiry_hours BETWEEN 1 AND 168",
            name="rules_in_range",
        ),
        CheckConstraint("offer_hold_minutes BETWEEN 5 AND 1440", name="offer_hold_in_range"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False)  #: the person behind
    name = Column(Text, nullable=False)
    phone_e164 = Column(Text, nullable=False)
    trade = Column(Text)  #: 'masajista', 'profesora de yoga'
    timezone = Column(Text, nullable=False, server_default=DEFAULT_TIMEZONE)  #: IANA name
    place_mode = enum_column(PlaceMode.CONSULTORIO)
    address = Column(Text)
    latitude = Column(Float)
    longitude = Column(Float)
    home_visit_zone = Column(Text)
    travel_buffer_minutes = Column(
        Integer, nullable=False, server_default="30"
    )  #: before and after home visits
    phone_number_id = Column(Text)  #: own WhatsApp line; NULL: behind the shared number
    code = Column(Text, nullable=False)  #: in links: wa.me/<number>?text=... [code]
    auto_confirm = Column(Boolean, nullable=False, server_default=text("true"))
    minimum_notice_minutes = Column(Integer, nullable=False, server_default="120")
    horizon_days = Column(Integer, nullable=False, server_default="60")
    cancellation_hours = Column(Integer, nullable=False, server_default="24")
    pending_expiry_hours = Column(Integer, nullable=False, server_default="24")
    #: how long a freed seat or time is held for the first who waits; never into what it offers
    offer_hold_minutes = Column(Integer, nullable=False, server_default="120")
    reminder_minutes = Column(
        ARRAY(Integer), nullable=False, server_default=text("'{1440,120}'")
    )  #: before start
    agenda_time = Column(
        Time, nullable=False, server_default=text("'07:30'")
    )  #: local; agenda of the day leaves
    payment_alias = Column(Text)
    payment_cbu = Column(Text)
    state = enum_column(ProfesionalState.ACTIVO)
    created_at = created_at()


class Relacion(Base):
    """What one professional and one client are to each other."""

    __tablename__ = "relaciones"
    __table_args__ = (
        UniqueConstraint("profesional_id", "cliente_id"),
        Index("ix_relaciones_cliente_id", "cliente_id"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    cliente_id = Column(ForeignKey("clientes.id"), nullable=False)
    name = Column(Text)  #: as this professional calls the client; NULL: the client's own
    notices_accepted = Column(
        Boolean, nullable=False, server_default=text("true")
    )  #: reminders and broadcasts
    reminder_minutes = Column(ARRAY(Integer))  #: NULL: the professional's setting
    notes = Column(Text)  #: the professional's own, never shown to the client
    last_contact_at = moment()  #: orders the "recent" professionals of a person on a shared number
    created_at = created_at()


class Servicio(Base):
    """Something that can be booked: a 1:1 session or a class."""

    __tablename__ = "servicios"
    __table_args__ = (
        one_of("kind", ServicioKind),
        one_of("billing", Billing),
        one_of("place_mode", PlaceMode),
        one_of("late_cancellation", LateCancellation),
        # Target of composite foreign keys: nothing can join one professional's row to another's service.
        UniqueConstraint("id", "profesional_id"),
        # "Reflexología" and "reflexologia" would be the same answer to "¿qué servicio?".
        Index(
            "uq_servicios_active_name",
            "profesional_id",
            "name_key",
            unique=True,
            postgresql_where=text("active"),
        ),
        CheckConstraint("(kind = 'grupal') = (capacity IS NOT NULL)", name="capacity_for_classes_only"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity_in_range"),
        CheckConstraint("duration_minutes BETWEEN 5 AND 1440", name="duration_in_range"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 480", name="buffer_in_range"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("cancellation_hours BETWEEN 0 AND 720", name="cancellation_in_range"),
        CheckConstraint("name_key <> ''", name="name_not_empty"),
    )
    id = Column(BigInteger, Identity(), primary_key=True)
    profesional_id = Column(ForeignKey("profesionales.id"), nullable=False)
    name = Column(Text, nullable=False)
    name_key = Column(Text, nullable=False)  #: `domain.text.squash(name)`
    synonyms = Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    kind = enum_column(ServicioKind.INDIVIDUAL)
    duration_minutes = Column(Integer, nullable=False)
    buffer_minutes = Column(Integer, nullable=False, server_default="0")  #: kept free after each session
    capacity = Column(Integer)
    price_minor = Column(BigInteger, nullable=False, server_default="0")
    currency = Column(Text, nullable=False, server_default="ARS")
    billing = enum_column(Billing.SESION)
    place_mode = enum_column(nullable=True)  #: NULL: the professional's
    cancellation_hours = Column(Integer)  #: NULL: the professional's
    late_cancellation = enum_column(LateCancellation.CONSULTAR)
    active = Column(Boolean, nullable=False, server_default=text("true"))
    created_at = created_at()
