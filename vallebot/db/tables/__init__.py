"""All tables. Importing this package fills `Base.metadata`."""

from __future__ import annotations

from vallebot.db.tables.agenda import Bloqueo, Booking, Horario, Serie
from vallebot.db.tables.classes import Enrollment, Espera, InscripcionSerie
from vallebot.db.tables.memory import (
    AuditEntry,
    ClockOffset,
    InterpretationOutcome,
    InterpretedAction,
    LlmUsage,
    Operation,
    RelationshipState,
    Tarea,
)
from vallebot.db.tables.messaging import Conversacion, Identidad, Message
from vallebot.db.tables.money import Cargo, Payment, PaymentApplication
from vallebot.db.tables.people import Cliente, Profesional, Relacion, Servicio

__all__ = [
    "AuditEntry",
    "Bloqueo",
    "Booking",
    "Cargo",
    "Cliente",
    "ClockOffset",
    "Conversacion",
    "Enrollment",
    "Espera",
    "Horario",
    "Identidad",
    "InscripcionSerie",
    "InterpretationOutcome",
    "InterpretedAction",
    "LlmUsage",
    "Message",
    "Operation",
    "Payment",
    "PaymentApplication",
    "Profesional",
    "Relacion",
    "RelationshipState",
    "Serie",
    "Servicio",
    "Tarea",
]
