"""The states of everything that has a life, and which step may follow which.

The words are the ones that the database holds (and a person could read). A step that is not in `TRANSITIONS` is
refused by the services; the database refuses only what would be dangerous (overlap, oversold class, double money).
"""

from __future__ import annotations

import enum


class StrEnum(str, enum.Enum):
    """An enumeration whose members are their text, in Python, in JSON and in the database."""

    __hash__ = str.__hash__  # so that 'activo' is found in a set or dict of members

    def __str__(self) -> str:
        return str(self.value)


class ProfesionalState(StrEnum):
    PENDIENTE = "pendiente"  #: registered, waiting for the operator
    ACTIVO = "activo"
    PAUSADO = "pausado"  #: takes nothing new; what is booked stays


class PlaceMode(StrEnum):
    """Where a session happens."""

    CONSULTORIO = "consultorio"
    DOMICILIO = "domicilio"
    ONLINE = "online"


class ServicioKind(StrEnum):
    INDIVIDUAL = "individual"
    GRUPAL = "grupal"


class Billing(StrEnum):
    SESION = "sesion"
    MENSUAL = "mensual"


class LateCancellation(StrEnum):
    """What happens when a client cancels after the deadline."""

    COBRAR = "cobrar"  #: the cost is told and stays as a debt
    CONSULTAR = "consultar"  #: the professional decides; the booking stays live meanwhile


class BloqueoKind(StrEnum):
    CIERRE = "cierre"
    APERTURA = "apertura"


class BookingKind(StrEnum):
    INDIVIDUAL = "individual"
    CLASE = "clase"


class BookingState(StrEnum):
    PENDIENTE = "pendiente"  #: asked for, the professional has to accept
    OFRECIDO = "ofrecido"  #: held for a waiting-list offer
    CONFIRMADO = "confirmado"
    CANCELADO = "cancelado"
    REALIZADO = "realizado"
    AUSENTE = "ausente"


class EnrollmentState(StrEnum):
    INSCRIPTO = "inscripto"
    OFRECIDO = "ofrecido"  #: seat held for a waiting-list offer
    CANCELADO = "cancelado"
    ASISTIO = "asistio"
    AUSENTE = "ausente"


class EsperaState(StrEnum):
    ESPERANDO = "esperando"
    OFRECIDO = "ofrecido"
    ACEPTADO = "aceptado"
    RECHAZADO = "rechazado"
    VENCIDO = "vencido"
    CANCELADO = "cancelado"


class CargoState(StrEnum):
    PENDIENTE = "pendiente"
    SALDADO = "saldado"
    ANULADO = "anulado"


class PaymentState(StrEnum):
    INFORMADO = "informado"
    CONFIRMADO = "confirmado"
    RECHAZADO = "rechazado"
    ANULADO = "anulado"


class PaymentMeans(StrEnum):
    EFECTIVO = "efectivo"
    TRANSFERENCIA = "transferencia"
    MERCADOPAGO = "mercadopago"
    TARJETA = "tarjeta"
    OTRO = "otro"


class TareaState(StrEnum):
    PENDIENTE = "pendiente"
    HECHA = "hecha"
    FALLIDA = "fallida"  #: gave up after the last try; waits for the operator


class InterpretationSource(StrEnum):
    NLU = "nlu"
    LLM = "llm"
    BUTTON = "button"


class Outcome(StrEnum):
    """What became of an interpretation; of several, the last one counts."""

    EJECUTADA = "ejecutada"
    CORREGIDA = "corregida"  #: the person said that something else was meant
    RECHAZADA = "rechazada"  #: the person said no to what it led to
    ABANDONADA = "abandonada"  #: what it led to was left open
    FALLIDA = "fallida"


#: A booking in one of these occupies its professional's time.
LIVE_BOOKING = (BookingState.PENDIENTE, BookingState.OFRECIDO, BookingState.CONFIRMADO)
#: An enrolment in any other state than cancelled has its seat.
SEATED = (
    EnrollmentState.INSCRIPTO,
    EnrollmentState.OFRECIDO,
    EnrollmentState.ASISTIO,
    EnrollmentState.AUSENTE,
)
LIVE_ESPERA = (EsperaState.ESPERANDO, EsperaState.OFRECIDO)
LIVE_PAYMENT = (PaymentState.INFORMADO, PaymentState.CONFIRMADO)

_B = BookingState
#: Attendance may be put right after the fact, so realizado and ausente lead to each other.
BOOKING_STEPS: dict[BookingState, frozenset[BookingState]] = {
    _B.PENDIENTE: frozenset({_B.CONFIRMADO, _B.CANCELADO}),
    _B.OFRECIDO: frozenset({_B.CONFIRMADO, _B.PENDIENTE, _B.CANCELADO}),
    _B.CONFIRMADO: frozenset({_B.CANCELADO, _B.REALIZADO, _B.AUSENTE}),
    _B.REALIZADO: frozenset({_B.AUSENTE}),
    _B.AUSENTE: frozenset({_B.REALIZADO}),
    _B.CANCELADO: frozenset(),
}


def may_become(state: BookingState | str, target: BookingState) -> bool:
    """Whether a booking in `state` may take the step to `target`."""
    return target in BOOKING_STEPS[BookingState(state)]
