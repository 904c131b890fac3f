"""The operations that a language model may name, per role: what each is, and what follows when it is named.

An operation that would change something without asking first (`ACTS`) is never handed on as it is: the person is
asked with a button that does it. What only answers, or asks before it acts, is handed on.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

CLIENTE, PROFESIONAL = "cliente", "profesional"

#: The bare answer to a form's question. A yes, a no or a pick is never the model's to give.
ANSWER = "informar"


class Effect(enum.Enum):
    """What naming the operation leads to, before the person says another word."""

    TELLS = "tells"  #: reads and answers, changes nothing
    ASKS = "asks"  #: opens a form that shows what will happen and waits for a yes or a pick
    ACTS = "acts"  #: may change something at once


@dataclass(frozen=True)
class OperationCard:
    """One operation.

    title  on a button: at most 20 characters
    means  one line for the model
    slots  the entities it may name
    """

    name: str
    title: str
    means: str
    slots: tuple[str, ...] = ()
    effect: Effect = Effect.ASKS


_TELLS, _ACTS = Effect.TELLS, Effect.ACTS

_FOR_CLIENTS = (
    OperationCard("pedir_turno", "Pedir un turno", "book a one-to-one session", ("servicio", "cuando")),
    OperationCard(
        "consultar_disponibilidad", "Ver horarios libres", "ask when there is room", ("servicio", "cuando")
    ),
    OperationCard(
        "ver_turnos", "Ver mis turnos", "see one's own bookings and classes", ("cuando",), effect=_TELLS
    ),
    OperationCard(
        "cancelar_turno",
        "Cancelar un turno",
        "cancel one's booking or be absent once",
        ("servicio", "cuando"),
    ),
    OperationCard(
        "reprogramar_turno", "Cambiar un turno", "move one's booking to another time", ("servicio", "cuando")
    ),
    OperationCard(
        "confirmar_turno", "Avisar que voy", "say that one will come to a booking", ("cuando",), effect=_ACTS
    ),
    OperationCard(
        "inscribirse_clase",
        "Anotarme a una clase",
        "join a group class or course",
        ("servicio", "cuando"),
        effect=_ACTS,
    ),
    OperationCard(
        "baja_clase", "Dejar una clase", "leave a course for good", ("servicio", "cuando"), effect=_ACTS
    ),
    OperationCard(
        "lista_espera",
        "Anotarme en espera",
        "be told when a place gets free",
        ("servicio", "cuando"),
        effect=_ACTS,
    ),
    OperationCard("avisar_demora", "Avisar que demoro", "say that one is late", ("duracion",), effect=_ACTS),
    OperationCard(
        "informar_pago",
        "Informar un pago",
        "say that one has paid",
        ("monto", "medio_pago", "cuando"),
        effect=_ACTS,
    ),
    OperationCard(
        "consultar_pagos", "Ver mis pagos", "ask what one owes or whether it was credited", effect=_TELLS
    ),
    OperationCard(
        "consultar_precio", "Ver precios", "ask what a service costs", ("servicio",), effect=_TELLS
    ),
    OperationCard(
        "consultar_servicios", "Ver servicios", "ask what is offered", ("servicio",), effect=_TELLS
    ),
    OperationCard(
        "consultar_ubicacion", "Saber dónde es", "ask for the address or how it takes place", effect=_TELLS
    ),
    OperationCard(
        "consultar_politica",
        "Ver cómo se paga",
        "ask for the alias, means of payment or the rules",
        effect=_TELLS,
    ),
    OperationCard(
        "cambiar_datos",
        "Cambiar mis datos",
        "change one's name or e-mail, get notices again",
        ("persona", "email"),
        effect=_ACTS,
    ),
    OperationCard("dejar_avisos", "No recibir avisos", "get no more reminders", effect=_ACTS),
    OperationCard(
        "hablar_con_persona", "Hablar en persona", "talk to the professional in person", effect=_ACTS
    ),
)

_FOR_PROFESSIONALS = (
    OperationCard(
        "ver_turnos",
        "Ver la agenda",
        "see the agenda or a client's bookings",
        ("cuando", "persona"),
        effect=_TELLS,
    ),
    OperationCard(
        "consultar_disponibilidad", "Ver lo que hay libre", "see one's own free time", ("cuando",), _TELLS
    ),
    OperationCard("pedir_turno", "Anotar un turno", "book for a client", ("persona", "servicio", "cuando")),
    OperationCard(
        "confirmar_turno", "Aceptar un pedido", "accept a pending booking", ("persona", "cuando"), _ACTS
    ),
    OperationCard(
        "cancelar_turno",
        "Cancelar un turno",
        "cancel one client's booking or refuse a request",
        ("persona", "cuando"),
    ),
    OperationCard(
        "reprogramar_turno", "Cambiar un turno", "move a client's booking", ("persona", "servicio", "cuando")
    ),
    OperationCard(
        "inscribirse_clase",
        "Anotar en una clase",
        "enrol a client in a class",
        ("persona", "servicio", "cuando"),
        _ACTS,
    ),
    OperationCard(
        "baja_clase", "Sacar de una clase", "take a client out of a class", ("persona", "servicio"), _ACTS
    ),
    OperationCard(
        "ver_inscriptos",
        "Ver inscriptos",
        "see who is enrolled in a class",
        ("servicio", "cuando"),
        effect=_TELLS,
    ),
    OperationCard(
        "registrar_asistencia",
        "Anotar asistencia",
        "note who came and who did not",
        ("persona", "servicio", "cuando"),
        _ACTS,
    ),
    OperationCard("registrar_cliente", "Agregar un cliente", "add a client", ("persona",), _ACTS),
    OperationCard(
        "avisar_clientes",
        "Avisar a clientes",
        "send a message to one client, a class or a day",
        ("persona", "servicio", "cuando"),
        _ACTS,
    ),
    OperationCard(
        "avisar_demora", "Avisar que demoro", "tell clients that one is late", ("duracion", "cuando"), _ACTS
    ),
    OperationCard(
        "bloquear_agenda",
        "Cerrar la agenda",
        "close or reopen a stretch of the agenda",
        ("cuando",),
        _ACTS,
    ),
    OperationCard("definir_horarios", "Definir horarios", "change the weekly working hours", ("cuando",)),
    OperationCard(
        "definir_servicio",
        "Crear un servicio",
        "create a service or class",
        ("servicio", "duracion", "monto", "cupo", "modalidad", "cuando"),
    ),
    OperationCard(
        "modificar_servicio",
        "Cambiar un servicio",
        "change price, duration or rules of a service, pause it",
        ("servicio", "duracion", "monto", "cupo", "modalidad"),
    ),
    OperationCard(
        "registrar_ubicacion",
        "Cambiar la dirección",
        "say where one works",
        ("direccion", "modalidad"),
        _ACTS,
    ),
    OperationCard(
        "informar_pago",
        "Anotar un cobro",
        "note money received that nobody announced",
        ("persona", "monto", "medio_pago", "cuando"),
        _ACTS,
    ),
    OperationCard(
        "confirmar_pago",
        "Confirmar un pago",
        "confirm a payment that a client announced",
        ("persona", "monto"),
        _ACTS,
    ),
    OperationCard(
        "rechazar_pago",
        "Rechazar un pago",
        "reject a payment that a client announced",
        ("persona", "monto"),
        _ACTS,
    ),
    OperationCard(
        "consultar_pagos",
        "Ver los cobros",
        "see who owes and what came in",
        ("persona", "cuando"),
        effect=_TELLS,
    ),
    OperationCard("consultar_precio", "Ver precios", "see one's own prices", ("servicio",), effect=_TELLS),
    OperationCard(
        "consultar_servicios", "Ver mis servicios", "see one's own services", ("servicio",), effect=_TELLS
    ),
    OperationCard("consultar_politica", "Ver mis reglas", "see one's own rules and alias", effect=_TELLS),
    OperationCard(
        "cambiar_datos",
        "Cambiar mis datos",
        "change name, alias, automatic confirmation",
        ("persona", "email"),
        _ACTS,
    ),
)

#: role -> operation -> card, in the order in which they are told.
OPERATIONS: dict[str, dict[str, OperationCard]] = {
    CLIENTE: {card.name: card for card in _FOR_CLIENTS},
    PROFESIONAL: {card.name: card for card in _FOR_PROFESSIONALS},
}

#: What a bare answer may name.
ANSWER_SLOTS = (
    "servicio",
    "cuando",
    "persona",
    "monto",
    "duracion",
    "cupo",
    "direccion",
    "modalidad",
    "medio_pago",
)
